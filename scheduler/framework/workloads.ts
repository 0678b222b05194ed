/**
 * What selects pods: services and the controllers that own them. Pods that say nothing about spreading are spread by
 * these selectors.
 */
import type { LabelSelector } from "../../machinery/meta/object.ts";
import { compileSelector } from "../../machinery/meta/selector.ts";
import type { Labels } from "./affinity-terms.ts";
import type { PodOwner } from "./pod-class.ts";

interface NamespaceWorkloads {
  /** By name: the service's selector. */
  services: Map<string, { [key: string]: string }>;
  /** By "kind/name": the owner's selector. */
  owners: Map<string, LabelSelector>;
}

export class Workloads {
  readonly #namespaces = new Map<string, NamespaceWorkloads>();
  #version = 0;

  /** Changes whenever a selector has. */
  get version(): number {
    return this.#version;
  }

  setService(namespace: string, name: string, selector: { [key: string]: string } | undefined): void {
    this.#version++;
    const { services } = this.#of(namespace);
    if (selector && Object.keys(selector).length > 0) services.set(name, selector);
    else services.delete(name);
    this.#tidy(namespace);
  }

  /** @param kind "ReplicaSet", "StatefulSet" or "ReplicationController" */
  setOwner(namespace: string, { kind, name }: { kind: string; name: string }, selector?: LabelSelector): void {
    this.#version++;
    const { owners } = this.#of(namespace);
    if (selector) owners.set(`${kind}/${name}`, selector);
    else owners.delete(`${kind}/${name}`);
    this.#tidy(namespace);
  }

  /** What pods like this are spread by: the selectors of their services and of their owner, together. */
  selectorOf(pod: { namespace: string; labels: Labels }, owner: PodOwner | undefined): LabelSelector | undefined {
    const known = this.#namespaces.get(pod.namespace);
    if (!known) return undefined;
    const matchLabels: { [key: string]: string } = Object.create(null);
    for (const selector of known.services.values()) {
      if (compileSelector({ matchLabels: selector })(pod.labels)) Object.assign(matchLabels, selector);
    }
    const owned = owner && known.owners.get(`${owner.kind}/${owner.name}`);
    if (owned) Object.assign(matchLabels, owned.matchLabels);
    const matchExpressions = owned?.matchExpressions ?? [];
    if (Object.keys(matchLabels).length + matchExpressions.length === 0) return undefined;
    return { matchLabels: { ...matchLabels }, matchExpressions };
  }

  #of(namespace: string): NamespaceWorkloads {
    let known = this.#namespaces.get(namespace);
    if (!known) {
      known = { services: new Map(), owners: new Map() };
      this.#namespaces.set(namespace, known);
    }
    return known;
  }

  #tidy(namespace: string): void {
    const { services, owners } = this.#of(namespace);
    if (services.size + owners.size === 0) this.#namespaces.delete(namespace);
  }
}
