/** The API as the daemon calls it, in memory, for tests: objects, watches, status patches, graceful deletion. */

import { types } from "../../../kinds/types.ts";
import { deepClone } from "../../../machinery/meta/equality.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { applyMergePatch } from "../../../machinery/patch/merge-patch.ts";
import { applyStrategicMergePatch } from "../../../machinery/patch/strategic.ts";
import { ApiCallError, type ApiClient, type FollowListener, type Informer } from "../../contracts.ts";

type Listener = (path: string, current: KubeObject | undefined, previous: KubeObject | undefined) => void;

export interface Call {
  verb: "get" | "create" | "update" | "patch" | "delete";
  path: string;
  body?: unknown;
}

const TYPES: { readonly [plural: string]: string } = {
  pods: "io.k8s.api.core.v1.Pod",
  nodes: "io.k8s.api.core.v1.Node",
};

export class FakeApi implements ApiClient {
  /** By path: "/api/v1/namespaces/default/pods/web". */
  readonly objects = new Map<string, KubeObject>();
  readonly calls: Call[] = [];
  /** While set, every call fails so. */
  failure: ApiCallError | undefined;
  readonly #listeners = new Set<Listener>();
  #revision = 0;

  /** Stores an object as if somebody had written it. */
  put<T extends KubeObject>(path: string, object: object): T {
    const before = this.objects.get(path);
    const stored = deepClone(object) as KubeObject;
    stored.metadata = {
      uid: before?.metadata.uid ?? `uid-${++this.#revision}`,
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...stored.metadata,
      resourceVersion: String(++this.#revision),
    };
    this.objects.set(path, stored);
    this.#tell(path, stored, before);
    return stored as T;
  }

  /** Removes an object as if nothing had held it. */
  drop(path: string): void {
    const before = this.objects.get(path);
    if (!before) return;
    this.objects.delete(path);
    this.#tell(path, undefined, before);
  }

  /** Asks a pod to end: `kubectl delete pod`. */
  deletePod(path: string, graceSeconds: number): void {
    const pod = this.objects.get(path) as KubeObject;
    this.put(path, {
      ...pod,
      metadata: {
        ...pod.metadata,
        deletionTimestamp: "2026-01-01T00:00:30Z",
        deletionGracePeriodSeconds: graceSeconds,
      },
    });
  }

  callsOf(verb: Call["verb"], pattern: RegExp): Call[] {
    return this.calls.filter((call) => call.verb === verb && pattern.test(call.path));
  }

  async get<T extends KubeObject>(path: string): Promise<T> {
    this.#note("get", path);
    return deepClone(this.#find(path)) as T;
  }

  async create<T extends KubeObject>(path: string, object: object): Promise<T> {
    this.#note("create", path, object);
    if (path.endsWith("/token")) {
      return {
        ...object,
        status: { token: `token-${++this.#revision}`, expirationTimestamp: "2030-01-01T00:00:00Z" },
      } as unknown as T;
    }
    const { name } = (object as KubeObject).metadata;
    if (this.objects.has(`${path}/${name}`)) throw new ApiCallError(409, `${name} already exists`);
    return this.put(`${path}/${name}`, object);
  }

  async update<T extends KubeObject>(path: string, object: object): Promise<T> {
    this.#note("update", path, object);
    this.#find(path);
    return this.put(path, object);
  }

  async patch<T extends KubeObject>(path: string, type: "merge" | "strategic" | "json", patch: unknown): Promise<T> {
    this.#note("patch", path, patch);
    const target = path.replace(/\/status$/, "");
    const original = deepClone(this.#find(target));
    const uid = (patch as KubeObject).metadata?.uid;
    if (uid !== undefined && uid !== original.metadata.uid) throw new ApiCallError(409, "uid differs");
    const plural = target.split("/").at(-2) ?? "";
    const next =
      type === "strategic"
        ? applyStrategicMergePatch({ original, patch: patch as object, types, type: TYPES[plural] ?? "" } as never)
        : applyMergePatch(original as never, patch as never);
    return this.put(target, next as object);
  }

  async delete(path: string, options: object = {}): Promise<void> {
    this.#note("delete", path, options);
    const object = this.#find(path);
    const { preconditions } = options as { preconditions?: { uid?: string } };
    if (preconditions?.uid && preconditions.uid !== object.metadata.uid) throw new ApiCallError(409, "uid differs");
    if ((object.metadata.finalizers ?? []).length === 0) this.drop(path);
  }

  informer<T extends KubeObject>({ path, fieldSelector }: { path: string; fieldSelector?: string }): Informer<T> {
    const [field, value] = (fieldSelector ?? "").split("=");
    const plural = path.split("/").at(-1) ?? "";
    const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
    const selected = (object: KubeObject): boolean =>
      !field ||
      (field === "metadata.name"
        ? object.metadata.name === value
        : (object.spec as { nodeName?: string })?.nodeName === value);
    const belongs = (at: string): boolean =>
      at.split("/").at(-2) === plural && (namespace === undefined || at.includes(`/namespaces/${namespace}/`));
    const keyOf = ({ metadata }: KubeObject): string =>
      metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? "");
    const cache = new Map<string, T>();
    for (const [at, object] of this.objects) if (belongs(at) && selected(object)) cache.set(keyOf(object), object as T);
    const listeners: ((key: string, current: T | undefined, previous: T | undefined) => void)[] = [];
    const follow: Listener = (at, current, previous) => {
      const object = current ?? previous;
      if (!object || !belongs(at) || !selected(object)) return;
      const key = keyOf(object);
      const before = cache.get(key);
      if (current) cache.set(key, current as T);
      else cache.delete(key);
      for (const listener of listeners) listener(key, current as T | undefined, before ?? (previous as T | undefined));
    };
    this.#listeners.add(follow);
    return {
      synced: Promise.resolve(),
      hasSynced: () => true,
      get: (key) => cache.get(key),
      values: () => [...cache.values()],
      onChange: (listener) => void listeners.push(listener),
      stop: () => void this.#listeners.delete(follow),
    };
  }

  /** Of one kind, whichever node's: `/kedge/v1/nodes/{name}/{plural}`. */
  follow<T extends KubeObject>(path: string, { listed, changed }: FollowListener<T>): { stop(): void } {
    const plural = path.split("/").at(-1) ?? "";
    const belongs = (at: string): boolean => at.split("/").at(-2) === plural;
    const items = [...this.objects].filter(([at]) => belongs(at)).map(([, object]) => object as T);
    listed(items, String(this.#revision));
    const tell: Listener = (at, current, previous) => {
      if (!belongs(at)) return;
      const resourceVersion = String(++this.#revision);
      if (current) changed(previous ? "MODIFIED" : "ADDED", current as T);
      else if (previous) changed("DELETED", { ...previous, metadata: { ...previous.metadata, resourceVersion } } as T);
    };
    this.#listeners.add(tell);
    return { stop: () => void this.#listeners.delete(tell) };
  }

  #note(verb: Call["verb"], path: string, body?: unknown): void {
    this.calls.push({ verb, path, ...(body !== undefined && { body }) });
    if (this.failure) throw this.failure;
  }

  #find(path: string): KubeObject {
    const object = this.objects.get(path);
    if (!object) throw new ApiCallError(404, `${path} not found`);
    return object;
  }

  #tell(path: string, current: KubeObject | undefined, previous: KubeObject | undefined): void {
    for (const listener of [...this.#listeners]) listener(path, current, previous);
  }
}
