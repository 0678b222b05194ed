/** PodGroups and who is in them: pods that are scheduled together or not at all. */
import type { PodGroup } from "../../kinds/generated/api/scheduling-v1alpha2.ts";
import type { CachedPod } from "./queued-pod.ts";

export interface GroupCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

export interface Group {
  namespace: string;
  name: string;
  uid: string;
  generation: number | undefined;
  /** Undefined: its pods need not wait for each other. */
  minCount: number | undefined;
  /** All pods must be in one domain of this key. */
  topologyKey: string | undefined;
  /** Ours stands here as soon as it is written. */
  conditions: readonly GroupCondition[];
}

export const groupKey = (namespace: string, name: string): string => `${namespace}/${name}`;

export class PodGroups {
  readonly #groups = new Map<string, Group>();
  /** By group: its pods by uid, as last seen; those that have ended are not among them. */
  readonly #members = new Map<string, Map<string, CachedPod>>();

  get(key: string): Group | undefined {
    return this.#groups.get(key);
  }

  set(key: string, group: Group | undefined): void {
    if (group) this.#groups.set(key, group);
    else this.#groups.delete(key);
  }

  membersOf(key: string): Iterable<CachedPod> {
    return this.#members.get(key)?.values() ?? [];
  }

  countOf(key: string): number {
    return this.#members.get(key)?.size ?? 0;
  }

  join(pod: CachedPod): void {
    if (pod.group === undefined) return;
    const key = groupKey(pod.footprint.namespace, pod.group);
    const members = this.#members.get(key);
    if (members) members.set(pod.metadata.uid ?? "", pod);
    else this.#members.set(key, new Map([[pod.metadata.uid ?? "", pod]]));
  }

  leave(pod: CachedPod): void {
    if (pod.group === undefined) return;
    const key = groupKey(pod.footprint.namespace, pod.group);
    const members = this.#members.get(key);
    if (members?.delete(pod.metadata.uid ?? "") && members.size === 0) this.#members.delete(key);
  }
}

export function groupFacts({ metadata, spec, status }: PodGroup): Group {
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    generation: metadata.generation,
    minCount: spec?.schedulingPolicy?.gang?.minCount,
    topologyKey: spec?.schedulingConstraints?.topology?.[0]?.key,
    conditions: (status?.conditions ?? []) as GroupCondition[],
  };
}
