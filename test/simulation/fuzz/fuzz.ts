/**
 * The fuzzer of the request decoders: sends requests that are nearly right into the API server and checks every answer.
 *
 * Of each: [FZ1] it is no 5xx; [FZ2] an error is a well-formed Status with the code of the answer; [FZ3] an error or
 * dry run has written nothing; [FZ4] it takes bounded time; [FZ5] what was written reads back as it was answered, in
 * every form, and can be written again as it is.
 */
import { performance } from "node:perf_hooks";
import { encodeIdentity, IDENTITY_HEADER, type Identity } from "../../../edge-api/access/identity.ts";
import { serve } from "../../../edge-api/http/chain.ts";
import { migrate } from "../../../edge-api/store/migrate.ts";
import { SqliteStore } from "../../../edge-api/store/sqlite-store.ts";
import { ADMIN, serviceAccount, startApi, type TestApi } from "../../api/in-process.ts";
import { cpuNowMs } from "../../cpu-time.ts";
import { NodeSql } from "../../fakes/node-sql.ts";
import { type Random, randomFrom } from "../store-random.ts";
import { type FuzzRequest, RequestSource } from "./requests.ts";

export interface FuzzOptions {
  seed: number;
  /** Absent: until `until` says so. */
  requests?: number;
  until?: () => boolean;
  /** Told of each failure; absent: the first one is thrown. */
  found?: (failure: FuzzFailure) => void;
}

export interface FuzzFailure {
  seed: number;
  /** Number of the request since the seed's first. */
  at: number;
  rule: string;
  why: string;
  request: FuzzRequest;
}

/** How often each status came, and how often each deeper check was made. */
export type FuzzCounts = { [what: string]: number };

/** A new API server after so many requests, so that state stays small and a failure can be found again. */
const REQUESTS_A_LIFE = 500;
/** Of processor time: far above what the largest good request takes on a slow machine. */
const MAX_MS = 2_000;
/** What takes longer than any work waits for time to pass. */
const PATIENCE_MS = 100;
/** How long the body of a Status may be: errors quote what they complain of, in the message and in the causes. */
const MAX_STATUS_LENGTH = 1024 * 1024;

export async function fuzz({
  seed,
  requests = Number.POSITIVE_INFINITY,
  until,
  found,
}: FuzzOptions): Promise<FuzzCounts> {
  const counts: FuzzCounts = {};
  for (let at = 0, life = seed; at < requests && !until?.(); at += REQUESTS_A_LIFE, life++) {
    const sql = life % 2 === 0 ? new NodeSql() : undefined;
    if (sql) migrate(sql);
    const api = await startApi({
      runtimeConfig: "api/all=true",
      ...(sql && { makeStore: (now) => new SqliteStore(sql, { now }) }),
    });
    // Without it no pod comes any further.
    await api.create("/api/v1/namespaces/default/serviceaccounts", serviceAccount("default"));
    const run = new Run(life, counts, api);
    const limit = Math.min(REQUESTS_A_LIFE, requests - at);
    for (let i = 0; i < limit && !until?.(); i++) {
      const failure = await run.step();
      if (!failure) continue;
      if (!found)
        throw new Error(
          `seed ${failure.seed}, request ${failure.at}: [${failure.rule}] ${failure.why}\n${show(failure.request)}`,
        );
      found(failure);
    }
    sql?.close();
  }
  return counts;
}

export function show({ method, path, headers, body }: FuzzRequest): string {
  const text = body instanceof Uint8Array ? `base64 ${Buffer.from(body).toString("base64")}` : body;
  return `${method} ${path}\n${JSON.stringify(headers)}\n${text === undefined ? "" : text.slice(0, 4000)}`;
}

/** What kube-apiserver answers with 500 as well. */
const UPSTREAM_500 =
  /resourceVersion should not be set|failed to create typed (?:patch|live) object|failed to allocate/;

/** [FZ6] What a watch says at once is events. */
async function checkEvents({ body, headers }: Response): Promise<void> {
  if (!body) return;
  const reader = body.getReader();
  const first = await Promise.race([reader.read(), turn()]);
  await reader.cancel();
  if (!first?.value || !headers.get("content-type")?.startsWith("application/json")) return;
  for (const line of new TextDecoder().decode(first.value).split("\n")) {
    if (line === "") continue;
    const { type, object } = JSON.parse(line) as { type?: string; object?: { kind?: string } };
    if (!/^(?:ADDED|MODIFIED|DELETED|BOOKMARK|ERROR)$/.test(type ?? "") || typeof object?.kind !== "string")
      throw new Wrong("FZ6", `no event: ${line.slice(0, 300)}`);
  }
}

