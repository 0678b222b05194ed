/** Which secrets, config maps, claims and service accounts the pods of each node refer to, and where each pod is. */
import type { Store, StoredEvent } from "../../store/contract.ts";
import { mayHaveGained, type PodShape, type ReferenceKind, referencesOf } from "./pod-references.ts";

export interface Reference {
  what: ReferenceKind;
  namespace: string;
  name: string;
}

/** A bound pod. Pods of one workload refer to the same things: they share the list. */
interface Bound {
  node: string;
  references: readonly string[];
}

interface Namespace {
  pods: Map<string, Bound>;
  /** "kind/name" → node → how many pods there refer to it. */
  counts: Map<string, Map<string, number>>;
}

/**
 * Read from the store one namespace at a time, when a node first asks about it, and kept up with every change since:
 * asking costs two lookups.
 */
export class NodeReferences {
  readonly #store: Store;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #shared = new Map<string, readonly string[]>();

  constructor(store: Store) {
    this.#store = store;
    store.subscribe((events) => {
      for (const event of events) if (event.resource === "pods") this.#apply(event);
    });
  }

  has(node: string, { what, namespace, name }: Reference): boolean {
    return this.#of(namespace).counts.get(`${what}/${name}`)?.has(node) ?? false;
  }

  /** The nodes whose pods refer to it. */
  nodesWith({ what, namespace, name }: Reference): Iterable<string> {
    return this.#of(namespace).counts.get(`${what}/${name}`)?.keys() ?? NONE;
  }

  /** All that a node's pods refer to of one kind. */
  *of(node: string, what: ReferenceKind): Iterable<{ namespace: string; name: string }> {
    const prefix = `${what}/`;
    const namespaces = [...this.#store.list({ resource: "namespaces" })].map(({ name }) => name);
    for (const namespace of namespaces) {
      for (const [reference, nodes] of this.#of(namespace).counts) {
        if (nodes.has(node) && reference.startsWith(prefix)) yield { namespace, name: reference.slice(prefix.length) };
      }
    }
  }

  /** The node a pod is bound to; undefined for a pod that is not bound or not there. */
  nodeOf(namespace: string, pod: string): string | undefined {
    return this.#of(namespace).pods.get(pod)?.node;
  }

  #of(name: string): Namespace {
    let namespace = this.#namespaces.get(name);
    if (!namespace) {
      namespace = { pods: new Map(), counts: new Map() };
      this.#namespaces.set(name, namespace);
      for (const row of this.#store.list({ resource: "pods", namespace: name, contains: '"nodeName":' }))
        this.#put(namespace, row.name, row.value);
    }
    return namespace;
  }

  #apply({ type, name, namespace: of, value }: StoredEvent): void {
    const namespace = this.#namespaces.get(of);
    if (!namespace) return;
    if (type === "DELETED") this.#drop(namespace, name);
    // A pod's node and volumes do not change once it is bound.
    else if (!namespace.pods.has(name) || mayHaveGained(value)) this.#put(namespace, name, value);
  }

  #put(namespace: Namespace, name: string, text: string): void {
    const pod = JSON.parse(text) as PodShape;
    const node = pod.spec?.nodeName;
    if (!node) return;
    this.#drop(namespace, name);
    const references = this.#share(referencesOf(pod));
    namespace.pods.set(name, { node, references });
    for (const reference of references) {
      const nodes = namespace.counts.get(reference) ?? new Map<string, number>();
      namespace.counts.set(reference, nodes);
      nodes.set(node, (nodes.get(node) ?? 0) + 1);
    }
  }

  #drop(namespace: Namespace, name: string): void {
    const bound = namespace.pods.get(name);
    if (!bound) return;
    namespace.pods.delete(name);
    for (const reference of bound.references) {
      const nodes = namespace.counts.get(reference);
      const left = (nodes?.get(bound.node) ?? 0) - 1;
      if (left > 0) nodes!.set(bound.node, left);
      else nodes?.delete(bound.node);
      if (nodes?.size === 0) namespace.counts.delete(reference);
    }
  }

  #share(references: readonly string[]): readonly string[] {
    const key = references.join();
    const known = this.#shared.get(key);
    if (known) return known;
    if (this.#shared.size >= MAX_SHARED) this.#shared.clear();
    this.#shared.set(key, references);
    return references;
  }
}

const NONE: readonly string[] = [];

/** Lists kept for sharing; beyond it sharing starts anew. */
const MAX_SHARED = 10_000;
