import { type CronSchedule, isTimeZone, parseCron } from "../../kinds/batch/cron-schedule.ts";
import type { CronJob, CronJobStatus, Job } from "../../kinds/batch/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { findTrue, isFinished } from "../job/conditions.ts";
import type { Action, EventDraft, Plan } from "../runner/controller.ts";
import { controllerReference, createOp, deleteOp, statusOp } from "../runner/ops.ts";
import { CRON_JOBS, JOBS } from "../view/resources.ts";
import { createdMs } from "../workload/pods.ts";
import { nextTime } from "./next.ts";
import { dueTime, nextLookMs } from "./schedule.ts";
import { offsetMs } from "./zone.ts";

export const SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp";

export interface SeenCronJob {
  cronJob: CronJob;
  /** Jobs it controls. */
  jobs: readonly Job[];
  /** Any Job of its namespace. */
  jobNamed(name: string): Job | undefined;
  nowMs: number;
}

interface Draft {
  cronJob: CronJob;
  active: NonNullable<CronJobStatus["active"]>;
  lastScheduleTime: string | undefined;
  lastSuccessfulTime: string | undefined;
  actions: Action[];
  events: EventDraft[];
  /** Index of the action that the status must wait for. */
  statusNeeds?: number;
  againAtMs?: number;
}

/** Decides what one CronJob needs now: a Job whose time has come, its list of running ones, and its history. */
export function planCronJob(seen: SeenCronJob): Plan {
  const { cronJob, jobs } = seen;
  const draft: Draft = {
    cronJob,
    active: cronJob.status?.active ?? [],
    lastScheduleTime: cronJob.status?.lastScheduleTime,
    lastSuccessfulTime: cronJob.status?.lastSuccessfulTime,
    actions: [],
    events: [],
  };
  noteJobs(draft, jobs);
  if (!cronJob.metadata.deletionTimestamp && !cronJob.spec.suspend) start(draft, seen);
  forgetOld(draft, jobs);
  const status: CronJobStatus = {
    ...(draft.active.length > 0 && { active: draft.active }),
    ...(draft.lastScheduleTime && { lastScheduleTime: draft.lastScheduleTime }),
    ...(draft.lastSuccessfulTime && { lastSuccessfulTime: draft.lastSuccessfulTime }),
  };
  const write = statusOp(CRON_JOBS, cronJob, status);
  const needs = draft.statusNeeds === undefined ? {} : { needs: draft.statusNeeds };
  return {
    actions: write ? [...draft.actions, { op: write, ...needs }] : draft.actions,
    events: draft.events,
    ...(draft.againAtMs !== undefined && { againAtMs: draft.againAtMs }),
  };
}

const tell = (draft: Draft, type: "Normal" | "Warning", reason: string, message: string): void => {
  draft.events.push({ about: draft.cronJob, type, reason, message });
};

/** Keeps the list of running Jobs and the time of the last success. */
function noteJobs(draft: Draft, jobs: readonly Job[]): void {
  const known = new Set(jobs.map(({ metadata }) => metadata.uid));
  for (const job of jobs) {
    const { uid, name = "" } = job.metadata;
    const isListed = draft.active.some((reference) => reference.uid === uid);
    if (isFinished(job)) {
      if (isListed) {
        draft.active = draft.active.filter((reference) => reference.uid !== uid);
        const how = findTrue(job.status?.conditions ?? [], "Complete") ? "Complete" : "Failed";
        tell(draft, "Normal", "SawCompletedJob", `Saw completed job: ${name}, condition: ${how}`);
      }
      const at = job.status?.completionTime;
      if (at && (!draft.lastSuccessfulTime || at > draft.lastSuccessfulTime)) draft.lastSuccessfulTime = at;
    } else if (!isListed) {
      // One that this controller made is listed as soon as it shows; its uid was not known before.
      if (job.metadata.annotations?.[SCHEDULED_AT] !== undefined) draft.active = [...draft.active, referenceTo(job)];
      else tell(draft, "Warning", "UnexpectedJob", `Saw a job that the controller did not create or forgot: ${name}`);
    }
  }
  for (const reference of draft.active) {
    if (known.has(reference.uid)) continue;
    tell(draft, "Normal", "MissingJob", `Active job went missing: ${reference.name}`);
  }
  draft.active = draft.active.filter((reference) => known.has(reference.uid));
}

const referenceTo = ({ metadata }: Job) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  namespace: metadata.namespace ?? "",
  name: metadata.name ?? "",
  uid: metadata.uid ?? "",
  resourceVersion: metadata.resourceVersion ?? "",
});