const HEALTH = /^\/(?:healthz|livez|readyz)/;

class Wrong extends Error {
  readonly rule: string;
  constructor(rule: string, why: string) {
    super(why);
    this.rule = rule;
  }
}

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

class Run {
  readonly #seed: number;
  readonly #counts: FuzzCounts;
  readonly #api: TestApi;
  readonly #random: Random;
  readonly #source: RequestSource;
  #at = 0;

  constructor(seed: number, counts: FuzzCounts, api: TestApi) {
    this.#seed = seed;
    this.#counts = counts;
    this.#api = api;
    this.#random = randomFrom(seed);
    this.#source = new RequestSource(this.#random);
  }

  async step(): Promise<FuzzFailure | undefined> {
    const request = this.#source.next();
    const at = this.#at++;
    try {
      await this.#check(request);
      return undefined;
    } catch (error) {
      const rule = error instanceof Wrong ? error.rule : "FZ0";
      const why = error instanceof Wrong ? error.message : String((error as Error).stack ?? error);
      this.#api.errors.length = 0;
      return { seed: this.#seed, at, rule, why, request };
    }
  }

  async #check(request: FuzzRequest): Promise<void> {
    const { store } = this.#api.services.env;
    // What the server does by itself about the request before is none of this one's.
    await turn();
    const before = store.revision();
    const startMs = cpuNowMs();
    const as = this.#random.chance(0.9) ? ADMIN : this.#random.pick(OTHERS);
    const answer = await this.#send(request, as);
    const tookMs = cpuNowMs() - startMs;
    this.#count(`status ${answer.status}`);
    if (tookMs > MAX_MS) throw new Wrong("FZ4", `took ${Math.round(tookMs)} ms`);
    // Health says 500 when what a cluster cannot do without has been deleted.
    if (HEALTH.test(request.path)) {
      this.#api.errors.length = 0;
      return;
    }
    const [reported] = this.#api.errors;
    if (reported !== undefined) throw new Wrong("FZ1", String((reported as Error).stack ?? reported));
    if (answer.status >= 400) {
      this.#checkError(request, answer);
      if (store.revision() !== before && !isCollectionDelete(request))
        throw new Wrong("FZ3", `${answer.status} but something was written: ${answer.text.slice(0, 300)}`);
      return;
    }
    // Of a delete with a body the query does not count.
    const isDry = /[?&]dryRun=All/.test(request.path) && (request.method !== "DELETE" || request.body === undefined);
    if (isDry && store.revision() !== before) throw new Wrong("FZ3", "a dry run has written something");
    this.#keepToken(answer);
    if (store.revision() !== before && request.method !== "DELETE") await this.#checkWritten(request);
  }

  #checkError({ method }: FuzzRequest, { status, text, headers }: Answer): void {
    // The one thing a server says of time: a revision that does not exist yet.
    const awaits = status === 504 && text.includes("ResourceVersionTooLarge");
    const refuses = status === 501 || (status === 500 && UPSTREAM_500.test(text));
    if (status >= 500 && !awaits && !refuses) throw new Wrong("FZ1", `${status}: ${text.slice(0, 1000)}`);
    if (method === "HEAD" || !headers.get("content-type")?.startsWith("application/json")) return;
    if (text.length > MAX_STATUS_LENGTH) throw new Wrong("FZ2", `an error of ${text.length} characters`);
    const body = JSON.parse(text) as { [field: string]: unknown };
    const { kind, apiVersion, code, message } = body;
    if (kind !== "Status" || apiVersion !== "v1" || body.status !== "Failure" || code !== status)
      throw new Wrong("FZ2", `not a Status: ${text.slice(0, 300)}`);
    const garbled = typeof message === "string" && /.{0,80}(?:undefined|\[object ).{0,80}/.exec(message);
    if (typeof message !== "string" || message === "" || garbled)
      throw new Wrong("FZ2", `message: ${garbled ? garbled[0] : text.slice(0, 300)}`);
  }

