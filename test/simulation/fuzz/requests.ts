/** Requests made at random: most are nearly right, in one or two places wrong. */
import { toProtobuf } from "../../../edge-api/http/protobuf/encode.ts";
import { PROTOBUF_TYPE } from "../../../edge-api/http/protobuf/names.ts";
import { registry } from "../../../kinds/registry.ts";
import { sampleObject } from "../../../kinds/sample-objects.ts";
import type { Random } from "../store-random.ts";
import {
  ACCEPTS,
  FIELD_SELECTORS,
  LABEL_SELECTORS,
  PARAMETERS,
  SAMPLES,
  type Sample,
  SPECIALS,
  SUBRESOURCES,
} from "./corpus.ts";
import { hugeText, mutateBytes, mutateText, mutateValue } from "./mutate.ts";

export interface FuzzRequest {
  method: string;
  /** With query. */
  path: string;
  headers: { [name: string]: string };
  body: string | Uint8Array | undefined;
}

/** Names are few, so that requests meet each other's objects. */
const NAMES = ["a", "b", "web", "x.y"];

const PATCH_TYPES = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

export class RequestSource {
  readonly #random: Random;
  /** Continue tokens that the server has given. */
  readonly tokens: string[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  next(): FuzzRequest {
    const random = this.#random;
    const kind = random.below(22);
    if (kind >= 20) return this.#special();
    if (kind < 7) return this.#create();
    if (kind < 14) return this.#patch();
    if (kind < 15) return this.#replace();
    if (kind < 18) return this.#read();
    if (kind < 19) return this.#delete();
    return this.#anything();
  }

  #sample(): Sample {
    const random = this.#random;
    if (random.chance(0.8)) return structuredClone(random.pick(SAMPLES));
    const kind = random.pick(registry.all());
    const root = kind.group ? `/apis/${kind.group}` : "/api";
    const object = sampleObject(kind, () => random.next());
    return { path: `${root}/${kind.version}${kind.namespaced ? "/namespaces/default" : ""}/${kind.plural}`, object };
  }

