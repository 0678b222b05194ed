import { describe, expect, it } from "vitest";
import { parseCron } from "../../kinds/batch/cron-schedule.ts";
import type { CronJob, Job } from "../../kinds/batch/v1-types.ts";
import { controlledBy, metadata } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { nextTime } from "./next.ts";
import { planCronJob, SCHEDULED_AT } from "./plan.ts";
import { momentOf, offsetMs } from "./zone.ts";

const next = (schedule: string, after: string, zone?: string) => {
  const at = nextTime(parseCron(schedule), zone, Date.parse(after));
  return at === undefined ? undefined : new Date(at).toISOString().replace(".000", "");
};

describe("nextTime", () => {
  // The cases without a zone are those of robfig/cron's own behaviour in UTC.
  it.each([
    ["[CT1] every minute", "* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"],
    ["[CT2] from within a minute", "* * * * *", "2026-01-01T00:00:30.500Z", "2026-01-01T00:01:00Z"],
    ["[CT3] every 15 minutes", "*/15 * * * *", "2026-01-01T00:45:00Z", "2026-01-01T01:00:00Z"],
    ["[CT4] over midnight", "0 5 * * *", "2026-01-01T05:00:00Z", "2026-01-02T05:00:00Z"],
    ["[CT5] over the year's end", "30 3 1 1 *", "2026-01-01T03:30:00Z", "2027-01-01T03:30:00Z"],
    ["[CT6] a weekday", "0 0 * * mon", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z"],
    ["[CT7] both days restricted: either", "0 0 13 * fri", "2026-01-03T00:00:00Z", "2026-01-09T00:00:00Z"],
    ["[CT8] the 29th of February", "0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"],
    ["[CT9] a day that never comes", "0 0 31 2 *", "2026-01-01T00:00:00Z", undefined],
    ["[CT10] a list and a range", "5,10-12 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"],
    ["[CT11] @every", "@every 90s", "2026-01-01T00:00:00.700Z", "2026-01-01T00:01:30Z"],
    ["[CT12] @hourly", "@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"],
    ["[CT13] step from a start", "30 6-16/4 * * 1-5", "2026-01-02T14:30:00Z", "2026-01-05T06:30:00Z"],
  ] as const)("%s", (_name, schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected);
  });

  it.each([
    ["[CZ1] the zone's clocks count", "0 9 * * *", "2026-01-15T00:00:00Z", "America/New_York", "2026-01-15T14:00:00Z"],
    [
      "[CZ2] in summer an hour earlier",
      "0 9 * * *",
      "2026-07-15T00:00:00Z",
      "America/New_York",
      "2026-07-15T13:00:00Z",
    ],
    // On 8 March 2026, 2:00 becomes 3:00.
    [
      "[CZ3] a time that is skipped waits for the next day",
      "30 2 * * *",
      "2026-03-08T05:00:00Z",
      "America/New_York",
      "2026-03-09T06:30:00Z",
    ],
    [
      "[CZ4] hourly goes on over the gap",
      "0 * * * *",
      "2026-03-08T06:00:00Z",
      "America/New_York",
      "2026-03-08T07:00:00Z",
    ],
    // On 1 November 2026, 2:00 becomes 1:00.
    [
      "[CZ5] an hour that comes twice: the first time",
      "30 1 * * *",
      "2026-11-01T04:00:00Z",
      "America/New_York",
      "2026-11-01T05:30:00Z",
    ],
    [
      "[CZ6] and the second time, too",
      "30 1 * * *",
      "2026-11-01T05:30:00Z",
      "America/New_York",
      "2026-11-01T06:30:00Z",
    ],
    [
      "[CZ7] midnight in a zone that skips one",
      "0 0 * * *",
      "2018-11-03T12:00:00Z",
      "America/Sao_Paulo",
      "2018-11-05T02:00:00Z",
    ],
    ["[CZ8] half hours", "0 0 * * *", "2026-01-15T00:00:00Z", "Asia/Kolkata", "2026-01-15T18:30:00Z"],
    [
      "[CZ9] a zone in the schedule comes first",
      "CRON_TZ=Asia/Kolkata 0 0 * * *",
      "2026-01-15T00:00:00Z",
      "America/New_York",
      "2026-01-15T18:30:00Z",
    ],
  ] as const)("%s", (_name, schedule, after, zone, expected) => {
    expect(next(schedule, after, zone)).toBe(expected);
  });

  it("[CZ10] clocks that show a time tell the moment", () => {
    expect(offsetMs("Asia/Kolkata", 0)).toBe(19_800_000);
    expect(offsetMs(undefined, 0)).toBe(0);
    expect(momentOf("America/New_York", Date.UTC(2026, 6, 1, 12))).toBe(Date.parse("2026-07-01T16:00:00Z"));
  });
});

const NOW = Date.parse("2026-01-01T12:00:30Z");
const cron = (spec: Partial<CronJob["spec"]> = {}, status: object = {}, meta: object = {}): CronJob =>
  ({
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: metadata("tick", { creationTimestamp: "2026-01-01T11:30:00Z", ...meta }),
    spec: {
      schedule: "0 * * * *",
      concurrencyPolicy: "Allow",
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        metadata: { labels: { a: "b" }, annotations: { c: "d" } },
        spec: { template: { spec: { containers: [] } } },
      },
      ...spec,
    },
    status,
  }) as CronJob;

