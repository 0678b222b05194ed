/**
 * ConfigMaps and Secrets that pods of this node refer to. Those mounted in volumes are kept and followed, so that
 * changes reach the pods: one watch of each kind tells of all that this node's pods refer to, and of nothing else.
 */
import type { ConfigMap, Secret } from "../../kinds/core/v1-types.ts";
import { ApiCallError, type ApiClient } from "../contracts.ts";

export type ObjectKind = "configmaps" | "secrets";

type Stored = ConfigMap | Secret;

interface Held {
  /** uids of pods that mount it. */
  users: Set<string>;
  /** Newest that is known; undefined: there is none, or it was not read yet. */
  object: Stored | undefined;
}

interface Followed {
  stop(): void;
  /** What is held is told of from now on. */
  synced: boolean;
}

const keyOf = (kind: ObjectKind, namespace: string | undefined, name: string | undefined): string =>
  `${kind}/${namespace}/${name}`;

const versionOf = (object: Stored | undefined): number => Number(object?.metadata.resourceVersion ?? 0);

export class ObjectCache {
  readonly #api: ApiClient;
  readonly #path: string;
  readonly #held = new Map<string, Held>();
  readonly #followed = new Map<ObjectKind, Followed>();
  readonly #byUser = new Map<string, Set<string>>();
  readonly #listeners: ((podUid: string) => void)[] = [];

  constructor(api: ApiClient, nodeName: string) {
    this.#api = api;
    this.#path = `/kedge/v1/nodes/${nodeName}`;
  }

  /** Calls back with the uid of each pod that mounts an object which has changed, appeared or gone. */
  onChange(listener: (podUid: string) => void): void {
    this.#listeners.push(listener);
  }

  /** @returns undefined when there is none. @throws ApiCallError when the API does not answer or refuses */
  async read(kind: ObjectKind, namespace: string, name: string): Promise<Stored | undefined> {
    const key = keyOf(kind, namespace, name);
    const kept = this.#held.get(key)?.object;
    // Absent may mean that the watch lags behind a create.
    if (kept && this.#followed.get(kind)?.synced) return kept;
    try {
      const object = await this.#api.get<Stored>(`/api/v1/namespaces/${namespace}/${kind}/${name}`);
      const held = this.#held.get(key);
      if (held && versionOf(object) > versionOf(held.object)) held.object = object;
      return held?.object ?? object;
    } catch (error) {
      if (error instanceof ApiCallError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** Keeps and follows an object on behalf of a pod, until `release`. To be called before it is read. */
  hold(kind: ObjectKind, { namespace, name }: { namespace: string; name: string }, podUid: string): void {
    this.#follow(kind);
    const key = keyOf(kind, namespace, name);
    const held = this.#held.get(key) ?? { users: new Set(), object: undefined };
    this.#held.set(key, held);
    held.users.add(podUid);
    const keys = this.#byUser.get(podUid) ?? new Set();
    keys.add(key);
    this.#byUser.set(podUid, keys);
  }

  /** The pod is gone: forgets what only it used. */
  release(podUid: string): void {
    for (const key of this.#byUser.get(podUid) ?? []) {
      const held = this.#held.get(key);
      held?.users.delete(podUid);
      if (held?.users.size === 0) this.#held.delete(key);
    }
    this.#byUser.delete(podUid);
  }

  stop(): void {
    for (const followed of this.#followed.values()) followed.stop();
    this.#followed.clear();
    this.#held.clear();
    this.#byUser.clear();
  }

  #follow(kind: ObjectKind): void {
    if (this.#followed.has(kind)) return;
    const followed: Followed = { synced: false, stop: () => {} };
    this.#followed.set(kind, followed);
    const { stop } = this.#api.follow<Stored>(`${this.#path}/${kind}`, {
      listed: (items, resourceVersion) => {
        const found = new Set(items.map(({ metadata }) => keyOf(kind, metadata.namespace, metadata.name)));
        for (const item of items) this.#newer(kind, item);
        for (const [key, held] of this.#held) {
          const isGone = key.startsWith(`${kind}/`) && !found.has(key);
          if (isGone) this.#gone(held, Number(resourceVersion));
        }
        followed.synced = true;
      },
      changed: (type, object) => {
        if (type !== "DELETED") this.#newer(kind, object);
        else this.#gone(this.#heldOf(kind, object), versionOf(object));
      },
    });
    followed.stop = stop;
  }

  #heldOf(kind: ObjectKind, { metadata }: Stored): Held | undefined {
    return this.#held.get(keyOf(kind, metadata.namespace, metadata.name));
  }

  #newer(kind: ObjectKind, object: Stored): void {
    const held = this.#heldOf(kind, object);
    if (!held || versionOf(object) <= versionOf(held.object)) return;
    held.object = object;
    this.#tell(held);
  }

  /** It was not there at `version`; it may have been made since. */
  #gone(held: Held | undefined, version: number): void {
    if (!held?.object || versionOf(held.object) > version) return;
    held.object = undefined;
    this.#tell(held);
  }

  #tell({ users }: Held): void {
    for (const uid of users) for (const listener of this.#listeners) listener(uid);
  }
}
