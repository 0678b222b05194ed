/** podFailurePolicy and successPolicy. Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/ */
import type { Job, PodFailurePolicyRule, SuccessPolicyRule } from "../../kinds/batch/v1-types.ts";
import type { ContainerStatus, Pod } from "../../kinds/core/v1-types.ts";
import { IndexSet } from "./index-set.ts";

export interface FailureVerdict {
  action: PodFailurePolicyRule["action"] | undefined;
  /** Whether the failure counts against backoffLimit. */
  counts: boolean;
  /** Why the Job fails at once. */
  failJobMessage?: string;
}

/** What the Job's failure policy says of a failed pod: the first rule that matches. */
export function judgeFailure({ spec }: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const why = matchRule(rule, pod);
    if (why === undefined) continue;
    const failJobMessage = `${why} matching ${rule.action} rule at index ${index}`;
    return {
      action: rule.action,
      counts: rule.action !== "Ignore",
      ...(rule.action === "FailJob" && { failJobMessage }),
    };
  }
  return { action: undefined, counts: true };
}

/** Why the rule matches; undefined when it does not. */
function matchRule(
  { onExitCodes, onPodConditions }: PodFailurePolicyRule,
  { metadata, status }: Pod,
): string | undefined {
  const pod = `${metadata.namespace}/${metadata.name}`;
  if (onExitCodes) {
    const { containerName, operator, values } = onExitCodes;
    const matches = ({ name, state }: ContainerStatus) => {
      const exitCode = state?.terminated?.exitCode;
      if (exitCode === undefined || exitCode === 0 || (containerName && containerName !== name)) return false;
      return values.includes(exitCode) === (operator === "In");
    };
    const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
    const container = all.find(matches);
    if (!container) return undefined;
    return `Container ${container.name} for pod ${pod} failed with exit code ${container.state?.terminated?.exitCode}`;
  }
  for (const pattern of onPodConditions ?? []) {
    const wanted = pattern.status ?? "True";
    if (status?.conditions?.some((condition) => condition.type === pattern.type && condition.status === wanted)) {
      return `Pod ${pod} has condition ${pattern.type}`;
    }
  }
  return undefined;
}

/** Why the indexes that have succeeded are enough; undefined when they are not. */
export function matchSuccessPolicy({ spec }: Job, succeeded: IndexSet): string | undefined {
  const index = (spec.successPolicy?.rules ?? []).findIndex((rule) => isMet(rule, spec.completions ?? 0, succeeded));
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}

function isMet(
  { succeededIndexes, succeededCount }: SuccessPolicyRule,
  completions: number,
  succeeded: IndexSet,
): boolean {
  if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
  const required = IndexSet.parse(succeededIndexes, completions);
  return succeeded.overlap(required) >= (succeededCount ?? required.size);
}