  #named(): Sample & { name: string } {
    const sample = this.#sample();
    const name = this.#random.pick(NAMES);
    sample.object.metadata.name = name;
    return { ...sample, name };
  }

  #create(): FuzzRequest {
    const { path, object } = this.#named();
    return this.#write("POST", path, object);
  }

  #replace(): FuzzRequest {
    const { path, object, name } = this.#named();
    return this.#write("PUT", `${path}/${name}${this.#subresource()}`, object);
  }

  #subresource(): string {
    return this.#random.chance(0.3) ? `/${this.#random.pick(SUBRESOURCES)}` : "";
  }

  #write(method: string, path: string, object: object): FuzzRequest {
    return { method, path: this.#url(path), ...this.#encoded(object) };
  }

  /** The object in one of the encodings, spoilt before or after it is encoded, or not at all. */
  #encoded(object: object): Pick<FuzzRequest, "headers" | "body"> {
    const random = this.#random;
    let value: unknown = structuredClone(object);
    const spoilt = random.below(4);
    if (spoilt <= 1) for (let i = 1 + random.below(3); i > 0; i--) value = mutateValue(random, value);
    const type = random.below(5);
    const headers = this.#headers();
    if (type === 0 && typeof value === "object" && value !== null) {
      const bytes = this.#protobuf(value);
      if (bytes) {
        headers["content-type"] = PROTOBUF_TYPE;
        return { headers, body: spoilt === 2 ? mutateBytes(random, bytes) : bytes };
      }
    }
    const yaml = type === 1;
    headers["content-type"] = yaml ? "application/yaml" : "application/json";
    return { headers, body: this.#text(JSON.stringify(value, null, yaml ? 1 : 0) ?? "", spoilt === 2) };
  }

  #text(text: string, spoil: boolean): string | Uint8Array {
    const random = this.#random;
    if (random.chance(0.02)) return hugeText(random);
    if (random.chance(0.02)) return mutateBytes(random, new TextEncoder().encode(text));
    if (!spoil) return text;
    let changed = text;
    for (let i = 1 + random.below(3); i > 0; i--) changed = mutateText(random, changed);
    return changed;
  }

  /** Undefined for what has no protobuf form, mutated as it may be. */
  #protobuf(value: object): Uint8Array | undefined {
    try {
      const bytes = toProtobuf(value, registry);
      // Our encoder takes what the decoder has checked: of anything else it makes texts that look like our mistakes.
      return /\[object |undefined/.test(new TextDecoder().decode(bytes)) ? undefined : bytes;
    } catch {
      return undefined;
    }
  }

  #patch(): FuzzRequest {
    const random = this.#random;
    const { path, object, name } = this.#named();
    const type = random.pick(["json", "merge", "strategic", "apply"] as const);
    let patch: unknown = type === "json" ? this.#operations(object) : this.#part(object);
    for (let i = random.below(3); i > 0; i--) patch = mutateValue(random, patch);
    const url = this.#url(`${path}/${name}${this.#subresource()}`);
    const headers = { ...this.#headers(), "content-type": PATCH_TYPES[type] };
    const query = type === "apply" && random.chance(0.9) ? `${url.includes("?") ? "&" : "?"}fieldManager=fuzz` : "";
    return {
      method: "PATCH",
      path: url + query,
      headers,
      body: this.#text(JSON.stringify(patch) ?? "", random.chance(0.1)),
    };
  }

  /** Some of an object's fields, now and then with nulls and directives. */
  #part(object: object): unknown {
    const random = this.#random;
    if (random.chance(0.5)) return structuredClone(object);
    const part: { [key: string]: unknown } = {};
    for (const [key, value] of Object.entries(object)) {
      if (random.chance(0.3)) continue;
      part[key] = random.chance(0.05) ? null : structuredClone(value);
    }
    if (random.chance(0.1)) part.$patch = random.pick(["replace", "delete", "merge", 1]);
    return part;
  }

  #operations(object: object): unknown[] {
    const random = this.#random;
    const pointers = [...pointersOf(object, "")];
    const pointer = () => {
      const some = random.pick(pointers);
      return random.chance(0.2) ? mutateText(random, some) : random.chance(0.1) ? `${some}/-` : some;
    };
    return Array.from({ length: 1 + random.below(4) }, () => ({
      op: random.pick(["add", "remove", "replace", "move", "copy", "test", "nop"]),
      path: pointer(),
      ...(random.chance(0.5) && { from: pointer() }),
      value: random.pick<unknown>([null, 1, "x", {}, [], object, { a: { b: [1] } }]),
    }));
  }

  #read(): FuzzRequest {
    const random = this.#random;
    const { path, name } = this.#named();
    const all = path.replace("/namespaces/default", "");
    const at = random.pick([path, path, all, `${path}/${name}`, `${path}/${name}${this.#subresource()}`]);
    return {
      method: random.chance(0.95) ? "GET" : "HEAD",
      path: this.#url(at),
      headers: this.#headers(),
      body: undefined,
    };
  }

  #delete(): FuzzRequest {
    const random = this.#random;
    const { path, name } = this.#named();
    const options = {
      kind: "DeleteOptions",
      apiVersion: "v1",
      gracePeriodSeconds: 0,
      propagationPolicy: "Background",
      preconditions: { uid: "u", resourceVersion: "1" },
    };
    const collection = random.chance(0.3);
    const body = random.chance(0.5) ? { headers: this.#headers(), body: undefined } : this.#encoded(options);
    return { method: "DELETE", path: this.#url(collection ? path : `${path}/${name}`), ...body };
  }

  /** What is not an object as it is stored. */
  #special(): FuzzRequest {
    const random = this.#random;
    const { path, method, object } = structuredClone(random.pick(SPECIALS));
    return this.#write(random.chance(0.9) ? method : "PATCH", path.replace("NAME", random.pick(NAMES)), object);
  }

  /** What is no API request at all, or only just. */
  #anything(): FuzzRequest {
    const random = this.#random;
    const { path, object, name } = this.#named();
    const roots = [
      "/",
      "/api",
      "/apis",
      "/api/v1",
      "/apis/apps",
      "/openapi/v2",
      "/openapi/v3",
      "/version",
      "/metrics",
      "/healthz",
      "/kedge/v1/x",
    ];
    const at = random.chance(0.3) ? random.pick(roots) : `${path}/${name}${this.#subresource()}`;
    const spoilt = encodeURI(mutateText(random, at).toWellFormed()).replaceAll("#", "%23").replaceAll("?", "%3F");
    const method = random.pick(["GET", "GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "HEAD"]);
    const bodied = method !== "GET" && method !== "HEAD";
    return {
      method,
      path: this.#url(spoilt.startsWith("/") ? spoilt : `/${spoilt}`),
      ...(bodied ? this.#encoded(object) : { headers: this.#headers(), body: undefined }),
    };
  }

  #headers(): { [name: string]: string } {
    const random = this.#random;
    const headers: { [name: string]: string } = {};
    if (random.chance(0.3)) headers.accept = random.pick(ACCEPTS);
    if (random.chance(0.02)) headers.accept = printable(mutateText(random, random.pick(ACCEPTS)));
    if (random.chance(0.02)) headers["user-agent"] = printable(mutateText(random, "kubectl/v1.36.0"));
    if (random.chance(0.02)) headers["audit-id"] = printable(mutateText(random, "0123-abcd"));
    if (random.chance(0.02)) headers["content-encoding"] = random.pick(["gzip", "identity"]);
    return headers;
  }

  #url(path: string): string {
    const random = this.#random;
    if (random.chance(0.6)) return path;
    const query = new URLSearchParams();
    for (let i = random.below(4); i > 0; i--) {
      const [name, values] = random.pick(PARAMETERS);
      query.append(name, random.chance(0.9) ? random.pick(values) : mutateText(random, random.pick(values)));
    }
    const selector = (texts: readonly string[]) =>
      random.chance(0.5) ? random.pick(texts) : mutateText(random, random.pick(texts));
    if (random.chance(0.2)) query.append("labelSelector", selector(LABEL_SELECTORS));
    if (random.chance(0.2)) query.append("fieldSelector", selector(FIELD_SELECTORS));
    if (random.chance(0.1)) query.append("continue", this.#token());
    const text = query.toString();
    if (text === "") return path;
    return `${path}?${random.chance(0.02) ? encodeURI(mutateText(random, text).toWellFormed()).replaceAll("#", "%23") : text}`;
  }

  #token(): string {
    const random = this.#random;
    const given = this.tokens.at(-1);
    if (given !== undefined && random.chance(0.3)) return given;
    const made = btoa(
      mutateText(random, '{"v":"meta.k8s.io/v1","rv":5,"start":"default/a\\u0000"}').replace(/[^\x20-\x7e]/g, "?"),
    ).replace(/=+$/, "");
    return random.chance(0.5) ? made : mutateText(random, given ?? made);
  }
}

const printable = (text: string): string => text.replace(/[^\x21-\x7e ]/g, "?").trim();

function* pointersOf(value: unknown, path: string): Generator<string> {
  yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield* pointersOf(inner, `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  }
}
