import type { ControllerRevision, DaemonSet, DaemonSetStatus } from "../../kinds/apps/v1-types.ts";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { Action, Plan } from "../runner/controller.ts";
import { statusOp } from "../runner/ops.ts";
import { CONTROLLER_REVISIONS, DAEMON_SETS, PODS } from "../view/resources.ts";
import { claim } from "../workload/claim.ts";
import { burstOf, createPod, deletePod, slowStart } from "../workload/create-pod.ts";
import { isAvailable, isFinished, isReady, nextAvailableMs } from "../workload/pods.ts";
import { byRevision, truncateHistory, updateRevision } from "../workload/revisions.ts";
import { daemonPod, HASH_LABEL, isOfRevision, targetNode } from "./daemon-pod.ts";
import { byAge, type Moves, manage, type NodeState } from "./manage.ts";
import { nodeFit } from "./node-fit.ts";
import { rollingLimits, rollingUpdate } from "./rolling.ts";

export interface SeenDaemonSet {
  set: DaemonSet;
  controlled: readonly Pod[];
  orphans: Iterable<Pod>;
  revisions: readonly ControllerRevision[];
  orphanRevisions: Iterable<ControllerRevision>;
  revisionNamed(name: string): ControllerRevision | undefined;
  nodes: Iterable<Node>;
  backoffUntilMs(node: string): number;
  nowMs: number;
  random: () => number;
}

/** Pods that one plan creates, and that it deletes: upstream's burst. */
const BURST = 250;

/** Decides what one DaemonSet needs now. `failed`: nodes whose failed pod goes, for the back-off. */
export function planDaemonSet(seen: SeenDaemonSet): Plan & { failed: readonly string[] } {
  const { set, nowMs } = seen;
  if (selectsAll(set)) return selectingAll(set);
  if (set.metadata.deletionTimestamp) return { actions: [], failed: [] };
  const pods = claim({
    owner: set,
    selector: set.spec.selector,
    resource: PODS,
    controlled: seen.controlled,
    orphans: seen.orphans,
  });
  const revisions = claim({
    owner: set,
    selector: set.spec.selector,
    resource: CONTROLLER_REVISIONS,
    controlled: seen.revisions,
    orphans: seen.orphanRevisions,
  });
  const history = [...revisions.owned].sort(byRevision);
  const update = updateRevision({
    owner: set,
    template: set.spec.template,
    history,
    collisionCount: set.status?.collisionCount ?? 0,
    hashLabel: HASH_LABEL,
    named: seen.revisionNamed,
  });
  const hash = update.revision.metadata.labels?.[HASH_LABEL] ?? "";
  const states = statesOf(seen, pods.owned);
  const moves = movesOf(seen, states, pods.owned, hash);
  const actions: Action[] = [...pods.actions, ...revisions.actions, ...(update.action ? [update.action] : [])];
  const creates = moves.create
    .slice(0, Math.min(BURST, burstOf(set.spec.template)))
    .map((node) => createPod(set, daemonPod({ set, node, hash, random: seen.random })));
  actions.push(...slowStart(creates, actions.length));
  for (const pod of moves.remove.slice(0, BURST)) actions.push(deletePod(set, pod));
  const inUse = new Set([hash, ...pods.owned.map(({ metadata }) => metadata.labels?.[HASH_LABEL])]);
  const isLive = ({ metadata }: ControllerRevision) => inUse.has(metadata.labels?.[HASH_LABEL]);
  // Unlike a StatefulSet's, old revisions that pods still have count too.
  const stillUsed = history.filter((revision) => isLive(revision) && revision.metadata.labels?.[HASH_LABEL] !== hash);
  const keep = (set.spec.revisionHistoryLimit ?? 10) - stillUsed.length;
  actions.push(...truncateHistory({ history, isLive, keep }));
  const status = statusOp(
    DAEMON_SETS,
    set,
    statusOf(set, states, { hash, collisionCount: update.collisionCount, nowMs }),
  );
  if (status) actions.push({ op: status });
  const waits = [moves.againAtMs, nextAvailableMs(pods.owned, set.spec.minReadySeconds ?? 0, nowMs)];
  const againAtMs = Math.min(...waits.filter((ms) => ms !== undefined));
  return {
    actions,
    events: moves.events,
    failed: moves.failed,
    ...(Number.isFinite(againAtMs) && { againAtMs }),
  };
}

function statesOf({ set, nodes }: SeenDaemonSet, owned: readonly Pod[]): NodeState[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of owned) {
    const node = targetNode(pod);
    // What has ended and is being deleted makes room at once.
    if (node === undefined || (isFinished(pod) && pod.metadata.deletionTimestamp)) continue;
    const there = byNode.get(node);
    if (there) there.push(pod);
    else byNode.set(node, [pod]);
  }
  return [...nodes].map((node) => ({
    node,
    fit: nodeFit(set.spec.template, node),
    pods: byNode.get(node.metadata.name ?? "") ?? [],
  }));
}

function movesOf(seen: SeenDaemonSet, states: readonly NodeState[], owned: readonly Pod[], hash: string): Moves {
  const { set, nowMs, backoffUntilMs } = seen;
  const wanted = states.filter(({ fit }) => fit.shouldRun).length;
  const allowsSurge = rollingLimits(set, wanted).maxSurge > 0;
  const moves = manage({ set, states, hash, allowsSurge, backoffUntilMs, nowMs });
  const names = new Set(states.map(({ node }) => node.metadata.name));
  // Pinned to a node that is gone: it would stay pending for ever.
  moves.remove.push(
    ...owned.filter((pod) => !pod.spec.nodeName && !names.has(targetNode(pod)) && !pod.metadata.deletionTimestamp),
  );
  const isRolling = (set.spec.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
  // First every node gets what it should have; an update goes on when that shows.
  if (!isRolling || moves.create.length > 0 || moves.remove.length > 0) return moves;
  const concerned = states.filter(({ fit, pods }) => fit.shouldRun || pods.length > 0);
  return { ...moves, ...rollingUpdate({ set, states: concerned, hash, nowMs }) };
}

function statusOf(
  set: DaemonSet,
  states: readonly NodeState[],
  { hash, collisionCount, nowMs }: { hash: string; collisionCount: number; nowMs: number },
): DaemonSetStatus {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const count = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  for (const { fit, pods } of states) {
    if (!fit.shouldRun) {
      if (pods.length > 0) count.misscheduled++;
      continue;
    }
    count.desired++;
    const [oldest] = [...pods].sort(byAge);
    if (!oldest) continue;
    count.current++;
    if (isReady(oldest)) {
      count.ready++;
      if (isAvailable(oldest, minReadySeconds, nowMs)) count.available++;
    }
    if (isOfRevision(oldest, hash)) count.updated++;
  }
  const optional = {
    observedGeneration: set.metadata.generation ?? 0,
    updatedNumberScheduled: count.updated,
    numberAvailable: count.available,
    numberUnavailable: count.desired - count.available,
    collisionCount,
  };
  return {
    currentNumberScheduled: count.current,
    numberMisscheduled: count.misscheduled,
    desiredNumberScheduled: count.desired,
    numberReady: count.ready,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== 0)),
    ...(set.status?.conditions && { conditions: set.status.conditions }),
  };
}

const selectsAll = ({ spec: { selector } }: DaemonSet): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

const selectingAll = (set: DaemonSet): Plan & { failed: readonly string[] } => ({
  actions: [],
  failed: [],
  events: [
    {
      about: set,
      type: "Warning",
      reason: "SelectingAll",
      message: "This daemon set is selecting all pods. A non-empty selector is required.",
    },
  ],
});
