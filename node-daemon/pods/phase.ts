/** The pod's phase from its containers' statuses. Rules: kubelet's getPhase. Pure. */
import type { ContainerStatus } from "../../kinds/core/v1-types.ts";
import { isSidecar, type NodePod } from "./pod.ts";
import { restartsAfter } from "./restart-policy.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

const byName = (statuses: readonly ContainerStatus[]): Map<string, ContainerStatus> =>
  new Map(statuses.map((status) => [status.name, status]));

/**
 * @param terminal the pod will not be kept running: ended containers decide the phase, whatever its restartPolicy
 * @param initialized a regular container has run
 */
export function podPhase(
  pod: NodePod,
  statuses: readonly ContainerStatus[],
  { terminal, initialized }: { terminal: boolean; initialized: boolean },
): Phase {
  const found = byName(statuses);
  const init = initCounts(pod, found);
  let { running, waiting, unknown } = init;
  let stopped = 0;
  let succeeded = 0;
  let willRestart = false;
  for (const container of pod.spec.containers) {
    const status = found.get(container.name);
    if (status?.state?.running) running++;
    else if (status?.state?.terminated) {
      stopped++;
      if (status.state.terminated.exitCode === 0) succeeded++;
      if (restartsAfter(pod, container, status.state.terminated.exitCode)) willRestart = true;
    } else if (status?.state?.waiting) {
      if (status.lastState?.terminated) {
        stopped++;
        if (restartsAfter(pod, container, status.lastState.terminated.exitCode)) willRestart = true;
      } else waiting++;
    } else unknown++;
  }

  if (init.failed > 0) return "Failed";
  if (init.pending > 0 || (init.pendingSidecars > 0 && !initialized) || waiting > 0) return "Pending";
  if (unknown > 0) return "Pending";
  if (running > 0) return "Running";
  if (stopped === 0) return "Pending";
  const ended: Phase = stopped === succeeded ? "Succeeded" : "Failed";
  return terminal || !willRestart ? ended : "Running";
}

interface InitCounts {
  pending: number;
  /** For good. */
  failed: number;
  pendingSidecars: number;
  running: number;
  waiting: number;
  unknown: number;
}

function initCounts(pod: NodePod, found: Map<string, ContainerStatus>): InitCounts {
  const counts: InitCounts = { pending: 0, failed: 0, pendingSidecars: 0, running: 0, waiting: 0, unknown: 0 };
  for (const container of pod.spec.initContainers ?? []) {
    const status = found.get(container.name);
    const { running, terminated, waiting } = status?.state ?? {};
    const lastEnd = status?.lastState?.terminated;
    if (isSidecar(container)) {
      if (running) {
        counts.running++;
        if (!status?.started) counts.pendingSidecars++;
      } else if (terminated || (waiting && lastEnd)) {
        // An ended sidecar says nothing of the pod's phase.
      } else {
        counts.pendingSidecars++;
        if (waiting) counts.waiting++;
        else counts.unknown++;
      }
    } else if (terminated) {
      if (terminated.exitCode !== 0 && !restartsAfter(pod, container, terminated.exitCode)) counts.failed++;
    } else if (waiting && lastEnd) {
      if (lastEnd.exitCode !== 0 && !restartsAfter(pod, container, lastEnd.exitCode)) counts.failed++;
    } else counts.pending++;
  }
  return counts;
}
