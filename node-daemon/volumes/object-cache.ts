/**
 * ConfigMaps and Secrets that pods of this node refer to. Read one by one, as a node may read no others; those mounted
 * in volumes are then watched, so that changes reach the pods.
 */
import type { ConfigMap, Secret } from "../../kinds/core/v1-types.ts";
import { ApiCallError, type ApiClient, type Informer } from "../contracts.ts";

export type ObjectKind = "configmaps" | "secrets";

type Stored = ConfigMap | Secret;

interface Watched {
  informer: Informer<Stored>;
  /** uids of pods that mount it. */
  users: Set<string>;
}

const keyOf = (kind: ObjectKind, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;

export class ObjectCache {
  readonly #api: ApiClient;
  readonly #watched = new Map<string, Watched>();
  readonly #byUser = new Map<string, Set<string>>();
  readonly #listeners: ((podUid: string) => void)[] = [];

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** Calls back with the uid of each pod that mounts an object which has changed, appeared or gone. */
  onChange(listener: (podUid: string) => void): void {
    this.#listeners.push(listener);
  }

  /** @returns undefined when there is none. @throws ApiCallError when the API does not answer or refuses */
  async read(kind: ObjectKind, namespace: string, name: string): Promise<Stored | undefined> {
    const watched = this.#watched.get(keyOf(kind, namespace, name));
    if (watched?.informer.hasSynced()) {
      const found = watched.informer.get(`${namespace}/${name}`);
      // Absent may mean that the watch lags behind a create.
      if (found) return found;
    }
    try {
      return await this.#api.get<Stored>(`/api/v1/namespaces/${namespace}/${kind}/${name}`);
    } catch (error) {
      if (error instanceof ApiCallError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** Follows an object on behalf of a pod, until `release`. */
  watch(kind: ObjectKind, object: { namespace: string; name: string }, podUid: string): void {
    const { namespace, name } = object;
    const key = keyOf(kind, namespace, name);
    let watched = this.#watched.get(key);
    if (!watched) {
      const informer = this.#api.informer<Stored>({
        path: `/api/v1/namespaces/${namespace}/${kind}`,
        fieldSelector: `metadata.name=${name}`,
      });
      watched = { informer, users: new Set() };
      this.#watched.set(key, watched);
      const { users } = watched;
      informer.onChange((_, current, previous) => {
        if (current?.metadata.resourceVersion === previous?.metadata.resourceVersion) return;
        for (const uid of users) for (const listener of this.#listeners) listener(uid);
      });
    }
    watched.users.add(podUid);
    const keys = this.#byUser.get(podUid) ?? new Set();
    keys.add(key);
    this.#byUser.set(podUid, keys);
  }

  /** The pod is gone: stops following what only it used. */
  release(podUid: string): void {
    for (const key of this.#byUser.get(podUid) ?? []) {
      const watched = this.#watched.get(key);
      watched?.users.delete(podUid);
      if (watched?.users.size !== 0) continue;
      watched.informer.stop();
      this.#watched.delete(key);
    }
    this.#byUser.delete(podUid);
  }

  stop(): void {
    for (const { informer } of this.#watched.values()) informer.stop();
    this.#watched.clear();
    this.#byUser.clear();
  }
}
