/** CronJob. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/ */
import { type FieldError, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { maxLengthMessage } from "../../machinery/meta/names.ts";
import { checkNonNegative, checkRequiredOneOf } from "../common/checks.ts";
import { age, type Cell, containerImages, containerNames, nameOf, selectorText, since, yesNo } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import { defaultPodTemplate } from "../core/pod-template/template.ts";
import type { Strategy } from "../kind.ts";
import { isTimeZone, parseCron } from "./cron-schedule.ts";
import { defaultFailurePolicy } from "./job.ts";
import { checkJobSpec } from "./job-spec.ts";
import type { CronJob, CronJobSpec, JobSpec } from "./v1-types.ts";

/** Its Jobs' names have eleven characters more, and must still be labels. */
const MAX_NAME = 63 - 11;

function defaults(next: CronJob): CronJob {
  next.spec ??= {} as CronJobSpec;
  const { spec } = next;
  spec.concurrencyPolicy ||= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  spec.jobTemplate ??= {};
  spec.jobTemplate.metadata ??= {};
  spec.jobTemplate.spec ??= {} as JobSpec;
  spec.jobTemplate.spec.template ??= {};
  defaultPodTemplate(spec.jobTemplate.spec.template);
  defaultFailurePolicy(spec.jobTemplate.spec);
  return next;
}

const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;

function checkTimeZone(errors: FieldError[], zone: string | undefined): void {
  if (zone === undefined) return;
  const path = "spec.timeZone";
  if (zone === "") {
    errors.push(invalid(path, zone, "timeZone must be nil or non-empty string"));
    return;
  }
  const wellFormed = zone
    .split("/")
    .every((part) => part !== "." && part !== ".." && !part.startsWith("-") && ZONE_PART.test(part));
  if (!wellFormed) errors.push(invalid(path, zone, `unknown time zone ${zone}`));
  else if (zone.toLowerCase() === "local") {
    const detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    errors.push(invalid(path, zone, detail));
  } else if (!isTimeZone(zone)) errors.push(invalid(path, zone, `unknown time zone ${zone}`));
}

/** `allowZone`: a schedule that named a zone before this became a field of its own may keep it. */
function checkSchedule(errors: FieldError[], spec: CronJobSpec, { allowZone }: { allowZone: boolean }): void {
  const path = "spec.schedule";
  const { schedule } = spec;
  if (!schedule) {
    errors.push(required(path));
    return;
  }
  try {
    parseCron(schedule);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    errors.push(invalid(path, schedule, error.message));
  }
  if (!schedule.includes("TZ")) return;
  if (!allowZone) {
    errors.push(invalid(path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"));
  } else if (spec.timeZone !== undefined) {
    errors.push(invalid(path, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule"));
  }
}

function validate({ spec }: CronJob): FieldError[] {
  const errors: FieldError[] = [];
  checkNonNegative(errors, spec.startingDeadlineSeconds, "spec.startingDeadlineSeconds");
  checkRequiredOneOf(errors, spec.concurrencyPolicy, "spec.concurrencyPolicy", ["Allow", "Forbid", "Replace"]);
  const template = spec.jobTemplate.spec as JobSpec;
  checkJobSpec(errors, template, "spec.jobTemplate.spec");
  if (template.selector) {
    const detail = "`selector` will be auto-generated";
    errors.push(invalid("spec.jobTemplate.spec.selector", template.selector, detail));
  }
  if (template.manualSelector) {
    errors.push(notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"]));
  }
  checkNonNegative(errors, spec.successfulJobsHistoryLimit, "spec.successfulJobsHistoryLimit");
  checkNonNegative(errors, spec.failedJobsHistoryLimit, "spec.failedJobsHistoryLimit");
  return errors;
}

const row = (object: CronJob, nowMs: number): Cell[] => {
  const { spec, status } = object;
  const containers = spec.jobTemplate.spec?.template.spec?.containers;
  return [
    nameOf(object),
    spec.schedule ?? "",
    spec.timeZone ?? "<none>",
    yesNo(spec.suspend),
    status?.active?.length ?? 0,
    status?.lastScheduleTime ? since(status.lastScheduleTime, nowMs) : "<none>",
    age(object, nowMs),
    containerNames(containers),
    containerImages(containers),
    selectorText(spec.jobTemplate.spec?.selector),
  ];
};

export const cronJob: Strategy<CronJob> = {
  generation: true,
  defaults,
  ...separateStatus<CronJob>(),
  validate,
  validateCreate({ spec, metadata }) {
    const errors: FieldError[] = [];
    checkSchedule(errors, spec, { allowZone: false });
    checkTimeZone(errors, spec.timeZone);
    const name = metadata.name ?? "";
    if (name.length > MAX_NAME) errors.push(invalid("metadata.name", name, maxLengthMessage(MAX_NAME)));
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkSchedule(errors, next.spec, { allowZone: (prev.spec.schedule ?? "").includes("TZ") });
    if (next.spec.timeZone !== prev.spec.timeZone) checkTimeZone(errors, next.spec.timeZone);
    return errors;
  },
  row,
};