/** Starts the Job whose time has come, if the policy allows. */
function start(draft: Draft, { cronJob, jobs, jobNamed, nowMs }: SeenCronJob): void {
  const { spec, metadata } = cronJob;
  const schedule = readSchedule(draft);
  if (!schedule) return;
  const next = (afterMs: number) => nextTime(schedule, spec.timeZone, afterMs);
  const look = nextLookMs(cronJob, next, nowMs);
  if (look !== undefined) draft.againAtMs = look;
  const due = dueTime(cronJob, next, nowMs, { useDeadline: true });
  if (due.isInvalid) {
    const why = "time difference between two schedules is less than 1 second";
    tell(draft, "Warning", "InvalidSchedule", `invalid schedule: ${spec.schedule} : ${why}`);
    return;
  }
  if (due.missed === "many") {
    const advice = "Set or decrease .spec.startingDeadlineSeconds or check clock skew";
    tell(draft, "Warning", "TooManyMissedTimes", `too many missed start times. ${advice}`);
  }
  if (due.atMs === undefined) return;
  const deadline = spec.startingDeadlineSeconds;
  if (deadline !== undefined && due.atMs + deadline * 1_000 < nowMs) {
    const missed = new Date(due.atMs).toUTCString().replace("GMT", "+0000");
    tell(draft, "Warning", "MissSchedule", `Missed scheduled time to start a job: ${missed}`);
    return;
  }
  const scheduled = formatTime(due.atMs);
  // Minutes since the epoch: the same time gives the same name, so it starts once.
  const name = `${metadata.name}-${Math.floor(due.atMs / 60_000)}`;
  if (cronJob.status?.lastScheduleTime === scheduled || draft.active.some((active) => active.name === name)) return;
  if (spec.concurrencyPolicy === "Forbid" && draft.active.length > 0) {
    const why = "prior execution is running and concurrency policy is Forbid";
    tell(draft, "Normal", "JobAlreadyActive", `Not starting job because ${why}`);
    return;
  }
  const existing = jobNamed(name);
  if (existing) {
    // Made before, but the status did not get to say so. One that is somebody else's keeps the name.
    if (jobs.includes(existing)) draft.lastScheduleTime = scheduled;
    return;
  }
  if (spec.concurrencyPolicy === "Replace") {
    for (const job of jobs.filter(({ metadata: { uid } }) => draft.active.some((active) => active.uid === uid))) {
      draft.actions.push(deleteJob(cronJob, job));
    }
    draft.active = [];
  }
  draft.lastScheduleTime = scheduled;
  draft.statusNeeds = draft.actions.push(createJob(cronJob, name, due.atMs)) - 1;
}

function readSchedule(draft: Draft): CronSchedule | undefined {
  const { schedule, timeZone } = draft.cronJob.spec;
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    tell(
      draft,
      "Warning",
      "UnknownTimeZone",
      `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`,
    );
    return undefined;
  }
  if (schedule.includes("TZ")) {
    const where = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/";
    const what = `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported`;
    tell(draft, "Warning", "UnsupportedSchedule", `${what}, see ${where} for more details`);
  }
  try {
    return parseCron(schedule);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    tell(draft, "Warning", "UnparseableSchedule", `unparseable schedule: ${JSON.stringify(schedule)} : ${why}`);
    return undefined;
  }
}

function createJob(cronJob: CronJob, name: string, atMs: number): Action {
  const { jobTemplate, timeZone } = cronJob.spec;
  const { labels, annotations } = jobTemplate.metadata ?? {};
  const object = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace: cronJob.metadata.namespace ?? "",
      ...(labels && { labels }),
      annotations: { ...annotations, [SCHEDULED_AT]: inZone(atMs, timeZone) },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: jobTemplate.spec,
  };
  return {
    op: createOp(JOBS, object),
    event: { about: cronJob, type: "Normal", reason: "SuccessfulCreate", message: `Created job ${name}` },
    failureEvent: ({ message = "", reason }) =>
      reason === "AlreadyExists"
        ? undefined
        : { about: cronJob, type: "Warning", reason: "FailedCreate", message: `Error creating job: ${message}` },
  };
}

/** RFC 3339 with the zone's own offset. */
function inZone(atMs: number, zone: string | undefined): string {
  const offset = offsetMs(zone, atMs);
  if (offset === 0) return formatTime(atMs);
  const minutes = Math.abs(offset) / 60_000;
  const two = (number: number) => String(Math.floor(number)).padStart(2, "0");
  return `${formatTime(atMs + offset).slice(0, -1)}${offset > 0 ? "+" : "-"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

const deleteJob = (cronJob: CronJob, job: Job): Action => ({
  op: deleteOp(JOBS, job, { propagationPolicy: "Background" }),
  event: { about: cronJob, type: "Normal", reason: "SuccessfulDelete", message: `Deleted job ${job.metadata.name}` },
  failureEvent: ({ message = "" }) => ({
    about: cronJob,
    type: "Warning",
    reason: "FailedDelete",
    message: `Deleted job: ${message}`,
  }),
});

/** Deletes finished Jobs beyond the history limits, oldest first. */
function forgetOld(draft: Draft, jobs: readonly Job[]): void {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = draft.cronJob.spec;
  const finished = (type: string) => jobs.filter(({ status }) => findTrue(status?.conditions ?? [], type));
  const started = (job: Job) => Date.parse(job.status?.startTime ?? "") || createdMs(job);
  for (const [list, limit] of [
    [finished("Complete"), successfulJobsHistoryLimit],
    [finished("Failed"), failedJobsHistoryLimit],
  ] as const) {
    if (limit === undefined) continue;
    const oldest = list.filter(({ metadata }) => !metadata.deletionTimestamp).sort((a, b) => started(a) - started(b));
    for (const job of oldest.slice(0, Math.max(0, oldest.length - limit)))
      draft.actions.push(deleteJob(draft.cronJob, job));
  }
}
