/** A Job's spec, also inside CronJobs. */
import { type FieldError, invalid, notSupported, required, tooLong } from "../../machinery/meta/field-error.ts";
import { checkDomainPrefixedPath, checkNonNegative } from "../common/checks.ts";
import { checkPodTemplate } from "../core/pod-template/template.ts";
import { checkPodFailurePolicy, checkReplacementPolicy, checkSuccessPolicy } from "./job-policies.ts";
import type { JobSpec } from "./v1-types.ts";

const MAX_INDEXED = 100_000;
/** Above this many completions only so much may run and fail at once, for the status to fit. */
const MANY_COMPLETIONS = 100_000;
const MAX_FOR_MANY = 10_000;
const MAX_MANAGED_BY = 63;

function checkIndexed(errors: FieldError[], spec: JobSpec, path: string): void {
  const { completions, parallelism, maxFailedIndexes: failed } = spec;
  const limit = (field: "parallelism" | "maxFailedIndexes", most: number, why = ""): void => {
    const value = spec[field];
    if (value === undefined || value <= most) return;
    errors.push(invalid(`${path}.${field}`, value, `must be less than or equal to ${most}${why}`));
  };
  if (completions === undefined) errors.push(required(`${path}.completions`, "when completion mode is Indexed"));
  if (parallelism !== undefined) limit("parallelism", MAX_INDEXED, " when completion mode is Indexed");
  if (completions !== undefined && failed !== undefined && failed > completions) {
    errors.push(invalid(`${path}.maxFailedIndexes`, failed, "must be less than or equal to completions"));
  }
  limit("maxFailedIndexes", MAX_INDEXED);
  if (completions === undefined || completions <= MANY_COMPLETIONS || spec.backoffLimitPerIndex === undefined) return;
  if (failed === undefined) {
    const detail = `must be specified when completions is above ${MANY_COMPLETIONS}`;
    errors.push(required(`${path}.maxFailedIndexes`, detail));
  }
  const why = ` when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  limit("parallelism", MAX_FOR_MANY, why);
  limit("maxFailedIndexes", MAX_FOR_MANY, why);
}

function checkCompletionMode(errors: FieldError[], spec: JobSpec, path: string): void {
  const mode = spec.completionMode ?? "NonIndexed";
  if (mode === "Indexed") checkIndexed(errors, spec, path);
  else if (mode === "NonIndexed") {
    for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"] as const) {
      if (spec[field] !== undefined) {
        errors.push(invalid(`${path}.${field}`, spec[field], "requires indexed completion mode"));
      }
    }
  } else errors.push(notSupported(`${path}.completionMode`, mode, ["NonIndexed", "Indexed"]));
}

function checkRestartPolicy(errors: FieldError[], spec: JobSpec, path: string): void {
  const at = `${path}.template.spec.restartPolicy`;
  const policy = spec.template.spec?.restartPolicy ?? "";
  if (policy === "" || policy === "Always") errors.push(required(at, 'valid values: "OnFailure", "Never"'));
  else if (policy !== "OnFailure" && policy !== "Never") {
    errors.push(notSupported(at, policy, ["OnFailure", "Never"]));
  } else if (spec.podFailurePolicy && policy !== "Never") {
    errors.push(invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  }
}

const COUNTS = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
] as const;

/** All but the selector. */
export function checkJobSpec(errors: FieldError[], spec: JobSpec, path: string): void {
  for (const field of COUNTS) checkNonNegative(errors, spec[field], `${path}.${field}`);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  }
  if (spec.managedBy !== undefined) {
    checkDomainPrefixedPath(errors, spec.managedBy, `${path}.managedBy`);
    if (spec.managedBy.length > MAX_MANAGED_BY) errors.push(tooLong(`${path}.managedBy`, MAX_MANAGED_BY));
  }
  checkCompletionMode(errors, spec, path);
  if (spec.podFailurePolicy) checkPodFailurePolicy(errors, spec, `${path}.podFailurePolicy`);
  if (spec.successPolicy) {
    if (spec.completionMode === "Indexed") checkSuccessPolicy(errors, spec, `${path}.successPolicy`);
    else errors.push(invalid(`${path}.successPolicy`, spec.successPolicy, "requires indexed completion mode"));
  }
  checkReplacementPolicy(errors, spec, `${path}.podReplacementPolicy`);
  checkPodTemplate(errors, spec.template, `${path}.template`);
  checkRestartPolicy(errors, spec, path);
}
