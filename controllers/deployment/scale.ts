/** How many pods each ReplicaSet of a Deployment gets. All functions change the drafts' `replicas` and nothing else. */
import type { Deployment } from "../../kinds/apps/v1-types.ts";
import { countOf, DESIRED_REPLICAS, MAX_REPLICAS, sizeAnnotations } from "./annotations.ts";
import { availableOf, byCreation, bySizeNewer, bySizeOlder, type Draft, isActive, sum } from "./draft.ts";
import { isRollingUpdate, replicasOf, rollingLimits } from "./limits.ts";

const specOf = ({ replicas }: Draft): number => replicas;

/** Sets a size, with the annotations that remember what the Deployment's was then. */
export function resize(deployment: Deployment, draft: Draft, replicas: number): void {
  draft.replicas = replicas;
  Object.assign(draft.annotations, sizeAnnotations(replicasOf(deployment), rollingLimits(deployment).maxSurge));
}

/** Resizes if that changes the count. Whether it did. */
function resizeTo(deployment: Deployment, draft: Draft, replicas: number): boolean {
  if (draft.replicas === replicas) return false;
  resize(deployment, draft, replicas);
  return true;
}

/** The size a new ReplicaSet may have now: within maxSurge of all together when rolling. */
export function newReplicaCount(deployment: Deployment, all: readonly Draft[], newest: Draft): number {
  const wanted = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return wanted;
  // Stricter than upstream, which takes a pod for gone as soon as its ReplicaSet has been told to delete it.
  const there = (draft: Draft) => (draft === newest ? draft.replicas : Math.max(draft.replicas, draft.activePods));
  const room = wanted + rollingLimits(deployment).maxSurge - sum(all, there);
  if (room <= 0) return newest.replicas;
  return newest.replicas + Math.min(room, wanted - newest.replicas);
}

/** The Deployment's size has changed since its ReplicaSets were last sized. */
export const isScaling = (deployment: Deployment, all: readonly Draft[]): boolean =>
  all.filter(isActive).some(({ replicaSet }) => {
    const desired = countOf(replicaSet, DESIRED_REPLICAS);
    return desired !== undefined && desired !== replicasOf(deployment);
  });

/** Brings all to the Deployment's size without going on with a rollout: in proportion where several are active. */
export function scale(deployment: Deployment, newest: Draft | undefined, old: readonly Draft[]): void {
  const wanted = replicasOf(deployment);
  const all = newest ? [...old, newest] : [...old];
  const active = all.filter(isActive);
  if (active.length <= 1) {
    const only = active[0] ?? newest ?? [...old].sort(byCreation).at(-1);
    // Even one that has the size already: as long as its annotation tells another, this would pass for scaling.
    if (only) resize(deployment, only, wanted);
    return;
  }
  if (newest && isSaturated(deployment, newest)) {
    for (const draft of old.filter(isActive)) resizeTo(deployment, draft, 0);
    return;
  }
  if (isRollingUpdate(deployment)) scaleInProportion(deployment, active);
}

const isSaturated = (deployment: Deployment, newest: Draft): boolean =>
  newest.replicas === replicasOf(deployment) &&
  countOf(newest.replicaSet, DESIRED_REPLICAS) === replicasOf(deployment) &&
  availableOf(newest) === replicasOf(deployment);

function scaleInProportion(deployment: Deployment, active: Draft[]): void {
  const wanted = replicasOf(deployment);
  const allowed = wanted > 0 ? wanted + rollingLimits(deployment).maxSurge : 0;
  const toAdd = allowed - sum(active, specOf);
  active.sort(toAdd > 0 ? bySizeNewer : bySizeOlder);
  let added = 0;
  const sizes = active.map((draft) => {
    const share = toAdd === 0 ? 0 : shareOf(deployment, draft, toAdd, added);
    added += share;
    return draft.replicas + share;
  });
  // What rounding leaves over goes to the largest.
  if (sizes[0] !== undefined && toAdd !== 0) sizes[0] = Math.max(0, sizes[0] + toAdd - added);
  active.forEach((draft, i) => {
    resize(deployment, draft, sizes[i] ?? draft.replicas);
  });
}

function shareOf(deployment: Deployment, draft: Draft, toAdd: number, added: number): number {
  if (draft.replicas === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, draft);
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

/** How a ReplicaSet would grow or shrink if it kept its part of the whole. */
function fractionOf(deployment: Deployment, draft: Draft): number {
  const wanted = replicasOf(deployment);
  if (wanted === 0) return -draft.replicas;
  const before = countOf(draft.replicaSet, MAX_REPLICAS) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  const exact = (draft.replicas * (wanted + rollingLimits(deployment).maxSurge)) / before;
  return Math.round(exact) - draft.replicas;
}

/** Grows the newest within maxSurge, or cuts it to the wanted count. Whether anything changed. */
export function rollNewest(deployment: Deployment, all: readonly Draft[], newest: Draft): boolean {
  const wanted = replicasOf(deployment);
  if (newest.replicas === wanted) return false;
  const replicas = newest.replicas > wanted ? wanted : newReplicaCount(deployment, all, newest);
  return resizeTo(deployment, newest, replicas);
}

/** Shrinks old ones as far as maxUnavailable allows, pods that are not available first. Whether anything changed. */
export function rollOld(deployment: Deployment, all: readonly Draft[], old: readonly Draft[], newest: Draft): boolean {
  const minAvailable = replicasOf(deployment) - rollingLimits(deployment).maxUnavailable;
  // Pods of the newest that are not available yet may still fail: they do not make room.
  let room = sum(all, specOf) - minAvailable - (newest.replicas - availableOf(newest));
  if (sum(old, specOf) === 0 || room <= 0) return false;
  let changed = false;
  const available = new Map(old.map((draft) => [draft, Math.min(availableOf(draft), draft.replicas)]));
  const oldest = [...old].sort(byCreation);
  for (const draft of oldest) {
    const unhealthy = Math.min(room, draft.replicas - (available.get(draft) ?? 0));
    if (unhealthy <= 0) continue;
    room -= unhealthy;
    changed = resizeTo(deployment, draft, draft.replicas - unhealthy) || changed;
  }
  let spare = sum(all, availableOf) - minAvailable;
  for (const draft of oldest) {
    const count = Math.min(spare, draft.replicas);
    if (count <= 0) continue;
    spare -= count;
    changed = resizeTo(deployment, draft, draft.replicas - count) || changed;
  }
  return changed;
}
