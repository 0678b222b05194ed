/** Writes of a Job's status: what cannot have come about is refused, whoever counts. */
import { duplicate, type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { checkNonNegative } from "../common/checks.ts";
import { invalidUnshown } from "../common/omitted.ts";
import { same } from "../common/same.ts";
import { overlap, parseIndexes } from "./indexes.ts";
import type { Job, JobStatus } from "./v1-types.ts";

const CONDITIONS = "status.conditions";

export const jobHas = (status: JobStatus | undefined, type: string): boolean =>
  status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;

const isFinished = (status: JobStatus): boolean => jobHas(status, "Complete") || jobHas(status, "Failed");

/**
 * What a write changes. A rule about fields that it leaves alone is not applied: they may break it for a moment after
 * the spec has changed, until the controller has counted anew.
 */
interface Change {
  status: JobStatus;
  old: JobStatus;
  /** Whether any of these fields, or conditions, is not what it was. */
  touches(...names: (Condition | keyof JobStatus)[]): boolean;
}

type Condition = "Complete" | "Failed" | "FailureTarget" | "SuccessCriteriaMet" | "finished";

const CONDITION_NAMES: ReadonlySet<string> = new Set(["Complete", "Failed", "FailureTarget", "SuccessCriteriaMet"]);

function changeOf(status: JobStatus, old: JobStatus): Change {
  const differs = (name: string): boolean => {
    if (name === "finished") return isFinished(status) !== isFinished(old);
    if (CONDITION_NAMES.has(name)) return jobHas(status, name) !== jobHas(old, name);
    return !same(status[name as keyof JobStatus], old[name as keyof JobStatus]);
  };
  return { status, old, touches: (...names) => names.some(differs) };
}

function checkCounts(errors: FieldError[], status: JobStatus): void {
  for (const field of ["active", "succeeded", "failed", "ready", "terminating"] as const) {
    checkNonNegative(errors, status[field], `status.${field}`);
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
function checkConditions(errors: FieldError[], { status, touches }: Change): void {
  const has = (type: Condition): boolean => jobHas(status, type);
  const refuse = (wrong: boolean, text: string): void => {
    if (wrong) errors.push(invalidUnshown(CONDITIONS, text));
  };
  if (touches("Complete", "Failed")) {
    refuse(has("Complete") && has("Failed"), "cannot set Complete=True and Failed=true conditions");
  }
  if (touches("Complete", "FailureTarget")) {
    refuse(has("Complete") && has("FailureTarget"), "cannot set Complete=True and FailureTarget=true conditions");
  }
  if (touches("Failed", "failedIndexes")) {
    const text = "cannot set Failed=True condition without the FailureTarget=true condition";
    refuse(has("Failed") && !has("FailureTarget"), text);
  }
  if (touches("Complete", "SuccessCriteriaMet")) {
    const text = "cannot set Complete=True condition without the SuccessCriteriaMet=true condition";
    refuse(has("Complete") && !has("SuccessCriteriaMet"), text);
  }
}

/** Those that hold whatever is written. */
function checkCriteria(errors: FieldError[], { spec }: Job, status: JobStatus): void {
  const met = jobHas(status, "SuccessCriteriaMet");
  for (const other of ["Failed", "FailureTarget"]) {
    if (!met || !jobHas(status, other)) continue;
    errors.push(invalidUnshown(CONDITIONS, `cannot set SuccessCriteriaMet=True and ${other}=true conditions`));
  }
  if (spec.successPolicy && !met && jobHas(status, "Complete")) {
    const text = "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
    errors.push(invalidUnshown(CONDITIONS, text));
  }
}

function checkCompletionTime(errors: FieldError[], { status, touches }: Change): void {
  const { completionTime, startTime } = status;
  const path = "status.completionTime";
  const isComplete = jobHas(status, "Complete");
  if (touches("Complete", "completionTime")) {
    if (completionTime && !isComplete) {
      const detail = "cannot set completionTime when there is no Complete=True condition";
      errors.push(invalid(path, completionTime, detail));
    }
    if (isComplete && !completionTime) {
      errors.push(required(path, "completionTime is required for Complete jobs"));
    }
  }
  const isBefore = startTime && completionTime && Date.parse(completionTime) < Date.parse(startTime);
  if (isBefore && touches("startTime", "completionTime")) {
    errors.push(invalid(path, completionTime, "must be equal to or after `startTime`"));
  }
}

function checkFinished(errors: FieldError[], { status, touches }: Change): void {
  if (!isFinished(status)) return;
  const { active = 0, terminating = 0, startTime, uncountedTerminatedPods: uncounted } = status;
  if (active > 0 && touches("finished", "active")) {
    errors.push(invalid("status.active", active, "active>0 is invalid for finished job"));
  }
  if (!startTime && touches("finished", "startTime")) {
    errors.push(required("status.startTime", "startTime is required for finished job"));
  }
  const left = (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0);
  if (left > 0 && touches("finished", "uncountedTerminatedPods")) {
    errors.push(invalid("status.uncountedTerminatedPods", uncounted, "must be empty for finished job"));
  }
  if (terminating > 0 && touches("finished", "terminating")) {
    errors.push(invalid("status.terminating", terminating, "terminating>0 is invalid for finished job"));
  }
}

function checkIndexes(errors: FieldError[], { spec }: Job, { status, touches }: Change): void {
  if (!touches("completedIndexes", "failedIndexes")) return;
  const { completedIndexes = "", failedIndexes } = status;
  const [completedPath, failedPath] = ["status.completedIndexes", "status.failedIndexes"];
  const [ofCompleted, ofFailed] = [touches("completedIndexes"), touches("failedIndexes")];
  const { completions, backoffLimitPerIndex: limit } = spec;
  const completed = completions === undefined ? undefined : parseIndexes(completedIndexes, completions);
  const failed =
    completions === undefined || failedIndexes === undefined ? undefined : parseIndexes(failedIndexes, completions);
  if (ofCompleted && completed && "error" in completed) {
    errors.push(invalid(completedPath, completedIndexes, `error parsing completedIndexes: ${completed.error}`));
  }
  if (ofFailed && limit !== undefined && failed && "error" in failed) {
    errors.push(invalid(failedPath, failedIndexes, `error parsing failedIndexes: ${failed.error}`));
  }
  if (ofCompleted && completedIndexes !== "" && spec.completionMode !== "Indexed") {
    const detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
    errors.push(invalid(completedPath, completedIndexes, detail));
  }
  if (ofFailed && failedIndexes !== undefined && limit === undefined) {
    const detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
    errors.push(invalid(failedPath, failedIndexes, detail));
  }
  if (!completed || !failed || "error" in completed || "error" in failed) return;
  const both = overlap(completed.intervals, failed.intervals);
  if (both !== undefined) {
    const detail = `failedIndexes and completedIndexes overlap at index: ${both}`;
    errors.push(invalid(failedPath, failedIndexes, detail));
  }
}

/** Counts only grow, and an end is an end. */
function checkChange(errors: FieldError[], { spec }: Job, { status, old }: Change): void {
  for (const type of ["Failed", "Complete", "FailureTarget"]) {
    if (jobHas(old, type) && !jobHas(status, type)) {
      errors.push(invalidUnshown(CONDITIONS, `cannot disable the terminal ${type}=True condition`));
    }
  }
  // An Indexed Job that is made smaller forgets the successes of the indexes that it no longer has.
  const isElastic = spec.completionMode === "Indexed" && spec.completions === spec.parallelism;
  for (const field of isElastic ? (["failed"] as const) : (["failed", "succeeded"] as const)) {
    if ((status[field] ?? 0) < (old[field] ?? 0)) {
      errors.push(invalid(`status.${field}`, status[field] ?? 0, `cannot decrease the ${field} counter`));
    }
  }
  if (status.completionTime && old.completionTime && status.completionTime !== old.completionTime) {
    errors.push(invalid("status.completionTime", status.completionTime, "field is immutable"));
  }
  if (old.startTime && status.startTime !== old.startTime && !spec.suspend) {
    errors.push(required("status.startTime", "startTime cannot be removed for unsuspended job"));
  }
  const [met, wasMet] = [jobHas(status, "SuccessCriteriaMet"), jobHas(old, "SuccessCriteriaMet")];
  if (wasMet && !met) {
    errors.push(invalidUnshown(CONDITIONS, "cannot disable the SuccessCriteriaMet=True condition"));
  }
  if (jobHas(old, "Complete") && !wasMet && met) {
    const text = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
    errors.push(invalidUnshown(CONDITIONS, text));
  }
}

export function jobStatusErrors(next: Job, prev: Job): FieldError[] {
  const errors: FieldError[] = [];
  const status = next.status ?? {};
  const change = changeOf(status, prev.status ?? {});
  checkCounts(errors, status);
  checkConditions(errors, change);
  checkCompletionTime(errors, change);
  checkFinished(errors, change);
  checkIndexes(errors, next, change);
  if ((status.ready ?? 0) > (status.active ?? 0) && change.touches("ready", "active")) {
    errors.push(invalid("status.ready", status.ready, "cannot set more ready pods than active"));
  }
  checkCriteria(errors, next, status);
  checkChange(errors, next, change);
  return errors;
}
