import type { Pod } from "../../kinds/core/v1-types.ts";
import type { DeviceTaintRule } from "../../kinds/generated/api/resource-v1beta2.ts";
import type { ResourceClaim, ResourceSlice } from "../../kinds/resource/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { claimNamesOf } from "../resource-claim/pod-claims.ts";
import {
  type Action,
  type Controller,
  type EventDraft,
  keyOf,
  NOTHING,
  type Plan,
  splitKey,
} from "../runner/controller.ts";
import { deleteOp } from "../runner/ops.ts";
import { DEVICE_TAINT_RULES, PODS, RESOURCE_CLAIMS, RESOURCE_SLICES } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { markDisrupted } from "../workload/disruption.ts";
import { isFinished } from "../workload/pods.ts";
import { planRuleStatus } from "./rule-status.ts";
import { claimEvictionMs, poolKey, type Tainted } from "./taints.ts";

/**
 * Makes pods leave devices whose NoExecute taints their claims do not tolerate, or no longer, and says in the status of
 * rules how far that is. Keys are pods, and rules, which have no namespace.
 */
export function deviceTaintEvictionController(): Controller {
  /** Pods that are to leave later, so that a reprieve can be told. */
  const waiting = new Set<string>();
  /** Pods that have been told to leave, with the rules because of which; by key. */
  const leaving = new Map<string, readonly DeviceTaintRule[]>();
  /** How many have left because of each rule, by its uid. */
  const evicted = new Map<string, number>();

  /** The rules whose status is to be looked at because of a pod. */
  const noteLeft = ({ type, object }: Change<Pod>): string[] => {
    const key = keyOf(object);
    const rules = leaving.get(key);
    if (!rules || (type !== "deleted" && !object.metadata.deletionTimestamp)) return [];
    leaving.delete(key);
    for (const { metadata } of rules) evicted.set(metadata.uid ?? "", (evicted.get(metadata.uid ?? "") ?? 0) + 1);
    return rules.map(keyOf);
  };

  const planRule = (name: string, view: View, nowMs: number): Plan => {
    const rule = view.deviceTaintRules.get("", name);
    if (!rule) return NOTHING;
    return planRuleStatus({
      rule,
      claims: [...view.resourceClaims.values()],
      slices: [...view.resourceSlices.values()],
      isThere: ({ namespace, name: podName, uid }) => {
        const pod = view.pods.get(namespace, podName);
        return pod?.metadata.uid === uid && !pod.metadata.deletionTimestamp && !isFinished(pod);
      },
      evicted: evicted.get(rule.metadata.uid ?? "") ?? 0,
      nowMs,
    });
  };

  return {
    name: "device-taint-eviction-controller",
    eventSource: "device-taint-eviction",
    watches: {
      [PODS]: (change: Change<Pod>) => {
        const { type, object } = change;
        if (!hasClaims(object)) return undefined;
        const rules = noteLeft(change);
        if (type === "deleted") waiting.delete(keyOf(object));
        return type !== "deleted" && object.spec.nodeName ? [keyOf(object), ...rules] : rules;
      },
      [RESOURCE_CLAIMS]: ({ object, previous }: Change<ResourceClaim>, view) =>
        deepEqual(object.status, previous?.status) ? undefined : [...usersOf(object), ...evictingRules(view)],
      [RESOURCE_SLICES]: ({ object }: Change<ResourceSlice>, view) => usersOfPool(object, view),
      [DEVICE_TAINT_RULES]: ({ type, object }: Change<DeviceTaintRule>, view) => {
        if (type === "deleted") evicted.delete(object.metadata.uid ?? "");
        return type === "deleted" ? allUsers(view) : [keyOf(object), ...allUsers(view)];
      },
    },
    plan(key, view, { nowMs }) {
      const { namespace, name } = splitKey(key);
      if (namespace === "") return planRule(name, view, nowMs);
      const pod = view.pods.get(namespace, name);
      const wasWaiting = waiting.delete(key);
      if (!pod) return NOTHING;
      const tainted: Tainted = {
        slicesOf: (pool) => view.resourceSlices.by("pool", pool),
        rules: [...view.deviceTaintRules.values()],
      };
      const claims = claimsOf(pod, view);
      const plan = planDeviceEviction({ pod, claims, tainted, wasWaiting, nowMs });
      if (plan.againAtMs !== undefined) waiting.add(key);
      if (plan.actions.length > 0) leaving.set(key, rulesFor(claims, view, nowMs));
      else leaving.delete(key);
      return plan;
    },
  };
}

