import type { ControllerRevision, StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Action, EventDraft, Plan } from "../runner/controller.ts";
import { statusOp } from "../runner/ops.ts";
import { CONTROLLER_REVISIONS, PODS, STATEFUL_SETS } from "../view/resources.ts";
import { claim } from "../workload/claim.ts";
import { isFinished, nextAvailableMs } from "../workload/pods.ts";
import { byRevision, templateOf, truncateHistory, updateRevision } from "../workload/revisions.ts";
import { type ClaimNamed, conflicts, createClaims, goingClaim, hasStaleClaim, retainClaims } from "./claims.ts";
import {
  endOrdinal,
  isInRange,
  missingLabels,
  newPod,
  ordinalOf,
  podName,
  revisionOf,
  startOrdinal,
} from "./identity.ts";
import { createPod, deletePod, failed, relabelPod } from "./pod-actions.ts";
import { isRunningAndAvailable, isUnavailable, statusOf } from "./status.ts";
import { podsToUpdate } from "./update.ts";

export interface SeenStatefulSet {
  set: StatefulSet;
  controlled: readonly Pod[];
  orphans: Iterable<Pod>;
  revisions: readonly ControllerRevision[];
  orphanRevisions: Iterable<ControllerRevision>;
  revisionNamed(name: string): ControllerRevision | undefined;
  claimNamed: ClaimNamed;
  nowMs: number;
}

/** Pods that one plan creates or deletes under Parallel; OrderedReady does one at a time. */
const BURST = 500;

/** A place in the set: an ordinal, with the pod that has it, if there is one. */
interface Place {
  ordinal: number;
  pod: Pod | undefined;
}

/** What is decided so far. `stop`: nothing behind this may happen now. */
interface Step {
  actions: Action[];
  events?: EventDraft[];
  stop: boolean;
}

/** Decides what one StatefulSet needs now. Ordered sets go one pod at a time, in order of ordinals. */
export function planStatefulSet(seen: SeenStatefulSet): Plan {
  const { set, nowMs } = seen;
  const pods = claim({
    owner: set,
    selector: set.spec.selector,
    resource: PODS,
    controlled: seen.controlled,
    orphans: seen.orphans,
    mayAdopt: (pod) => ordinalOf(set, pod) !== undefined,
  });
  const revisions = claim({
    owner: set,
    selector: set.spec.selector,
    resource: CONTROLLER_REVISIONS,
    controlled: seen.revisions,
    orphans: seen.orphanRevisions,
  });
  const claims = [...pods.actions, ...revisions.actions];
  const history = [...revisions.owned].sort(byRevision);
  const isBeingDeleted = set.metadata.deletionTimestamp !== undefined;
  const update = updateRevision({
    owner: set,
    template: set.spec.template,
    history,
    collisionCount: set.status?.collisionCount ?? 0,
    hashLabel: "controller.kubernetes.io/hash",
    named: seen.revisionNamed,
  });
  const current = history.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update.revision;
  const names = { current: current.metadata.name ?? "", update: update.revision.metadata.name ?? "" };

  const work: Action[] = [];
  const events: EventDraft[] = [];
  if (!isBeingDeleted) {
    if (update.action) work.push(update.action);
    const moves = movePods(seen, pods.owned, { current, update: update.revision });
    events.push(...moves.events);
    for (const action of moves.actions) {
      const needs = action.needs;
      work.push(needs === undefined || !update.action ? action : { ...action, needs: needs + 1 });
    }
    const inUse = new Set([names.current, names.update, ...pods.owned.map(revisionOf)]);
    const isLive = ({ metadata }: ControllerRevision) => inUse.has(metadata.name ?? "");
    work.push(...truncateHistory({ history, isLive, keep: set.spec.revisionHistoryLimit ?? 10 }));
  }
  const members = pods.owned.filter((pod) => ordinalOf(set, pod) !== undefined);
  const { collisionCount } = update;
  const status = statusOf({
    set,
    pods: members,
    currentRevision: names.current,
    updateRevision: names.update,
    collisionCount,
    nowMs,
  });
  const write = statusOp(STATEFUL_SETS, set, status);
  const againAtMs = nextAvailableMs(pods.owned, set.spec.minReadySeconds ?? 0, nowMs);
  return {
    actions: offset(claims.length, work, claims, write),
    ...(events.length > 0 && { events }),
    ...(againAtMs !== undefined && { againAtMs }),
  };
}

/** Puts claims in front and the status behind; `needs` of the work move with it. */
function offset(
  by: number,
  work: readonly Action[],
  claims: readonly Action[],
  status: Action["op"] | undefined,
): Action[] {
  const moved = work.map((action) => (action.needs === undefined ? action : { ...action, needs: action.needs + by }));
  return [...claims, ...moved, ...(status ? [{ op: status }] : [])];
}

