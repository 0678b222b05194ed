import type { Node, NodeCondition, Pod } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { Fields } from "../../machinery/meta/object.ts";
import type { Action, EventDraft, Plan } from "../runner/controller.ts";
import { patchOp, statusOp } from "../runner/ops.ts";
import { NODES, PODS } from "../view/resources.ts";
import { createdMs, isReady, podCondition } from "../workload/pods.ts";
import type { Eviction } from "./eviction-rate.ts";
import { NOT_READY, nextTaints, UNREACHABLE } from "./taints.ts";

/** A node that has never said how it is counts as lost after this time: upstream's node monitor grace period. */
export const GRACE_PERIOD_MS = 50_000;
/** Pods marked as not ready by one plan. */
const MAX_PODS = 500;

const readyCondition = ({ status }: Node): NodeCondition | undefined =>
  status?.conditions?.find(({ type }) => type === "Ready");

/** A node whose pods cannot be trusted to be ready. */
export const isNotReady = (node: Node): boolean => {
  const ready = readyCondition(node);
  return ready !== undefined && ready.status !== "True";
};

/** Decides what one node's conditions mean: its taints, its old labels, and that its pods are not ready. */
export function planNode(node: Node, pods: Iterable<Pod>, nowMs: number, eviction: Eviction = { do: "allow" }): Plan {
  const actions: Action[] = [];
  const events: EventDraft[] = [];
  const taints = nextTaints(node, formatTime(nowMs), eviction.do);
  const labels = oldLabels(node);
  if (taints || labels) {
    const patch: Fields = {
      ...(labels && { metadata: { labels } }),
      ...(taints && { spec: { taints: taints.length > 0 ? taints : null } }),
    };
    const isLost = taints?.some(isLifecycleTaint) && !node.spec?.taints?.some(isLifecycleTaint);
    const event: EventDraft = {
      about: node,
      type: "Normal",
      reason: "NodeNotReady",
      message: `Node ${node.metadata.name} status is now: NodeNotReady`,
    };
    actions.push({ op: patchOp(NODES, node, patch), ...(isLost && { event }) });
  }
  if (!readyCondition(node)) {
    const lostAtMs = createdMs(node) + GRACE_PERIOD_MS;
    if (nowMs < lostAtMs) return { actions, events, againAtMs: lostAtMs };
    const status = statusOp(
      NODES,
      node,
      { ...node.status, conditions: neverPosted(node, formatTime(nowMs)) },
      { version: "seen" },
    );
    if (status) actions.push({ op: status });
  }
  if (isNotReady(node)) actions.push(...markNotReady(node, pods, nowMs));
  const againAtMs = eviction.do === "hold" ? eviction.againAtMs : undefined;
  return { actions, events, ...(againAtMs !== undefined && { againAtMs }) };
}

const isLifecycleTaint = ({ key, effect }: { key: string; effect: string }): boolean =>
  effect === "NoSchedule" && (key === NOT_READY || key === UNREACHABLE);

/** Deprecated labels that follow the ones that replaced them. */
function oldLabels({ metadata: { labels = {} } }: Node): { [key: string]: string } | undefined {
  const changes: { [key: string]: string } = {};
  for (const name of ["os", "arch"]) {
    const value = labels[`kubernetes.io/${name}`];
    if (value !== undefined && labels[`beta.kubernetes.io/${name}`] !== value)
      changes[`beta.kubernetes.io/${name}`] = value;
  }
  return Object.keys(changes).length > 0 ? changes : undefined;
}

function neverPosted(node: Node, now: string): NodeCondition[] {
  const conditions = node.status?.conditions ?? [];
  const missing = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"].filter(
    (type) => !conditions.some((condition) => condition.type === type),
  );
  return [
    ...conditions,
    ...missing.map((type) => ({
      type,
      status: "Unknown",
      reason: "NodeStatusNeverUpdated",
      message: "Kubelet never posted node status.",
      lastHeartbeatTime: node.metadata.creationTimestamp ?? now,
      lastTransitionTime: now,
    })),
  ];
}

/**
 * Pods that were ready when their node was lost get Ready=False, so that services stop sending to them. One that became
 * ready after that has said so through a node that lives: it is left alone.
 */
function markNotReady(node: Node, pods: Iterable<Pod>, nowMs: number): Action[] {
  const lostAt = readyCondition(node)?.lastTransitionTime ?? "";
  const actions: Action[] = [];
  for (const pod of pods) {
    if (!isReady(pod) || (podCondition(pod, "Ready")?.lastTransitionTime ?? "") > lostAt) continue;
    const conditions = pod.status?.conditions?.map((condition) =>
      condition.type === "Ready" ? { ...condition, status: "False", lastTransitionTime: formatTime(nowMs) } : condition,
    );
    actions.push({
      op: patchOp(PODS, pod, { status: { conditions } }, { subresource: "status" }),
      event: { about: pod, type: "Warning", reason: "NodeNotReady", message: "Node is not ready" },
    });
    if (actions.length === MAX_PODS) break;
  }
  return actions;
}