const hasClaims = ({ spec, status }: Pod): boolean =>
  (spec.resourceClaims?.length ?? 0) > 0 || status?.extendedResourceClaimStatus !== undefined;

/** The claims that are reserved for the pod. */
function claimsOf(pod: Pod, view: View): ResourceClaim[] {
  return [...claimNamesOf(pod)].flatMap((name) => {
    const claim = view.resourceClaims.get(pod.metadata.namespace ?? "", name);
    return claim?.status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) ? [claim] : [];
  });
}

function* usersOf({ metadata, status }: ResourceClaim): Generator<string> {
  for (const { resource, name } of status?.reservedFor ?? []) {
    if (resource === "pods") yield `${metadata.namespace}/${name}`;
  }
}

function* usersOfPool({ spec }: ResourceSlice, view: View): Generator<string> {
  const pool = poolKey({ driver: spec.driver, pool: spec.pool.name });
  for (const claim of view.resourceClaims.by("pool", pool)) yield* usersOf(claim);
}

const evictingRules = (view: View): string[] =>
  [...view.deviceTaintRules.values()].filter(({ spec }) => spec.taint.effect === "NoExecute").map(keyOf);

/** The rules that drive the users of these claims away. */
const rulesFor = (claims: readonly ResourceClaim[], view: View, nowMs: number): DeviceTaintRule[] =>
  [...view.deviceTaintRules.values()].filter((rule) =>
    claims.some((claim) => claimEvictionMs(claim, { slicesOf: () => [], rules: [rule] }, nowMs) !== undefined),
  );

function* allUsers(view: View): Generator<string> {
  for (const claim of view.resourceClaims.values()) yield* usersOf(claim);
}

/** Decides whether one pod leaves its devices now, later or not at all. */
export function planDeviceEviction(options: {
  pod: Pod;
  claims: readonly ResourceClaim[];
  tainted: { slicesOf(pool: string): Iterable<ResourceSlice>; rules: Iterable<DeviceTaintRule> };
  wasWaiting: boolean;
  nowMs: number;
}): Plan {
  const { pod, claims, tainted, wasWaiting, nowMs } = options;
  if (pod.metadata.deletionTimestamp || !pod.spec.nodeName || isFinished(pod)) return NOTHING;
  const moments = claims.map((claim) => claimEvictionMs(claim, tainted, nowMs)).filter((atMs) => atMs !== undefined);
  if (moments.length === 0) {
    return wasWaiting ? { actions: [], events: [told(pod, "Cancelling deletion")] } : NOTHING;
  }
  const atMs = Math.min(...moments);
  if (atMs > nowMs) return { actions: [], againAtMs: atMs };
  const mark = markDisrupted({
    pod,
    reason: "DeletionByDeviceTaintManager",
    message: "Device Taint manager: deleting due to NoExecute taint",
    nowMs,
  });
  const remove: Action = {
    op: deleteOp(PODS, pod),
    event: told(pod, "Marking for deletion"),
    ...(mark && { needs: 0 }),
  };
  return { actions: mark ? [mark, remove] : [remove] };
}

const told = (pod: Pod, message: string): EventDraft => ({
  about: pod,
  type: "Normal",
  reason: "DeviceTaintManagerEviction",
  message,
});
