import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { type Action, type Controller, NOTHING, type Plan } from "../runner/controller.ts";
import { patchOp } from "../runner/ops.ts";
import { PODS, RESOURCE_QUOTAS } from "../view/resources.ts";
import type { View } from "../view/view.ts";

/**
 * Quotas are counted by the store, with every write. What no write tells is that a pod should have been gone by now, and
 * so counts no longer: at that moment the quotas of its namespace are added up anew. Keys are namespaces.
 */
export function resourceQuotaController(): Controller {
  /** When each namespace was added up last, epoch ms. After a restart that is done once more. */
  const countedMs = new Map<string, number>();
  return {
    name: "resourcequota-controller",
    watches: {
      [PODS]: ({ type, object, previous }: Change<Pod>, view) => {
        const { namespace = "", deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
        const isNews = deletionGracePeriodSeconds !== previous?.metadata.deletionGracePeriodSeconds;
        const wants =
          type !== "deleted" && deletionTimestamp !== undefined && isNews && quotasIn(namespace, view).length;
        return wants ? [namespace] : undefined;
      },
    },
    plan(namespace, view, { nowMs }) {
      const quotas = quotasIn(namespace, view);
      const plan = planRecount({
        quotas,
        pods: view.pods.inNamespace(namespace),
        sinceMs: countedMs.get(namespace) ?? 0,
        nowMs,
      });
      if (plan.actions.length > 0) countedMs.set(namespace, nowMs);
      if (quotas.length === 0) countedMs.delete(namespace);
      return plan;
    },
  };
}

const quotasIn = (namespace: string, view: View): KubeObject[] => [
  ...((view.table(RESOURCE_QUOTAS)?.inNamespace(namespace) ?? []) as Iterable<KubeObject>),
];

/** When a pod that is being deleted counts no longer, epoch ms; undefined for one that is not. */
function overdueMs({ metadata: { deletionTimestamp, deletionGracePeriodSeconds } }: Pod): number | undefined {
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return undefined;
  return Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1_000 + 1;
}

/** @param sinceMs when the quotas were added up last */
export function planRecount(options: {
  quotas: readonly KubeObject[];
  pods: Iterable<Pod>;
  sinceMs: number;
  nowMs: number;
}): Plan {
  const { quotas, pods, sinceMs, nowMs } = options;
  if (quotas.length === 0) return NOTHING;
  let isDue = false;
  let againAtMs: number | undefined;
  for (const pod of pods) {
    const atMs = overdueMs(pod);
    if (atMs === undefined) continue;
    if (atMs <= nowMs) isDue ||= atMs > sinceMs;
    else if (againAtMs === undefined || atMs < againAtMs) againAtMs = atMs;
  }
  // A quota that does not say what is used is added up by the store, in the same transaction.
  const forget = { status: { used: null } };
  const actions = isDue
    ? quotas.map(
        (quota): Action => ({ op: patchOp(RESOURCE_QUOTAS, quota, forget, { subresource: "status", version: "any" }) }),
      )
    : [];
  return { actions, ...(againAtMs !== undefined && { againAtMs }) };
}
