/** Which daemon pods a rolling update replaces now. */
import type { DaemonSet } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { scaledValue } from "../workload/int-or-percent.ts";
import { isAvailable } from "../workload/pods.ts";
import { isOfRevision } from "./daemon-pod.ts";
import type { NodeState } from "./manage.ts";

export function rollingLimits(set: DaemonSet, desired: number): { maxSurge: number; maxUnavailable: number } {
  const { type = "RollingUpdate", rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type !== "RollingUpdate") return { maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = scaledValue(rollingUpdate?.maxSurge, desired, "up");
  const maxUnavailable = scaledValue(rollingUpdate?.maxUnavailable ?? 1, desired, "up");
  // Both 0 is refused by validation; percentages of few nodes may still come to it.
  return maxSurge === 0 && maxUnavailable === 0 && desired > 0
    ? { maxSurge, maxUnavailable: 1 }
    : { maxSurge, maxUnavailable };
}

/** The one pod of the new revision and the one of an old on a node; undefined: more than that, which must be cleaned up. */
function pairOf(pods: readonly Pod[], hash: string): { newer: Pod | undefined; older: Pod | undefined } | undefined {
  const living = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  const newer = living.filter((pod) => isOfRevision(pod, hash));
  const older = living.filter((pod) => !isOfRevision(pod, hash));
  return newer.length > 1 || older.length > 1 ? undefined : { newer: newer[0], older: older[0] };
}

export interface RollingOptions {
  set: DaemonSet;
  /** Of nodes that have daemon pods, or should. */
  states: readonly NodeState[];
  hash: string;
  nowMs: number;
}

export function rollingUpdate(options: RollingOptions): { create: string[]; remove: Pod[] } {
  const { set, states } = options;
  const desired = states.filter(({ fit }) => fit.shouldRun).length;
  const { maxSurge, maxUnavailable } = rollingLimits(set, desired);
  return maxSurge === 0 ? replace(options, maxUnavailable) : surge(options, maxSurge);
}

/** Deletes old pods, so that at most `maxUnavailable` nodes are without an available one; new ones follow by themselves. */
function replace({ set, states, hash, nowMs }: RollingOptions, maxUnavailable: number): { create: []; remove: Pod[] } {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const free: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const { pods } of states) {
    const pair = pairOf(pods, hash);
    if (!pair || (pair.newer === undefined) === (pair.older === undefined)) unavailable++;
    else if (pair.newer) unavailable += isAvailable(pair.newer, minReadySeconds, nowMs) ? 0 : 1;
    else if (pair.older && !isAvailable(pair.older, minReadySeconds, nowMs)) {
      // An old pod that is not available is replaced in any case, but leaves that much less room for others.
      free.push(pair.older);
      unavailable++;
    } else if (pair.older) candidates.push(pair.older);
  }
  return { create: [], remove: [...free, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] };
}

/** Creates new pods beside old ones on at most `maxSurge` nodes, and deletes an old one once its new one is available. */
function surge({ set, states, hash, nowMs }: RollingOptions, maxSurge: number): { create: string[]; remove: Pod[] } {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const free: string[] = [];
  const candidates: string[] = [];
  const remove: Pod[] = [];
  let surging = 0;
  for (const { node, pods, fit } of states) {
    const name = node.metadata.name ?? "";
    const pair = pairOf(pods, hash);
    if (!pair) surging++;
    else if (!pair.older) continue;
    else if (pair.newer) {
      if (isAvailable(pair.newer, minReadySeconds, nowMs)) remove.push(pair.older);
      else surging++;
    } else if (fit.shouldRun) {
      // Where the old pod does not serve, a new one is no surplus.
      (isAvailable(pair.older, minReadySeconds, nowMs) ? candidates : free).push(name);
    }
  }
  return { create: [...free, ...candidates.slice(0, Math.max(0, maxSurge - surging))], remove };
}
