/** Writes of a Job's status: what cannot have come about is refused, whoever counts. */
import { duplicate, type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { checkNonNegative } from "../common/checks.ts";
import { invalidUnshown } from "../common/omitted.ts";
import { overlap, parseIndexes } from "./indexes.ts";
import type { Job, JobStatus } from "./v1-types.ts";

const CONDITIONS = "status.conditions";

export const jobHas = (status: JobStatus | undefined, type: string): boolean =>
  status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;

const isFinished = (status: JobStatus): boolean => jobHas(status, "Complete") || jobHas(status, "Failed");

function checkCounts(errors: FieldError[], status: JobStatus): void {
  for (const field of ["active", "succeeded", "failed", "ready", "terminating"] as const) {
    checkNonNegative(errors, status[field], `status.${field}`);
  }
  if ((status.ready ?? 0) > (status.active ?? 0)) {
    errors.push(invalid("status.ready", status.ready, "cannot set more ready pods than active"));
  }
  const seen = new Set<string>();
  for (const field of ["succeeded", "failed"] as const) {
    status.uncountedTerminatedPods?.[field]?.forEach((uid, i) => {
      const item = `status.uncountedTerminatedPods.${field}[${i}]`;
      if (uid === "") errors.push(invalid(item, uid, "must not be empty"));
      else if (seen.has(uid)) errors.push(duplicate(item, uid));
      seen.add(uid);
    });
  }
}

/** Pairs that exclude each other, and such as need each other. */
function checkConditions(errors: FieldError[], status: JobStatus): void {
  const exclude = (a: string, b: string, text: string): void => {
    if (jobHas(status, a) && jobHas(status, b)) errors.push(invalidUnshown(CONDITIONS, text));
  };
  const need = (a: string, b: string, text: string): void => {
    if (jobHas(status, a) && !jobHas(status, b)) errors.push(invalidUnshown(CONDITIONS, text));
  };
  exclude("Complete", "Failed", "cannot set Complete=True and Failed=true conditions");
  exclude("Complete", "FailureTarget", "cannot set Complete=True and FailureTarget=true conditions");
  need("Failed", "FailureTarget", "cannot set Failed=True condition without the FailureTarget=true condition");
  const unmet = "cannot set Complete=True condition without the SuccessCriteriaMet=true condition";
  need("Complete", "SuccessCriteriaMet", unmet);
  exclude("SuccessCriteriaMet", "Failed", "cannot set SuccessCriteriaMet=True and Failed=true conditions");
  const both = "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions";
  exclude("SuccessCriteriaMet", "FailureTarget", both);
}

function checkEnd(errors: FieldError[], status: JobStatus): void {
  const { completionTime, startTime } = status;
  const complete = jobHas(status, "Complete");
  if (completionTime && !complete) {
    const detail = "cannot set completionTime when there is no Complete=True condition";
    errors.push(invalid("status.completionTime", completionTime, detail));
  }
  if (complete && !completionTime) {
    errors.push(required("status.completionTime", "completionTime is required for Complete jobs"));
  }
  if (startTime && completionTime && Date.parse(completionTime) < Date.parse(startTime)) {
    errors.push(invalid("status.completionTime", completionTime, "must be equal to or after `startTime`"));
  }
  if (!isFinished(status)) return;
  if ((status.active ?? 0) > 0) {
    errors.push(invalid("status.active", status.active, "active>0 is invalid for finished job"));
  }
  if ((status.terminating ?? 0) > 0) {
    errors.push(invalid("status.terminating", status.terminating, "terminating>0 is invalid for finished job"));
  }
  if (!startTime) errors.push(required("status.startTime", "startTime is required for finished job"));
  const uncounted = status.uncountedTerminatedPods;
  if ((uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0) > 0) {
    errors.push(invalid("status.uncountedTerminatedPods", uncounted, "must be empty for finished job"));
  }
}

function checkIndexes(errors: FieldError[], { spec }: Job, status: JobStatus): void {
  const { completedIndexes = "", failedIndexes } = status;
  if (completedIndexes !== "" && spec.completionMode !== "Indexed") {
    const detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
    errors.push(invalid("status.completedIndexes", completedIndexes, detail));
  }
  if (failedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    const detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
    errors.push(invalid("status.failedIndexes", failedIndexes, detail));
  }
  if (spec.completions === undefined) return;
  const completed = parseIndexes(completedIndexes, spec.completions);
  if ("error" in completed) {
    const detail = `error parsing completedIndexes: ${completed.error}`;
    errors.push(invalid("status.completedIndexes", completedIndexes, detail));
  }
  if (failedIndexes === undefined) return;
  const failed = parseIndexes(failedIndexes, spec.completions);
  if ("error" in failed) {
    errors.push(invalid("status.failedIndexes", failedIndexes, `error parsing failedIndexes: ${failed.error}`));
  } else if (!("error" in completed)) {
    const both = overlap(completed.intervals, failed.intervals);
    if (both !== undefined) {
      const detail = `failedIndexes and completedIndexes overlap at index: ${both}`;
      errors.push(invalid("status.failedIndexes", failedIndexes, detail));
    }
  }
}

/** Counts only grow, and an end is an end. */
function checkChange(errors: FieldError[], next: Job, prev: Job): void {
  const [status, old] = [next.status ?? {}, prev.status ?? {}];
  for (const type of ["Failed", "Complete", "FailureTarget"]) {
    if (jobHas(old, type) && !jobHas(status, type)) {
      errors.push(invalidUnshown(CONDITIONS, `cannot disable the terminal ${type}=True condition`));
    }
  }
  if (jobHas(old, "SuccessCriteriaMet") && !jobHas(status, "SuccessCriteriaMet")) {
    errors.push(invalidUnshown(CONDITIONS, "cannot disable the SuccessCriteriaMet=True condition"));
  }
  for (const field of ["failed", "succeeded"] as const) {
    if ((status[field] ?? 0) < (old[field] ?? 0)) {
      errors.push(invalid(`status.${field}`, status[field] ?? 0, `cannot decrease the ${field} counter`));
    }
  }
  if (status.completionTime && old.completionTime && status.completionTime !== old.completionTime) {
    errors.push(invalid("status.completionTime", status.completionTime, "field is immutable"));
  }
  if (old.startTime && status.startTime !== old.startTime && !next.spec.suspend) {
    errors.push(required("status.startTime", "startTime cannot be removed for unsuspended job"));
  }
}

export function jobStatusErrors(next: Job, prev: Job): FieldError[] {
  const errors: FieldError[] = [];
  const status = next.status ?? {};
  checkCounts(errors, status);
  checkConditions(errors, status);
  checkEnd(errors, status);
  checkIndexes(errors, next, status);
  checkChange(errors, next, prev);
  return errors;
}
