/** What a DeviceTaintRule's status says of the pods that it drives away. Pure. */
import type { Condition } from "../../kinds/generated/api/meta-v1.ts";
import type { DeviceTaintRule } from "../../kinds/generated/api/resource-v1beta2.ts";
import type { ResourceClaim, ResourceSlice } from "../../kinds/resource/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { NOTHING, type Plan } from "../runner/controller.ts";
import { statusOp } from "../runner/ops.ts";
import { DEVICE_TAINT_RULES } from "../view/resources.ts";
import { claimEvictionMs, poolKey, selects, type Tainted } from "./taints.ts";

/** A condition is not written anew more often than this. */
export const RULE_STATUS_MS = 10_000;
const TYPE = "EvictionInProgress";

export interface SeenRule {
  rule: DeviceTaintRule;
  claims: readonly ResourceClaim[];
  slices: readonly ResourceSlice[];
  /** Whether a pod is still there, and nobody has deleted it. */
  isThere(pod: { namespace: string; name: string; uid: string }): boolean;
  /** Pods that have left because of the rule since this program was started. */
  evicted: number;
  nowMs: number;
}

export function planRuleStatus(seen: SeenRule): Plan {
  const { rule, evicted, nowMs } = seen;
  if (rule.metadata.deletionTimestamp) return NOTHING;
  const conditions = rule.status?.conditions ?? [];
  const old = conditions.find(({ type }) => type === TYPE);
  const isSeen = old?.observedGeneration === rule.metadata.generation;
  if (isSeen && old) {
    const againAtMs = Date.parse(old.lastTransitionTime) + RULE_STATUS_MS;
    if (againAtMs > nowMs) return { actions: [], againAtMs };
    // What it would do is told once.
    if (rule.spec.taint.effect === "None") return NOTHING;
  }
  const next = conditionOf(seen);
  // After a restart nobody knows how many there were: what has been said of them stays.
  const isForgotten = isSeen && evicted === 0 && next.status === "False" && old?.status === "False";
  if (isForgotten || (old && isSame(old, next))) return NOTHING;
  const condition: Condition = { ...next, lastTransitionTime: formatTime(nowMs) };
  const op = statusOp(DEVICE_TAINT_RULES, rule, {
    ...rule.status,
    conditions: old ? conditions.map((one) => (one === old ? condition : one)) : [...conditions, condition],
  });
  return op ? { actions: [{ op }] } : NOTHING;
}

type New = Omit<Condition, "lastTransitionTime">;

const isSame = (a: New, b: New): boolean =>
  a.status === b.status &&
  a.reason === b.reason &&
  a.message === b.message &&
  a.observedGeneration === b.observedGeneration;

function conditionOf(seen: SeenRule): New {
  const { rule, evicted } = seen;
  const { effect } = rule.spec.taint;
  const told = effect === "NoExecute" ? evicting(seen) : effect === "None" ? wouldEvict(seen) : OTHER;
  const count = evicted > 0 ? `${pods(evicted)} evicted since starting the controller.` : "";
  return {
    type: TYPE,
    status: told.reason === PENDING ? "True" : "False",
    ...(rule.metadata.generation !== undefined && { observedGeneration: rule.metadata.generation }),
    reason: told.reason,
    message: [told.message, count].filter((part) => part !== "").join(" "),
  };
}

interface Told {
  reason: string;
  message: string;
}

const PENDING = "PodsPendingEviction";
const OTHER: Told = { reason: "OtherEffect", message: "Eviction only happens for the NoExecute effect." };

const pods = (count: number): string => (count === 1 ? "1 pod" : `${count} pods`);
const namespaces = (count: number): string => (count === 1 ? "1 namespace" : `${count} different namespaces`);

function evicting(seen: SeenRule): Told {
  const { pending, places } = pendingOf(seen);
  if (pending > 0) {
    const need = pending === 1 ? "needs" : "need";
    return { reason: PENDING, message: `${pods(pending)} ${need} to be evicted in ${namespaces(places)}.` };
  }
  return { reason: seen.evicted > 0 ? "Completed" : "NotStarted", message: "" };
}

/** With the effect None nobody leaves: it says who would. */
function wouldEvict(seen: SeenRule): Told {
  const { pending, places } = pendingOf(seen);
  const selected = (count: number, what: string): string =>
    `${count} ${what} device${count === 1 ? "" : "s"} selected.`;
  const message = [
    selected(publishedDevices(seen), "published"),
    selected(allocatedDevices(seen), "allocated"),
    `${pods(pending)} would be evicted in ${namespaces(places)} if the effect was NoExecute.`,
    "This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.",
  ];
  return { reason: "NoEffect", message: message.join(" ") };
}

/** Pods that are to leave, at once or when they tolerate it no longer. */
function pendingOf({ rule, claims, isThere, nowMs }: SeenRule): { pending: number; places: number } {
  const spec: DeviceTaintRule["spec"] = { ...rule.spec, taint: { ...rule.spec.taint, effect: "NoExecute" } };
  const tainted: Tainted = { slicesOf: () => [], rules: [{ ...rule, spec }] };
  const leaving = new Set<string>();
  const places = new Set<string>();
  for (const claim of claims) {
    if (claimEvictionMs(claim, tainted, nowMs) === undefined) continue;
    const { namespace = "" } = claim.metadata;
    for (const { resource, name, uid } of claim.status?.reservedFor ?? []) {
      if (resource !== "pods" || !isThere({ namespace, name, uid })) continue;
      leaving.add(uid);
      places.add(namespace);
    }
  }
  return { pending: leaving.size, places: places.size };
}

function allocatedDevices({ rule, claims }: SeenRule): number {
  let count = 0;
  for (const { status } of claims) {
    count += (status?.allocation?.devices?.results ?? []).filter((result) => selects(rule, result)).length;
  }
  return count;
}

function publishedDevices({ rule, slices }: SeenRule): number {
  const newest = new Map<string, number>();
  const keyOf = ({ spec: { driver, pool } }: ResourceSlice): string => poolKey({ driver, pool: pool.name });
  for (const slice of slices) {
    newest.set(keyOf(slice), Math.max(newest.get(keyOf(slice)) ?? 0, slice.spec.pool.generation));
  }
  let count = 0;
  for (const slice of slices) {
    const { driver, pool, devices = [] } = slice.spec;
    if (pool.generation !== newest.get(keyOf(slice))) continue;
    count += devices.filter(({ name: device }) => selects(rule, { driver, pool: pool.name, device })).length;
  }
  return count;
}
