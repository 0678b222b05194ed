/** One daemon pod on each node it belongs on, and none elsewhere. */
import type { DaemonSet } from "../../kinds/apps/v1-types.ts";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { EventDraft } from "../runner/controller.ts";
import { createdMs, isAvailable, isReady } from "../workload/pods.ts";
import { isOfRevision } from "./daemon-pod.ts";
import type { NodeFit } from "./node-fit.ts";

export interface NodeState {
  node: Node;
  fit: NodeFit;
  /** Daemon pods on it or pinned to it, but not those that ended and are being deleted. */
  pods: readonly Pod[];
}

export interface Moves {
  /** Names of nodes that get a pod. */
  create: string[];
  remove: Pod[];
  events: EventDraft[];
  /** Nodes whose failed pod is removed: the next failure there waits longer. */
  failed: string[];
  againAtMs?: number;
}

export interface ManageOptions {
  set: DaemonSet;
  states: readonly NodeState[];
  hash: string;
  allowsSurge: boolean;
  /** Until when a failed pod on the node is left where it is; 0: not at all. */
  backoffUntilMs(node: string): number;
  nowMs: number;
}

/** Those on a node before those that are only pinned to it, oldest first. */
export const byAge = (a: Pod, b: Pod): number =>
  (a.spec.nodeName ? 0 : 1) - (b.spec.nodeName ? 0 : 1) ||
  createdMs(a) - createdMs(b) ||
  ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);

export function manage(options: ManageOptions): Moves {
  const moves: Moves = { create: [], remove: [], events: [], failed: [] };
  for (const state of options.states) {
    const { fit, pods, node } = state;
    if (fit.shouldRun && pods.length === 0) moves.create.push(node.metadata.name ?? "");
    else if (fit.shouldContinue) keepOne(options, state, moves);
    else moves.remove.push(...pods.filter((pod) => !pod.metadata.deletionTimestamp));
  }
  return moves;
}

function keepOne(options: ManageOptions, { node, pods }: NodeState, moves: Moves): void {
  const { set, hash, allowsSurge, backoffUntilMs, nowMs } = options;
  const name = node.metadata.name ?? "";
  const running: Pod[] = [];
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp) continue;
    const at = `${pod.metadata.namespace}/${pod.metadata.name} on node ${name}`;
    if (pod.status?.phase === "Failed") {
      const untilMs = backoffUntilMs(name);
      if (untilMs > nowMs) {
        moves.againAtMs = Math.min(untilMs, moves.againAtMs ?? untilMs);
        continue;
      }
      moves.failed.push(name);
      moves.remove.push(pod);
      const message = `Found failed daemon pod ${at}, will try to kill it`;
      moves.events.push({ about: set, type: "Warning", reason: "FailedDaemonPod", message });
    } else if (pod.status?.phase === "Succeeded") {
      moves.remove.push(pod);
      const message = `Found succeeded daemon pod ${at}, will try to delete it`;
      moves.events.push({ about: set, type: "Normal", reason: "SucceededDaemonPod", message });
    } else running.push(pod);
  }
  if (running.length <= 1) return;
  running.sort(byAge);
  if (!allowsSurge) {
    moves.remove.push(...running.slice(1));
    return;
  }
  // While surging there may be two: a new one that is not available yet beside an old one that is still ready.
  const newer = running.find((pod) => isOfRevision(pod, hash));
  const older = running.find((pod) => !isOfRevision(pod, hash));
  moves.remove.push(...running.filter((pod) => pod !== newer && pod !== older));
  if (!newer || !older) return;
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  if (!isReady(older) || isAvailable(newer, minReadySeconds, nowMs)) moves.remove.push(older);
}