type How = "running" | "complete" | "failed";
const jobOf = (owner: CronJob, name: string, how: How, more: { at?: string; scheduled?: boolean } = {}): Job => {
  const { at = "2026-01-01T11:59:00Z", scheduled = true } = more;
  const condition = {
    running: [],
    complete: [{ type: "Complete", status: "True" }],
    failed: [{ type: "Failed", status: "True" }],
  }[how];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(name, { ...controlledBy(owner), ...(scheduled && { annotations: { [SCHEDULED_AT]: at } }) }),
    spec: { template: {} },
    status: { startTime: at, conditions: condition, ...(how === "complete" && { completionTime: at }) },
  } as Job;
};
const listed = (...names: string[]) => ({
  active: names.map((name) => ({ kind: "Job", name, uid: `uid-of-${name}` })),
});

const plan = (cronJob: CronJob, jobs: Job[] = [], options: { nowMs?: number; others?: Job[] } = {}): Plan =>
  planCronJob({
    cronJob,
    jobs,
    jobNamed: (name) => [...jobs, ...(options.others ?? [])].find(({ metadata: { name: its } }) => its === name),
    nowMs: options.nowMs ?? NOW,
  });
const steps = ({ actions }: Plan) =>
  actions
    .filter(({ op }) => op.resource === "jobs.batch")
    .map(
      ({ op }) =>
        `${op.verb} ${op.verb === "create" ? (op.object as { metadata: { name: string } }).metadata.name : "name" in op ? op.name : ""}`,
    );
const statusOf = ({ actions }: Plan) =>
  (
    actions.find(({ op }) => op.resource === "cronjobs.batch")?.op as unknown as
      | { patch: { status: { [field: string]: unknown } } }
      | undefined
  )?.patch.status;
const reasons = ({ events = [] }: Plan) => events.map(({ reason }) => reason);
/** Noon of that day in minutes since the epoch. */
const NOON = `tick-${Date.parse("2026-01-01T12:00:00Z") / 60_000}`;

