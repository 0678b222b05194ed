/** Job. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/ */
import { humanDuration } from "../../machinery/meta/duration.ts";
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1123Label } from "../../machinery/meta/names.ts";
import { compileSelector, selectorErrors } from "../../machinery/meta/selector.ts";
import { MAX_INT32 } from "../common/checks.ts";
import { age, type Cell, containerImages, containerNames, nameOf, selectorText } from "../common/rows.ts";
import { checkImmutable, same, without } from "../common/same.ts";
import { checkSelector, mismatch } from "../common/selectors.ts";
import { separateStatus } from "../common/status.ts";
import { defaultPodTemplate } from "../core/pod-template/template.ts";
import type { Container, PodSpec } from "../core/v1-types.ts";
import type { Strategy } from "../kind.ts";
import { checkJobSpec } from "./job-spec.ts";
import { jobHas, jobStatusErrors } from "./job-status.ts";
import type { Job, JobSpec } from "./v1-types.ts";

const CONTROLLER_UID = "batch.kubernetes.io/controller-uid";
const JOB_NAME = "batch.kubernetes.io/job-name";
const LEGACY_CONTROLLER_UID = "controller-uid";
const LEGACY_JOB_NAME = "job-name";

/** Of templates in CronJobs too. */
export function defaultFailurePolicy(spec: JobSpec): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= "True";
  }
}

const isEmpty = (map: object | undefined): boolean => Object.keys(map ?? {}).length === 0;

/** A Job without labels has those of its pods. */
function borrowLabels({ metadata, spec }: Job): void {
  const labels = spec.template.metadata?.labels;
  if (labels && isEmpty(metadata.labels)) metadata.labels = { ...labels };
}

function defaults(job: Job): Job {
  job.spec ??= {} as JobSpec;
  const { spec } = job;
  spec.template ??= {};
  defaultPodTemplate(spec.template);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32;
  borrowLabels(job);
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  defaultFailurePolicy(spec);
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  return job;
}

const expectedLabels = ({ metadata }: Job): { [label: string]: string } => ({
  [LEGACY_CONTROLLER_UID]: metadata.uid ?? "",
  [LEGACY_JOB_NAME]: metadata.name ?? "",
  [CONTROLLER_UID]: metadata.uid ?? "",
  [JOB_NAME]: metadata.name ?? "",
});

/** Pods are known by their Job's uid, which nobody else's selector can match. Changes `job`. */
function generateSelector(job: Job): void {
  const { spec } = job;
  spec.template.metadata ??= {};
  // What a client has set stays, for validation to refuse.
  spec.template.metadata.labels = { ...expectedLabels(job), ...spec.template.metadata.labels };
  spec.selector ??= {};
  spec.selector.matchLabels ??= {};
  spec.selector.matchLabels[CONTROLLER_UID] ??= job.metadata.uid ?? "";
  borrowLabels(job);
}

