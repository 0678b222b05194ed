/**
 * Roles and bindings as they stand in the store, kept parsed and indexed by subject. Read once, then kept up with every
 * committed change, so that asking costs as much as the asker has bindings, however many there are.
 */
import type { Store, StoredObject } from "../../store/contract.ts";
import type { Identity } from "../identity.ts";
import type { PolicyRule, Subject } from "./rules.ts";

export const ROLES = "roles.rbac.authorization.k8s.io";
export const CLUSTER_ROLES = "clusterroles.rbac.authorization.k8s.io";
export const BINDINGS = "rolebindings.rbac.authorization.k8s.io";
export const CLUSTER_BINDINGS = "clusterrolebindings.rbac.authorization.k8s.io";

export interface RoleRef {
  apiGroup?: string;
  kind: string;
  name: string;
}

export interface Binding {
  /** "" for a ClusterRoleBinding. */
  namespace: string;
  name: string;
  subjects: readonly Subject[];
  roleRef: RoleRef;
}

type Changed = Pick<StoredObject, "resource" | "namespace" | "name" | "value">;

export class BindingIndex {
  /** By "namespace/name"; a ClusterRole's namespace is "". */
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  readonly #bindings = new Map<string, Binding>();
  /** Subject key → namespace the bindings hold in ("" everywhere) → bindings. */
  readonly #bySubject = new Map<string, Map<string, Set<Binding>>>();

  /** To be made outside of transactions: what is read here must have been committed. */
  constructor(store: Store) {
    for (const resource of [CLUSTER_ROLES, ROLES, CLUSTER_BINDINGS, BINDINGS])
      for (const row of store.list({ resource })) this.#put(row);
    store.subscribe((events) => {
      for (const event of events) {
        if (!event.resource.endsWith(".rbac.authorization.k8s.io")) continue;
        if (event.type === "DELETED") this.#remove(event);
        else this.#put(event);
      }
    });
  }

  /** Bindings that hold in `namespace` ("": everywhere) and name the identity or a group of its. */
  *bindingsFor(identity: Identity, namespace: string): Iterable<{ binding: Binding; key: string }> {
    for (const key of keysOf(identity)) {
      const places = this.#bySubject.get(key);
      if (!places) continue;
      for (const binding of places.get("") ?? []) yield { binding, key };
      if (namespace === "") continue;
      for (const binding of places.get(namespace) ?? []) yield { binding, key };
    }
  }

  /** Undefined when there is no such role. @param namespace of the binding */
  rulesOf({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(kind === "Role" ? `${namespace}/${name}` : `/${name}`);
  }

  #put(row: Changed): void {
    if (row.resource === ROLES || row.resource === CLUSTER_ROLES) {
      const { rules } = JSON.parse(row.value) as { rules?: PolicyRule[] };
      this.#roles.set(`${row.namespace}/${row.name}`, rules ?? []);
      return;
    }
    this.#remove(row);
    const { subjects = [], roleRef } = JSON.parse(row.value) as { subjects?: Subject[]; roleRef: RoleRef };
    const binding: Binding = { namespace: row.namespace, name: row.name, subjects, roleRef };
    this.#bindings.set(`${row.namespace}/${row.name}`, binding);
    for (const subject of subjects) this.#place(keyOfSubject(subject, row.namespace), binding);
  }

  #place(key: string | undefined, binding: Binding): void {
    if (key === undefined) return;
    const places = this.#bySubject.get(key) ?? new Map<string, Set<Binding>>();
    this.#bySubject.set(key, places);
    const here = places.get(binding.namespace);
    if (here) here.add(binding);
    else places.set(binding.namespace, new Set([binding]));
  }

  #remove({ resource, namespace, name }: Omit<Changed, "value">): void {
    const id = `${namespace}/${name}`;
    if (resource === ROLES || resource === CLUSTER_ROLES) {
      this.#roles.delete(id);
      return;
    }
    const binding = this.#bindings.get(id);
    if (!binding) return;
    this.#bindings.delete(id);
    for (const subject of binding.subjects) {
      const key = keyOfSubject(subject, namespace);
      const places = key === undefined ? undefined : this.#bySubject.get(key);
      const here = places?.get(namespace);
      if (!places || !here) continue;
      here.delete(binding);
      if (here.size === 0) places.delete(namespace);
      if (places.size === 0) this.#bySubject.delete(key!);
    }
  }
}

/** The same few callers ask again and again. */
const knownKeys = new WeakMap<Identity, readonly string[]>();

function keysOf(identity: Identity): readonly string[] {
  let keys = knownKeys.get(identity);
  if (!keys) {
    keys = [...new Set([`u:${identity.user}`, ...identity.groups.map((group) => `g:${group}`)])];
    knownKeys.set(identity, keys);
  }
  return keys;
}

/** @param namespace of the binding, for accounts that name none */
export function keyOfSubject(subject: Subject, namespace: string): string | undefined {
  switch (subject.kind) {
    case "User":
      return `u:${subject.name}`;
    case "Group":
      return `g:${subject.name}`;
    case "ServiceAccount": {
      const own = subject.namespace || namespace;
      return own === "" ? undefined : `u:system:serviceaccount:${own}:${subject.name}`;
    }
    default:
      return undefined;
  }
}