/** Everything that happens to pods and their claims. */
function movePods(
  seen: SeenStatefulSet,
  owned: readonly Pod[],
  revisions: { current: ControllerRevision; update: ControllerRevision },
): { actions: Action[]; events: EventDraft[] } {
  const { set, nowMs } = seen;
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const isOrdered = (set.spec.podManagementPolicy ?? "OrderedReady") === "OrderedReady";
  const places = placesOf(set, owned);
  const condemned = condemnedOf(set, owned);

  const actions: Action[] = [];
  const events: EventDraft[] = [];
  const moves = { actions, events };
  /** Where pods are made. */
  const made: number[] = [];
  const add = (more: readonly Action[]): void => {
    const base = actions.length;
    for (const action of more)
      actions.push(action.needs === undefined ? action : { ...action, needs: action.needs + base });
  };
  for (const place of places) {
    if (actions.length >= BURST) return moves;
    const step = settlePlace(seen, place, revisions, isOrdered);
    const first = actions.length;
    add(step.actions);
    events.push(...(step.events ?? []));
    if (!place.pod && step.actions.length > 0) {
      // In batches of 1, 2, 4 and so on, as other pods are made (`slowStart`): what is refused is not tried hundreds of times.
      const before = made[(made.length - 1) >> 1];
      if (before !== undefined) actions[first] = { ...actions[first]!, needs: before };
      made.push(actions.length - 1);
    }
    if (step.stop && isOrdered) return moves;
  }
  for (const { ordinal, pod } of condemned) if (pod) add(retainClaims(set, ordinal, pod, seen.claimNamed));
  const unavailable = ({ pod }: Place) => !pod || isUnavailable(pod, minReadySeconds, nowMs);
  const firstUnavailable = places.find(unavailable) ?? [...condemned].reverse().find(unavailable);
  for (const place of condemned) {
    if (!place.pod || actions.length >= BURST) return moves;
    if (place.pod.metadata.deletionTimestamp) {
      if (isOrdered) return moves;
      continue;
    }
    const isFine = isRunningAndAvailable(place.pod, minReadySeconds, nowMs);
    // In order, one that is not well waits for better ones before it, unless it is the first that is not.
    if (isOrdered && !isFine && place !== firstUnavailable) return moves;
    add([deletePod(set, place.pod)]);
    if (isOrdered) return moves;
  }
  const outdated = podsToUpdate({
    set,
    // What has just been decided about a finished pod need not be decided twice.
    places: places.map(({ pod }) => (pod && isFinished(pod) ? undefined : pod)),
    updateRevision: revisions.update.metadata.name ?? "",
    nowMs,
  });
  add(outdated.map((pod) => deletePod(set, pod)));
  return moves;
}

function placesOf(set: StatefulSet, owned: readonly Pod[]): Place[] {
  const byOrdinal = new Map(owned.map((pod) => [ordinalOf(set, pod), pod]));
  const places: Place[] = [];
  for (let ordinal = startOrdinal(set); ordinal <= endOrdinal(set); ordinal++) {
    places.push({ ordinal, pod: byOrdinal.get(ordinal) });
  }
  return places;
}

/** Pods outside the range, the highest ordinal first. */
function condemnedOf(set: StatefulSet, owned: readonly Pod[]): Place[] {
  const condemned: { ordinal: number; pod: Pod }[] = [];
  for (const pod of owned) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal !== undefined && !isInRange(set, ordinal)) condemned.push({ ordinal, pod });
  }
  return condemned.sort((a, b) => b.ordinal - a.ordinal);
}

/** What one place needs: a pod, another pod, claims, or that its pod gets well before anything else happens. */
function settlePlace(
  { set, claimNamed, nowMs }: SeenStatefulSet,
  { ordinal, pod }: Place,
  revisions: { current: ControllerRevision; update: ControllerRevision },
  isOrdered: boolean,
): Step {
  if (!pod) {
    if (hasStaleClaim(set, ordinal, undefined, claimNamed)) return { actions: [], stop: true };
    const going = goingClaim(set, ordinal, claimNamed);
    if (going !== undefined) {
      const event = failed(set, "create", podName(set, ordinal), `pvc ${going} is being deleted`);
      return { actions: [], events: [event], stop: true };
    }
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const isRolling = (set.spec.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
    const isKept = isRolling && ordinal < startOrdinal(set) + partition;
    const revision = isKept ? revisions.current : revisions.update;
    const made = newPod(set, templateOf(revision), revision.metadata.name ?? "", ordinal);
    const claims = createClaims(set, ordinal, claimNamed);
    const chained = claims.map((action, i) => (i > 0 ? { ...action, needs: i - 1 } : action));
    return { actions: [...chained, createPod(set, made, claims.length)], stop: true };
  }
  if (isFinished(pod)) {
    return { actions: pod.metadata.deletionTimestamp ? [] : [deletePod(set, pod)], stop: true };
  }
  const claims = pod.status?.phase === "Pending" ? createClaims(set, ordinal, claimNamed) : [];
  const isWell = !pod.metadata.deletionTimestamp && isRunningAndAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);
  if (isOrdered && !isWell) return { actions: claims, stop: true };
  const labels = missingLabels(set, pod, ordinal);
  const identity = labels ? [relabelPod(set, pod, labels)] : [];
  return {
    actions: [...claims, ...identity, ...retainClaims(set, ordinal, pod, claimNamed)],
    events: conflicts(set, ordinal, pod, claimNamed),
    stop: false,
  };
}