  #keepToken({ text }: Answer): void {
    const token = /"continue":"([^"]+)"/.exec(text)?.[1];
    if (token !== undefined) this.#source.tokens.push(token);
  }

  /** The object that was written last, whichever way. */
  async #checkWritten({ path }: FuzzRequest): Promise<void> {
    const { store, registry } = this.#api.services.env;
    const revision = store.revision();
    const [event] = [...store.changesSince(revision - 1)];
    if (!event || event.type === "DELETED") return;
    const kind = registry.findStorage(event.resource);
    if (!kind) throw new Wrong("FZ5", `stored as ${event.resource}, which nobody serves`);
    const root = kind.group ? `/apis/${kind.group}` : "/api";
    const namespace = event.namespace === "" ? "" : `/namespaces/${encodeURIComponent(event.namespace)}`;
    const own = `${root}/${kind.version}${namespace}/${kind.plural}/${encodeURIComponent(event.name.toWellFormed())}`;
    const read = await this.#get(own, "application/json");
    const object = JSON.parse(read) as { metadata: { resourceVersion: string } };
    if (object.metadata.resourceVersion !== String(revision))
      throw new Wrong("FZ5", `after ${path}: read back revision ${object.metadata.resourceVersion}, not ${revision}`);
    for (const accept of [
      "application/yaml",
      "application/json;as=Table;v=v1;g=meta.k8s.io",
      "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    ]) {
      await this.#get(own, accept);
    }
    await this.#get(own, "application/vnd.kubernetes.protobuf", 406);
    // A binding may name a node as no pod may: upstream does not look either.
    if (!kind.verbs.includes("update") || path.includes("/binding")) return;
    this.#count("written again");
    const again = await this.#send({
      method: "PUT",
      path: own,
      headers: { "content-type": "application/json" },
      body: read,
    });
    if (again.status !== 200)
      throw new Wrong(
        "FZ5",
        `cannot be written again as it is: ${again.status} ${again.text.slice(0, 600)}\n${read.slice(0, 1500)}`,
      );
    if (store.revision() !== revision)
      throw new Wrong("FZ5", `writing it again as it is changed it:\n${difference(read, again.text)}`);
  }

  async #get(path: string, accept: string, orElse = 200): Promise<string> {
    const answer = await this.#send({ method: "GET", path, headers: { accept }, body: undefined });
    if (answer.status !== 200 && answer.status !== orElse)
      throw new Wrong("FZ5", `${answer.status} for ${path} as ${accept}: ${answer.text.slice(0, 600)}`);
    return answer.text;
  }

  async #send({ method, path, headers, body }: FuzzRequest, as: Identity = ADMIN): Promise<Answer> {
    const response = await this.#inTime(
      serve(
        this.#api.services,
        new Request(`https://kedge.test${path}`, {
          method,
          headers: { ...headers, [IDENTITY_HEADER]: encodeIdentity(as) },
          ...(body !== undefined && { body: body as NonNullable<RequestInit["body"]> }),
        }),
      ),
    );
    // Only a watch says what it is not encoded in.
    if (response.headers.get("content-encoding") === "identity") {
      await checkEvents(response);
      return { status: response.status, headers: response.headers, text: "" };
    }
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Lets time pass for an answer that waits for it. */
  async #inTime<T>(answer: Promise<T>): Promise<T> {
    for (let sinceMs = performance.now(); ; ) {
      const isThere = await Promise.race([answer.then(() => true), turn().then(() => false)]);
      if (isThere) return answer;
      if (performance.now() < sinceMs + PATIENCE_MS) continue;
      sinceMs = performance.now();
      this.#api.advance(1_000);
      this.#api.fire();
    }
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }
}

/** Both texts from a little before where they part. */
function difference(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const from = Math.max(0, at - 200);
  return `${a.slice(from, at + 600)}\n${b.slice(from, at + 600)}`;
}

/** Who may do little. */
const OTHERS: readonly Identity[] = [
  { user: "system:node:web", groups: ["system:nodes", "system:authenticated"] },
  { user: "system:serviceaccount:default:default", groups: ["system:serviceaccounts", "system:authenticated"] },
  { user: "system:anonymous", groups: ["system:unauthenticated"] },
  { user: "", groups: [] },
];

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const isCollectionDelete = ({ method, path }: FuzzRequest): boolean =>
  method === "DELETE" && !/\/[a-z]+\/[^/?]+\/[a-z]+\/[^/?]+(?:\?|$)/.test(path);