function checkGenerated(errors: FieldError[], job: Job): void {
  const { spec } = job;
  if (spec.manualSelector || !spec.selector) return;
  const labels = spec.template.metadata?.labels ?? {};
  const expected = expectedLabels(job);
  for (const [key, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${key}]`;
    if (!Object.hasOwn(labels, key)) errors.push(required(path, `must be '${value}'`));
    else if (labels[key] !== value) errors.push(invalid(path, labels, `must be '${value}'`));
  }
  // A selector that is wrong in itself is reported as such.
  if (selectorErrors(spec.selector, "").length === 0 && !compileSelector(spec.selector)(expected)) {
    errors.push(invalid("spec.selector", spec.selector, "`selector` not auto-generated"));
  }
}

function validate(job: Job): FieldError[] {
  const errors: FieldError[] = [];
  const { spec, metadata } = job;
  checkGenerated(errors, job);
  checkJobSpec(errors, spec, "spec");
  const labels = spec.template.metadata?.labels;
  const before = errors.length;
  if (!spec.selector) errors.push(required("spec.selector"));
  else checkSelector(errors, spec.selector, "spec.selector");
  if (errors.length === before && !compileSelector(spec.selector)(labels)) errors.push(mismatch(labels));
  if (spec.completionMode === "Indexed" && (spec.completions ?? 0) > 0) {
    const longest = `${metadata.name}-${(spec.completions ?? 0) - 1}`;
    if (dns1123Label(longest).length > 0) {
      const detail = `will not able to create pod with invalid DNS label: ${longest}`;
      errors.push(invalid("metadata.name", metadata.name, detail));
    }
  }
  return errors;
}

const withoutResources = (containers: readonly Container[] | undefined): object[] =>
  (containers ?? []).map((container) => without(container, ["resources"]));

const FREE = ["affinity", "nodeSelector", "tolerations", "schedulingGates", "containers", "initContainers"];

/** What stays while a Job may still be directed elsewhere, or sized anew. */
function fixedPart(spec: PodSpec): object {
  return {
    rest: without(spec, FREE),
    affinity: without(spec.affinity ?? {}, ["nodeAffinity"]),
    containers: [withoutResources(spec.containers), withoutResources(spec.initContainers)],
  };
}

/** While a Job is suspended and none of its pods are left, queues may decide where its next ones run, and how big. */
function checkTemplateChange(errors: FieldError[], next: Job, prev: Job): void {
  const [template, old] = [next.spec.template, prev.spec.template];
  const { active = 0, startTime } = prev.status ?? {};
  const isIdle = active === 0 && (!startTime || jobHas(prev.status, "Suspended"));
  if (!prev.spec.suspend || !isIdle) {
    checkImmutable(errors, template, old, "spec.template");
    return;
  }
  const none: PodSpec = { containers: [] };
  if (!same(fixedPart(template.spec ?? none), fixedPart(old.spec ?? none))) {
    errors.push(invalid("spec.template.spec", template.spec, "field is immutable"));
  }
}

const IMMUTABLE = ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] as const;

function updateErrors(next: Job, prev: Job): FieldError[] {
  const errors: FieldError[] = [];
  const [spec, old] = [next.spec, prev.spec];
  if (spec.completionMode !== "Indexed") {
    checkImmutable(errors, spec.completions, old.completions, "spec.completions");
  } else if (spec.completions !== undefined && spec.completions !== old.completions) {
    if (spec.completions !== spec.parallelism) {
      const detail = "can only be modified in tandem with spec.parallelism";
      errors.push(invalid("spec.completions", spec.completions, detail));
    }
  }
  checkImmutable(errors, spec.selector, old.selector, "spec.selector");
  checkTemplateChange(errors, next, prev);
  for (const field of IMMUTABLE) checkImmutable(errors, spec[field], old[field], `spec.${field}`);
  return errors;
}

function statusText({ status, metadata }: Job): string {
  if (jobHas(status, "Complete")) return "Complete";
  if (jobHas(status, "Failed")) return "Failed";
  if (metadata.deletionTimestamp) return "Terminating";
  if (jobHas(status, "Suspended")) return "Suspended";
  if (jobHas(status, "FailureTarget")) return "FailureTarget";
  return jobHas(status, "SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

function completions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration({ status }: Job, nowMs: number): string {
  if (!status?.startTime) return "";
  const endMs = status.completionTime ? Date.parse(status.completionTime) : nowMs;
  return humanDuration(endMs - Date.parse(status.startTime));
}

const row = (object: Job, nowMs: number): Cell[] => [
  nameOf(object),
  statusText(object),
  completions(object),
  duration(object, nowMs),
  age(object, nowMs),
  containerNames(object.spec.template.spec?.containers),
  containerImages(object.spec.template.spec?.containers),
  selectorText(object.spec.selector),
];

const status = separateStatus<Job>({ check: jobStatusErrors });

export const job: Strategy<Job> = {
  generation: true,
  defaults,
  prepareForCreate(next) {
    if (!next.spec.manualSelector) generateSelector(next);
    return status.prepareForCreate(next);
  },
  prepareForUpdate: status.prepareForUpdate,
  subresources: status.subresources,
  validate,
  validateUpdate: updateErrors,
  selectableFields: (object) => ({ "status.successful": String(object.status?.succeeded ?? 0) }),
  row,
};
