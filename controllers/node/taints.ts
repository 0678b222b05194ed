import type { Node, Taint, Toleration } from "../../kinds/core/v1-types.ts";
import { type Eviction, isReady } from "./eviction-rate.ts";

export const NOT_READY = "node.kubernetes.io/not-ready";
export const UNREACHABLE = "node.kubernetes.io/unreachable";

/** The taint that a node condition with this status brings, by condition type. */
const BY_CONDITION: { readonly [type: string]: { readonly [status: string]: string } } = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: "node.kubernetes.io/memory-pressure" },
  DiskPressure: { True: "node.kubernetes.io/disk-pressure" },
  NetworkUnavailable: { True: "node.kubernetes.io/network-unavailable" },
  PIDPressure: { True: "node.kubernetes.io/pid-pressure" },
};
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

const KEPT_NO_SCHEDULE = new Set([UNSCHEDULABLE, ...Object.values(BY_CONDITION).flatMap((map) => Object.values(map))]);
const KEPT_NO_EXECUTE = new Set([NOT_READY, UNREACHABLE]);

/** Whether the node lifecycle controller keeps this taint; all others are somebody else's. */
const isKept = ({ key, effect }: Taint): boolean =>
  (effect === "NoSchedule" && KEPT_NO_SCHEDULE.has(key)) || (effect === "NoExecute" && KEPT_NO_EXECUTE.has(key));

const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

/** Does not answer, and an administrator has said that it runs nothing any more. */
export const isOutOfService = (node: Node): boolean =>
  !isReady(node) && (node.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false);

/** Whether the node is to lose its pods, because it is not ready. */
export const isEvicting = ({ key, effect }: Taint): boolean => effect === "NoExecute" && KEPT_NO_EXECUTE.has(key);

/** The taints a node's conditions call for. */
function wantedTaints({ spec, status }: Node, eviction: Eviction["do"]): Taint[] {
  const taints: Taint[] = [];
  // One that waits for its turn does not go back when it turns from not ready to unreachable.
  const mayEvict = eviction === "allow" || (eviction === "hold" && spec?.taints?.some(isEvicting));
  for (const { type, status: value } of status?.conditions ?? []) {
    const key = BY_CONDITION[type]?.[value];
    if (key === undefined) continue;
    taints.push({ key, effect: "NoSchedule" });
    if (type === "Ready" && mayEvict) taints.push({ key, effect: "NoExecute" });
  }
  if (spec?.unschedulable) taints.push({ key: UNSCHEDULABLE, effect: "NoSchedule" });
  return taints;
}

const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;

/**
 * All taints the node should have; undefined when it has them. NoExecute taints without a time get one: evictions
 * count from it, and it must survive whoever counts.
 *
 * @param now metav1.Time
 * @param eviction whether pods may leave now if the node is not ready
 */
export function nextTaints(node: Node, now: string, eviction: Eviction["do"] = "allow"): Taint[] | undefined {
  const current = node.spec?.taints ?? [];
  const wanted = wantedTaints(node, eviction);
  let changed = false;
  const next: Taint[] = [];
  for (const taint of current) {
    if (isKept(taint) && !wanted.some((other) => isSame(other, taint))) changed = true;
    else if (taint.effect === "NoExecute" && !taint.timeAdded) {
      changed = true;
      next.push({ ...taint, timeAdded: now });
    } else next.push(taint);
  }
  for (const taint of wanted) {
    if (next.some((other) => isSame(other, taint))) continue;
    changed = true;
    next.push({ ...taint, timeAdded: now });
  }
  return changed ? next : undefined;
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  const [wanted = "", has = ""] = [toleration.value, taint.value];
  switch (toleration.operator) {
    case "Exists":
      return true;
    case "Lt":
      return isInteger(wanted) && isInteger(has) && BigInt(has) < BigInt(wanted);
    case "Gt":
      return isInteger(wanted) && isInteger(has) && BigInt(has) > BigInt(wanted);
    default:
      return wanted === has;
  }
}

const isInteger = (text: string): boolean => /^(0|-?[1-9][0-9]{0,18})$/.test(text);
