/** When a Job gives up and when it has done enough. */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from "../../machinery/meta/field-error.ts";
import { checkNonNegative, checkOneOf, checkQualifiedName } from "../common/checks.ts";
import { invalidUnshown } from "../common/omitted.ts";
import { parseIndexes } from "./indexes.ts";
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from "./v1-types.ts";

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_PATTERNS = 20;
const MAX_INDEXES_TEXT = 64 * 1024;
const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];
const STATUSES = ["False", "True", "Unknown"];

const listed = (values: readonly string[]): string =>
  `valid values: [${values.map((v) => JSON.stringify(v)).join(" ")}]`;

function checkExitCodes(
  errors: FieldError[],
  codes: PodFailurePolicyOnExitCodesRequirement,
  path: string,
  containers: ReadonlySet<string>,
): void {
  const { operator, containerName, values = [] } = codes;
  if (!operator) errors.push(required(`${path}.operator`, listed(["In", "NotIn"])));
  else checkOneOf(errors, operator, `${path}.operator`, ["In", "NotIn"]);
  if (containerName !== undefined && !containers.has(containerName)) {
    const detail = "must be one of the container or initContainer names in the pod template";
    errors.push(invalid(`${path}.containerName`, containerName, detail));
  }
  if (values.length === 0) errors.push(invalid(`${path}.values`, values, "at least one value is required"));
  else if (values.length > MAX_EXIT_CODES) errors.push(tooMany(`${path}.values`, values.length, MAX_EXIT_CODES));
  const seen = new Set<number>();
  values.forEach((code, i) => {
    const item = `${path}.values[${i}]`;
    if (operator === "In" && code === 0) errors.push(invalid(item, code, "must not be 0 for the In operator"));
    if (seen.has(code)) errors.push(duplicate(item, code));
    seen.add(code);
  });
  if (values.some((code, i) => i > 0 && (values[i - 1] ?? 0) > code)) {
    errors.push(invalid(`${path}.values`, values, "must be ordered"));
  }
}

function checkFailureRule(
  errors: FieldError[],
  rule: PodFailurePolicyRule,
  path: string,
  { spec, containers }: { spec: JobSpec; containers: ReadonlySet<string> },
): void {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  if (!action) errors.push(required(`${path}.action`, listed(ACTIONS)));
  else if (action === "FailIndex") {
    if (spec.backoffLimitPerIndex === undefined) {
      errors.push(invalid(`${path}.action`, action, "requires the backoffLimitPerIndex to be set"));
    }
  } else checkOneOf(errors, action, `${path}.action`, ACTIONS);
  if (onExitCodes) checkExitCodes(errors, onExitCodes, `${path}.onExitCodes`, containers);
  if (onPodConditions.length > MAX_PATTERNS) {
    errors.push(tooMany(`${path}.onPodConditions`, onPodConditions.length, MAX_PATTERNS));
  }
  onPodConditions.forEach((pattern, i) => {
    const item = `${path}.onPodConditions[${i}]`;
    checkQualifiedName(errors, pattern.type ?? "", `${item}.type`);
    if (!pattern.status) errors.push(required(`${item}.status`, listed(STATUSES)));
    else checkOneOf(errors, pattern.status, `${item}.status`, STATUSES);
  });
  if (onExitCodes && onPodConditions.length > 0) {
    errors.push(invalidUnshown(path, "specifying both OnExitCodes and OnPodConditions is not supported"));
  }
  if (!onExitCodes && onPodConditions.length === 0) {
    errors.push(invalidUnshown(path, "specifying one of OnExitCodes and OnPodConditions is required"));
  }
}

export function checkPodFailurePolicy(errors: FieldError[], spec: JobSpec, path: string): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > MAX_RULES) errors.push(tooMany(`${path}.rules`, rules.length, MAX_RULES));
  const podSpec = spec.template.spec;
  const containers = new Set([...(podSpec?.containers ?? []), ...(podSpec?.initContainers ?? [])].map((c) => c.name));
  rules.forEach((rule, i) => {
    checkFailureRule(errors, rule, `${path}.rules[${i}]`, { spec, containers });
  });
}

function checkSuccessRule(errors: FieldError[], rule: SuccessPolicyRule, path: string, completions: number): void {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  if (count === undefined && indexes === undefined) {
    errors.push(required(path, "at least one of succeededCount or succeededIndexes must be specified"));
  }
  let total = 0;
  if (indexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    if (indexes.length > MAX_INDEXES_TEXT) errors.push(tooLong(at, MAX_INDEXES_TEXT));
    else {
      const parsed = parseIndexes(indexes, completions);
      if ("error" in parsed) errors.push(invalid(at, indexes, `error parsing succeededIndexes: ${parsed.error}`));
      else total = parsed.total;
    }
  }
  if (count === undefined) return;
  const at = `${path}.succeededCount`;
  checkNonNegative(errors, count, at);
  if (count > completions) {
    const detail = `must be less than or equal to ${completions} (the number of specified completions)`;
    errors.push(invalid(at, count, detail));
  }
  if (indexes !== undefined && count > total) {
    const detail = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    errors.push(invalid(at, count, detail));
  }
}

export function checkSuccessPolicy(errors: FieldError[], spec: JobSpec, path: string): void {
  const rules = spec.successPolicy?.rules ?? [];
  if (rules.length === 0) {
    errors.push(required(`${path}.rules`, "at least one rules must be specified when the successPolicy is specified"));
  }
  if (rules.length > MAX_RULES) errors.push(tooMany(`${path}.rules`, rules.length, MAX_RULES));
  rules.forEach((rule, i) => {
    checkSuccessRule(errors, rule, `${path}.rules[${i}]`, spec.completions ?? 0);
  });
}

export function checkReplacementPolicy(errors: FieldError[], spec: JobSpec, path: string): void {
  const policy = spec.podReplacementPolicy;
  if (policy === undefined) return;
  // Which failures count is known only once a pod has ended.
  const supported = spec.podFailurePolicy ? ["Failed"] : ["Failed", "TerminatingOrFailed"];
  if (!supported.includes(policy)) errors.push(notSupported(path, policy, supported));
}
