/**
 * pods/eviction: a delete that PodDisruptionBudgets may refuse.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */

import { formatTime } from "../../machinery/clock.ts";
import type { KubeObject, LabelSelector } from "../../machinery/meta/object.ts";
import { compileSelector } from "../../machinery/meta/selector.ts";
import { ApiError, forbidden, internalError, notFound, type Status } from "../../machinery/meta/status.ts";
import type { StoredObject } from "../store/contract.ts";
import { detachedFromStorage, fromStorage, toStorage } from "./convert.ts";
import { removeStored } from "./delete.ts";
import { checkDeletionPreconditions, type DeleteOptions } from "./deletion.ts";
import {
  admitSubresource,
  type Caller,
  committing,
  type Environment,
  keyOf,
  type Outcome,
  subjectOf,
  type Target,
} from "./environment.ts";
import { encodeObject } from "./object-text.ts";

const BUDGETS = "poddisruptionbudgets.policy";
const RETRY_SECONDS = 10;
/** The disruption controller must see evicted pods go before more are remembered. */
const MAX_DISRUPTED_PODS = 2000;

interface Budget extends KubeObject {
  spec: { selector?: LabelSelector; unhealthyPodEvictionPolicy?: string };
  status?: {
    disruptionsAllowed?: number;
    observedGeneration?: number;
    currentHealthy?: number;
    desiredHealthy?: number;
    disruptedPods?: { [pod: string]: string };
    conditions?: Condition[];
  };
}

/** @throws ApiError 404; 429 when a budget says no; 500 when several budgets cover the pod */
export function evict(
  env: Environment,
  {
    target,
    caller,
    eviction,
  }: { target: Target; caller: Caller; eviction: KubeObject & { deleteOptions?: DeleteOptions } },
): Outcome {
  admitSubresource(env, { ...target, subresource: "eviction" }, caller, eviction);
  const row = env.store.get(keyOf(target));
  if (!row) throw notFound(subjectOf(target.kind, target.name));
  const pod = fromStorage(row.value, target.kind);
  if (countsForBudget(pod)) spendBudget(env, { target, caller, pod });
  checkDeletionPreconditions(eviction.deleteOptions ?? {}, pod.metadata, target.kind);
  const marked = committing(env, caller, () => markDisrupted(env, target, row));
  const { resourceVersion: _checked, ...preconditions } = eviction.deleteOptions?.preconditions ?? {};
  const options = { ...eviction.deleteOptions, preconditions };
  const removed = removeStored(env, { target, caller, options, row: caller.dryRun ? row : marked, isAdmitted: true });
  const status: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
  return { code: 201, text: JSON.stringify(status), stored: removed.stored ?? removed.text };
}

interface Condition {
  type: string;
  status: string;
  [field: string]: unknown;
}

interface PodStatus {
  phase?: string;
  conditions?: Condition[];
}

/** Says of the pod why it goes, for whoever counts its failure: Jobs, above all. */
function markDisrupted(env: Environment, target: Target, row: StoredObject): StoredObject {
  const { object: pod, managed } = detachedFromStorage(row.value, target.kind);
  const status = (pod.status ?? {}) as PodStatus;
  const before = status.conditions?.find(({ type }) => type === "DisruptionTarget");
  const { generation } = pod.metadata;
  const condition: Condition = {
    type: "DisruptionTarget",
    ...(generation !== undefined && { observedGeneration: generation }),
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: before?.status === "True" ? before.lastTransitionTime : formatTime(env.clock.now()),
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  };
  const others = (status.conditions ?? []).filter(({ type }) => type !== "DisruptionTarget");
  pod.status = { ...status, conditions: [...others, condition] };
  const stored = toStorage(env, pod, target.kind);
  return env.store.update(keyOf(target), row.revision, (revision) =>
    encodeObject(stored.object, stored.kind, revision, managed),
  );
}

/** Pods that are over, never ran, or are going anyway may be taken without asking. */
function countsForBudget(pod: KubeObject): boolean {
  const { phase } = (pod.status ?? {}) as PodStatus;
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return phase !== "Succeeded" && phase !== "Failed" && phase !== "Pending";
}

const isReady = (pod: KubeObject): boolean =>
  ((pod.status ?? {}) as PodStatus).conditions?.some(({ type, status }) => type === "Ready" && status === "True") ??
  false;

function spendBudget(
  env: Environment,
  { target, caller, pod }: { target: Target; caller: Caller; pod: KubeObject },
): void {
  const kind = env.registry.findStorage(BUDGETS);
  if (!kind) return;
  const budgets: { budget: Budget; revision: number }[] = [];
  for (const row of env.store.list({ resource: BUDGETS, namespace: target.namespace })) {
    const budget = fromStorage(row.value, kind) as Budget;
    if (compileSelector(budget.spec.selector)(pod.metadata.labels)) budgets.push({ budget, revision: row.revision });
  }
  if (budgets.length > 1)
    throw internalError(
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  const only = budgets[0];
  if (!only) return;
  const { budget, revision } = only;
  const status = budget.status ?? {};
  if (!isReady(pod) && mayGoUnready(budget)) return;
  if ((status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    const why = `The disruption budget ${budget.metadata.name} is still being processed by the server.`;
    throw tooMany(why, RETRY_SECONDS);
  }
  const allowed = status.disruptionsAllowed ?? 0;
  const disrupted = status.disruptedPods ?? {};
  if (allowed < 0) throw refused(budget, "pdb disruptions allowed is negative");
  if (Object.keys(disrupted).length > MAX_DISRUPTED_PODS) {
    throw refused(budget, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  }
  if (allowed === 0) {
    throw tooMany(
      `The disruption budget ${budget.metadata.name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`,
    );
  }
  budget.status = {
    ...status,
    ...(allowed === 1 && { conditions: exhausted(status, formatTime(env.clock.now())) }),
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...disrupted, [target.name]: formatTime(env.clock.now()) },
  };
  committing(env, caller, () => {
    const stored = toStorage(env, budget, kind);
    const key = { resource: BUDGETS, namespace: target.namespace, name: budget.metadata.name! };
    env.store.update(key, revision, (at) => encodeObject(stored.object, stored.kind, at));
  });
}

function mayGoUnready({ spec, status }: Budget): boolean {
  if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  return (status?.currentHealthy ?? 0) >= (status?.desiredHealthy ?? 0) && (status?.desiredHealthy ?? 0) > 0;
}

/** The budget's conditions once nothing more may be evicted. */
function exhausted({ conditions = [], observedGeneration }: NonNullable<Budget["status"]>, now: string): Condition[] {
  const before = conditions.find(({ type }) => type === "DisruptionAllowed");
  const condition: Condition = {
    type: "DisruptionAllowed",
    status: "False",
    ...(observedGeneration && { observedGeneration }),
    lastTransitionTime: before?.status === "False" ? before.lastTransitionTime : now,
    reason: "InsufficientPods",
    message: "",
  };
  return before ? conditions.map((each) => (each === before ? condition : each)) : [...conditions, condition];
}

const refused = ({ metadata: { name = "" } }: Budget, why: string): ApiError =>
  forbidden({ group: "policy", resource: "poddisruptionbudget", name }, why);

/** Without a time to wait clients do not try again by themselves. */
const tooMany = (why: string, retryAfterSeconds?: number): ApiError =>
  new ApiError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: "DisruptionBudget", message: why }],
    ...(retryAfterSeconds && { retryAfterSeconds }),
  });