describe("planCronJob", () => {
  it("[CJ1] starts the Job whose time has come, once, and remembers that it did", () => {
    const result = plan(cron());
    expect(steps(result)).toEqual([`create ${NOON}`]);
    expect(result.actions[0]).toMatchObject({
      op: {
        object: {
          metadata: {
            labels: { a: "b" },
            annotations: { c: "d", [SCHEDULED_AT]: "2026-01-01T12:00:00Z" },
            ownerReferences: [{ kind: "CronJob", controller: true }],
          },
        },
      },
      event: { type: "Normal", reason: "SuccessfulCreate", message: `Created job ${NOON}` },
    });
    expect(statusOf(result)).toEqual({ lastScheduleTime: "2026-01-01T12:00:00Z" });
    expect(result.actions[1]?.needs).toBe(0);
    expect(result.againAtMs).toBe(Date.parse("2026-01-01T13:00:00.100Z"));
    expect(steps(plan(cron({}, { lastScheduleTime: "2026-01-01T12:00:00Z" })))).toEqual([]);
  });

  it.each<{ name: string; cronJob: CronJob; does: string[]; tells?: string[] }>([
    {
      name: "[CJ2] not before its time",
      cronJob: cron({}, {}, { creationTimestamp: "2026-01-01T12:00:10Z" }),
      does: [],
    },
    { name: "[CJ3] suspended: nothing", cronJob: cron({ suspend: true }), does: [] },
    {
      name: "[CJ4] being deleted: nothing",
      cronJob: cron({}, {}, { deletionTimestamp: "2026-01-01T12:00:00Z" }),
      does: [],
    },
    { name: "[CJ5] too late for its deadline", cronJob: cron({ startingDeadlineSeconds: 10 }), does: [] },
    { name: "[CJ6] within its deadline", cronJob: cron({ startingDeadlineSeconds: 60 }), does: [`create ${NOON}`] },
    {
      name: "[CJ7] of several missed times only the last",
      cronJob: cron({}, { lastScheduleTime: "2026-01-01T05:00:00Z" }),
      does: [`create ${NOON}`],
    },
    {
      name: "[CJ8] of very many too, with a warning",
      cronJob: cron({}, { lastScheduleTime: "2025-12-01T05:00:00Z" }),
      does: [`create ${NOON}`],
      tells: ["TooManyMissedTimes"],
    },
    {
      name: "[CJ9] a schedule that names no time",
      cronJob: cron({ schedule: "0 0 31 2 *" }),
      does: [],
      tells: ["InvalidSchedule"],
    },
    {
      name: "[CJ10] a schedule that cannot be read",
      cronJob: cron({ schedule: "x" }),
      does: [],
      tells: ["UnparseableSchedule"],
    },
    {
      name: "[CJ30] a zone in the schedule is warned of, and holds",
      cronJob: cron({ schedule: "TZ=Asia/Kolkata 0 0 31 2 *" }),
      does: [],
      tells: ["UnsupportedSchedule", "InvalidSchedule"],
    },
    {
      name: "[CJ11] a zone that nobody knows",
      cronJob: cron({ timeZone: "Mars/Olympus" }),
      does: [],
      tells: ["UnknownTimeZone"],
    },
  ])("$name", ({ cronJob, does, tells = [] }) => {
    const result = plan(cronJob);
    expect([steps(result), reasons(result)]).toEqual([does, tells]);
  });

  it("[CJ12] writes the scheduled time in the zone", () => {
    const result = plan(cron({ timeZone: "Asia/Kolkata", schedule: "30 17 * * *" }));
    expect(result.actions[0]?.op).toMatchObject({
      object: { metadata: { annotations: { [SCHEDULED_AT]: "2026-01-01T17:30:00+05:30" } } },
    });
  });

  it("[CJ13] Forbid: not while another runs", () => {
    const cronJob = cron({ concurrencyPolicy: "Forbid" }, listed("old"));
    const result = plan(cronJob, [jobOf(cronJob, "old", "running")]);
    expect([steps(result), reasons(result)]).toEqual([[], ["JobAlreadyActive"]]);
    expect(steps(plan(cronJob, [jobOf(cronJob, "old", "complete")]))).toEqual([`create ${NOON}`]);
  });

  it("[CJ14] Replace: the other goes", () => {
    const cronJob = cron({ concurrencyPolicy: "Replace" }, listed("old"));
    const result = plan(cronJob, [jobOf(cronJob, "old", "running")]);
    expect(steps(result)).toEqual(["delete old", `create ${NOON}`]);
    expect(statusOf(result)).toMatchObject({ active: null, lastScheduleTime: "2026-01-01T12:00:00Z" });
    expect(result.actions[2]?.needs).toBe(1);
  });

  it("[CJ15] lists what it started as soon as it shows; others are unexpected", () => {
    const cronJob = cron({}, { lastScheduleTime: "2026-01-01T12:00:00Z" });
    const started = plan(cronJob, [jobOf(cronJob, NOON, "running")]);
    expect(statusOf(started)).toMatchObject({
      active: [{ apiVersion: "batch/v1", kind: "Job", name: NOON, uid: `uid-of-${NOON}` }],
    });
    const manual = plan(cronJob, [jobOf(cronJob, "manual", "running", { scheduled: false })]);
    expect([statusOf(manual), reasons(manual)]).toEqual([undefined, ["UnexpectedJob"]]);
  });

  it("[CJ16] takes finished and missing Jobs off the list, and notes the last success", () => {
    const cronJob = cron({ suspend: true }, listed("done", "broken", "lost"));
    const result = plan(cronJob, [
      jobOf(cronJob, "done", "complete", { at: "2026-01-01T11:45:00Z" }),
      jobOf(cronJob, "broken", "failed"),
    ]);
    expect(result.events?.map(({ message }) => message)).toEqual([
      "Saw completed job: done, condition: Complete",
      "Saw completed job: broken, condition: Failed",
      "Active job went missing: lost",
    ]);
    expect(statusOf(result)).toEqual({ active: null, lastSuccessfulTime: "2026-01-01T11:45:00Z" });
  });

  it("[CJ17] one that was made but not noted is noted, not made again; another's of that name is left alone", () => {
    const cronJob = cron();
    const made = plan(cronJob, [jobOf(cronJob, NOON, "complete")]);
    expect([steps(made), statusOf(made)?.lastScheduleTime]).toEqual([[], "2026-01-01T12:00:00Z"]);
    const taken = plan(cronJob, [], { others: [jobOf(cron({}, {}, { uid: "other" }), NOON, "running")] });
    expect([steps(taken), statusOf(taken)]).toEqual([[], undefined]);
  });

  it("[CJ18] keeps history to its limits, the oldest going first", () => {
    const cronJob = cron({ suspend: true });
    const jobs = [
      ...["11:05", "11:01", "11:03", "11:02", "11:04"].map((at) =>
        jobOf(cronJob, `ok-${at}`, "complete", { at: `2026-01-01T${at}:00Z` }),
      ),
      ...["11:01", "11:02"].map((at) => jobOf(cronJob, `bad-${at}`, "failed", { at: `2026-01-01T${at}:00Z` })),
    ];
    expect(steps(plan(cronJob, jobs))).toEqual(["delete ok-11:01", "delete ok-11:02", "delete bad-11:01"]);
    expect(
      steps(plan(cron({ suspend: true, successfulJobsHistoryLimit: 0 }), [jobOf(cronJob, "ok", "complete")])),
    ).toEqual(["delete ok"]);
  });

  it("[CJ19] waits for its next time", () => {
    expect(plan(cron({ schedule: "*/5 * * * *" }, { lastScheduleTime: "2026-01-01T12:00:00Z" })).againAtMs).toBe(
      Date.parse("2026-01-01T12:05:00.100Z"),
    );
    expect(plan(cron({ suspend: true })).againAtMs).toBeUndefined();
  });
});
