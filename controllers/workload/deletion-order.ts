import type { Pod } from "../../kinds/core/v1-types.ts";
import { createdMs, isActive, isReady, maxRestarts, readySinceMs } from "./pods.ts";

const PHASE_ORDER: { [phase: string]: number } = { Pending: 0, Unknown: 1, Running: 2 };
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

/** What is compared of a pod, first difference decides; the smaller goes first. */
interface Rank {
  pod: Pod;
  steps: readonly Step[];
}

interface Step {
  value: number;
  /** Of an age, the moment itself: two that differ only in it are not compared any further. */
  moment?: number;
}

/**
 * Which `count` of `pods` a scale-down takes, as upstream chooses: unassigned before assigned, pending before unknown
 * before running, not ready before ready, lower deletion cost, more related pods on the same node, ready for a shorter
 * time, more restarts of containers, of sidecars, younger. Times count in powers of two, so that scaling down does not
 * always hit the youngest; between equals, and between ages of the same power, the uid decides.
 *
 * @param related pods of the same application, for the count of active ones on each node; includes `pods`
 */
export function podsToDelete(options: {
  pods: readonly Pod[];
  count: number;
  related: Iterable<Pod>;
  nowMs: number;
}): Pod[] {
  const { pods, count, related, nowMs } = options;
  if (count >= pods.length) return [...pods];
  const onNode = new Map<string, number>();
  for (const pod of related) {
    const { nodeName } = pod.spec;
    if (nodeName && isActive(pod)) onNode.set(nodeName, (onNode.get(nodeName) ?? 0) + 1);
  }
  const ranks = pods.map(
    (pod): Rank => ({ pod, steps: stepsOf(pod, onNode.get(pod.spec.nodeName ?? "") ?? 0, nowMs) }),
  );
  ranks.sort(compare);
  return ranks.slice(0, count).map(({ pod }) => pod);
}

function stepsOf(pod: Pod, related: number, nowMs: number): Step[] {
  const ready = isReady(pod);
  const restarts = maxRestarts(pod);
  return [
    { value: pod.spec.nodeName ? 1 : 0 },
    { value: PHASE_ORDER[pod.status?.phase ?? "Pending"] ?? 0 },
    { value: ready ? 1 : 0 },
    { value: deletionCost(pod) },
    { value: -related },
    ready ? logarithmicAge(readySinceMs(pod), nowMs) : { value: 0 },
    { value: -restarts.containers },
    { value: -restarts.sidecars },
    logarithmicAge(createdMs(pod) || undefined, nowMs),
  ];
}

function compare(a: Rank, b: Rank): number {
  for (const [i, { value, moment }] of a.steps.entries()) {
    const other = b.steps[i]!;
    if (value !== other.value) return value < other.value ? -1 : 1;
    if (moment !== other.moment) break;
  }
  return (a.pod.metadata.uid ?? "") < (b.pod.metadata.uid ?? "") ? -1 : 1;
}

/** Whole powers of two of the age in nanoseconds; a moment that is not known counts as the youngest. */
function logarithmicAge(sinceMs: number | undefined, nowMs: number): Step {
  if (sinceMs === undefined) return { value: Number.NEGATIVE_INFINITY };
  const ageMs = nowMs - sinceMs;
  return { value: ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1, moment: sinceMs };
}

/** An int32 without leading zeros or plus sign; anything else counts as 0, as upstream. */
function deletionCost({ metadata }: Pod): number {
  const text = metadata.annotations?.[DELETION_COST] ?? "0";
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return 0;
  const cost = Number(text);
  return Math.abs(cost) <= 2_147_483_647 ? cost : 0;
}
