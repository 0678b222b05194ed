import { describe, expect, it } from "vitest";
import { created, createErrors, updateErrors } from "../judge.ts";
import { cronJob } from "./cron-job.ts";
import { parseCron } from "./cron-schedule.ts";
import { parseIndexes } from "./indexes.ts";
import { job } from "./job.ts";
import type { CronJob, CronJobSpec, Job, JobSpec } from "./v1-types.ts";

const NOW_MS = Date.parse("2026-01-01T00:05:00Z");
const UID = "11111111-2222-3333-4444-555555555555";
const metadata = { name: "run", namespace: "default", uid: UID, creationTimestamp: "2026-01-01T00:00:00Z" };
const podSpec = { restartPolicy: "Never" as const, containers: [{ name: "main", image: "busybox:1" }] };

const makeJob = (spec: Partial<JobSpec> = {}): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata,
  spec: { template: { spec: podSpec }, ...spec },
});

const makeCron = (spec: Partial<CronJobSpec> = {}): CronJob => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata,
  spec: { schedule: "*/5 * * * *", jobTemplate: { spec: { template: { spec: podSpec } } }, ...spec },
});

describe("Job", () => {
  it("JOB-1 makes its selector and labels from its uid", () => {
    const { spec } = created(job, makeJob());
    expect(spec.selector).toEqual({ matchLabels: { "batch.kubernetes.io/controller-uid": UID } });
    expect(spec.template.metadata?.labels).toEqual({
      "batch.kubernetes.io/controller-uid": UID,
      "batch.kubernetes.io/job-name": "run",
      "controller-uid": UID,
      "job-name": "run",
    });
  });

  it("JOB-2 defaults", () => {
    expect(created(job, makeJob()).spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: "TerminatingOrFailed",
    });
  });

  const bad: [name: string, spec: Partial<JobSpec>, errors: string[]][] = [
    [
      "pods that run for ever",
      { template: { spec: { ...podSpec, restartPolicy: "Always" } } },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      "fewer than no completions",
      { completions: -1 },
      ["spec.completions: Invalid value: -1: must be greater than or equal to 0"],
    ],
    [
      "indexes without a number",
      { completionMode: "Indexed", parallelism: 1 },
      ["spec.completions: Required value: when completion mode is Indexed"],
    ],
    [
      "back-off by index without indexes",
      { backoffLimitPerIndex: 1 },
      ["spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"],
    ],
  ];
  it.each(bad)("JOB-3 %s", (_, spec, errors) => {
    expect(createErrors(job, makeJob(spec))).toEqual(errors);
  });

  it("JOB-4 completions stay", () => {
    const errors = updateErrors(job, makeJob(), ({ spec }) => {
      spec.completions = 2;
    });
    expect(errors).toEqual(["spec.completions: Invalid value: 2: field is immutable"]);
  });

  it("JOB-5 rows", () => {
    const running = makeJob({ completions: 3 });
    running.status = { succeeded: 1, startTime: "2026-01-01T00:04:00Z" };
    expect(job.row?.(running, NOW_MS)).toEqual(["run", "Running", "1/3", "60s", "5m", "main", "busybox:1", "<none>"]);
    const done = makeJob({ parallelism: 2 });
    done.status = {
      succeeded: 2,
      startTime: "2026-01-01T00:00:00Z",
      completionTime: "2026-01-01T00:00:07Z",
      conditions: [{ type: "Complete", status: "True" }],
    };
    expect(job.row?.(done, NOW_MS).slice(0, 4)).toEqual(["run", "Complete", "2/1 of 2", "7s"]);
  });
});

describe("CronJob", () => {
  it("CRON-1 defaults", () => {
    expect(created(cronJob, makeCron()).spec).toMatchObject({
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
  });

  const bad: [name: string, spec: Partial<CronJobSpec>, errors: string[]][] = [
    ["no schedule", { schedule: "" }, ["spec.schedule: Required value"]],
    [
      "too few fields",
      { schedule: "* * *" },
      ['spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]'],
    ],
    [
      "a zone in the schedule",
      { schedule: "TZ=UTC 0 * * * *" },
      [
        'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [
      "a zone nobody knows",
      { timeZone: "Mars/Olympus" },
      ['spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus'],
    ],
    [
      "another policy",
      { concurrencyPolicy: "Maybe" as "Allow" },
      ['spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"'],
    ],
  ];
  it.each(bad)("CRON-2 %s", (_, spec, errors) => {
    expect(createErrors(cronJob, makeCron(spec))).toEqual(errors);
  });

  it("CRON-3 names leave room for the jobs' suffix", () => {
    const long = makeCron();
    long.metadata = { ...metadata, name: "a".repeat(53) };
    expect(createErrors(cronJob, long)).toEqual([
      `metadata.name: Invalid value: "${"a".repeat(53)}": must be no more than 52 characters`,
    ]);
  });

  it("CRON-4 row", () => {
    const object = makeCron({ suspend: false });
    object.status = { lastScheduleTime: "2026-01-01T00:04:00Z", active: [{}] };
    expect(cronJob.row?.(object, NOW_MS)).toEqual([
      "run",
      "*/5 * * * *",
      "<none>",
      "False",
      1,
      "60s",
      "5m",
      "main",
      "busybox:1",
      "<none>",
    ]);
  });

  const schedules: [text: string, fields: object][] = [
    ["*/20 * * * *", { minutes: [0, 20, 40] }],
    ["0 9-17/4 * * mon-wed", { hours: [9, 13, 17], daysOfWeek: [1, 2, 3], anyDayOfWeek: false }],
    ["1,3 0 1 jan *", { minutes: [1, 3], daysOfMonth: [1], months: [1], anyDayOfWeek: true }],
    ["@daily", { minutes: [0], hours: [0] }],
  ];
  it.each(schedules)("CRON-5 %s", (text, fields) => {
    expect(parseCron(text)).toMatchObject({ fields });
  });
});

describe("indexes of completed pods", () => {
  it("INDEX-1 single ones and runs", () => {
    expect(parseIndexes("1,3-5,7", 10)).toMatchObject({ total: 5 });
  });
});
