import { describe, expect, it } from "vitest";
import type { Job } from "../../kinds/batch/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { controlledBy, metadata, pod } from "../../test/fakes/cluster-objects.ts";
import type { Failure, Plan } from "../runner/controller.ts";
import { planTtl } from "../ttl/controller.ts";
import { View } from "../view/view.ts";
import { jobController } from "./controller.ts";
import { IndexSet } from "./index-set.ts";
import { finishedMs, INDEX_FAILURES, INDEX_KEY, jobBackoffUntilMs, TRACKING_FINALIZER } from "./job-pods.ts";
import { planJob, planOrphan } from "./plan.ts";
import { judgeFailure, matchSuccessPolicy } from "./policies.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const TIME = "2026-01-01T01:00:00Z";
const START = "2026-01-01T00:00:00Z";

type Spec = Partial<Job["spec"]>;
const job = (spec: Spec = {}, status: object = { startTime: START }, meta: object = {}): Job =>
  ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata("sum", meta),
    spec: {
      parallelism: 2,
      completions: 4,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      podReplacementPolicy: "TerminatingOrFailed",
      selector: { matchLabels: { job: "sum" } },
      template: {
        metadata: { labels: { job: "sum" } },
        spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
      },
      ...spec,
    },
    status,
  }) as Job;
const indexed = (spec: Spec = {}, status?: object) => job({ completionMode: "Indexed", ...spec }, status);

type State = "running" | "ready" | "succeeded" | "failed" | "terminating";
interface PodEdits {
  state?: State;
  index?: number;
  tracked?: boolean;
  failures?: number;
  finishedAt?: string;
  exitCode?: number;
  conditions?: object[];
  restarts?: number;
}
const podsOf = (owner: Job, edits: (PodEdits | State)[]): Pod[] =>
  edits.map((edit, i) => {
    const {
      state = "running",
      index,
      tracked = true,
      failures,
      finishedAt = "2026-01-01T00:10:00Z",
      exitCode = 1,
      conditions = [],
      restarts = 0,
    } = typeof edit === "string" ? { state: edit } : edit;
    const ended = state === "failed" || state === "succeeded";
    return pod(`p${i}`, {
      metadata: {
        ...controlledBy(owner),
        labels: { job: "sum" },
        ...(tracked && { finalizers: [TRACKING_FINALIZER] }),
        ...(state === "terminating" && { deletionTimestamp: TIME }),
        annotations: {
          ...(index !== undefined && { [INDEX_KEY]: String(index) }),
          ...(failures !== undefined && { [INDEX_FAILURES]: String(failures) }),
        },
      },
      spec: { nodeName: "n1" },
      status: {
        phase: {
          running: "Running",
          ready: "Running",
          succeeded: "Succeeded",
          failed: "Failed",
          terminating: "Running",
        }[state],
        conditions: [
          ...(state === "ready" ? [{ type: "Ready", status: "True", lastTransitionTime: START }] : []),
          ...conditions,
        ],
        containerStatuses: [
          {
            name: "c",
            restartCount: restarts,
            ...(ended && { state: { terminated: { exitCode: state === "failed" ? exitCode : 0, finishedAt } } }),
          },
        ],
      },
    });
  });

const plan = (
  owner: Job,
  edits: (PodEdits | State)[] = [],
  more: { orphans?: Pod[]; failures?: Failure[]; nowMs?: number } = {},
): Plan =>
  planJob({
    job: owner,
    controlled: podsOf(owner, edits),
    orphans: more.orphans ?? [],
    failures: more.failures ?? [],
    nowMs: more.nowMs ?? NOW,
    random: seededRandom(1),
  });

const steps = ({ actions }: Plan) => {
  const count: { [what: string]: number } = {};
  for (const { op } of actions) {
    if (op.resource === "jobs.batch") continue;
    const what = op.verb === "patch" && op.patchType === "json" ? "release" : op.verb;
    count[what] = (count[what] ?? 0) + 1;
  }
  return count;
};
type StatusPatch = {
  [field: string]: unknown;
  conditions?: { type: string; status: string; reason: string; message: string }[];
};
const statusOf = ({ actions }: Plan): StatusPatch =>
  (
    actions.find(({ op }) => op.resource === "jobs.batch")?.op as unknown as
      | { patch: { status: StatusPatch } }
      | undefined
  )?.patch.status ?? {};
const conditionsOf = (result: Plan) =>
  (statusOf(result).conditions ?? []).map(({ type, status, reason }) => `${type}=${status}/${reason}`);
const created = ({ actions }: Plan) =>
  actions.flatMap(({ op }) => (op.verb === "create" ? [op.object as unknown as Pod] : []));

describe("IndexSet", () => {
  it.each([
    { name: "[IX1] reads and writes intervals", text: "1,3-5,7", completions: 10, out: "1,3-5,7" },
    { name: "[IX2] leaves out what lies beyond the completions", text: "1,3-5,7-9", completions: 8, out: "1,3-5,7" },
    { name: "[IX3] joins what touches", text: "0,1,2-3,5", completions: 10, out: "0-3,5" },
    { name: "[IX4] nothing", text: "", completions: 10, out: "" },
  ])("$name", ({ text, completions, out }) => {
    expect(IndexSet.parse(text, completions).toString()).toBe(out);
  });

  it("[IX5] has, size, union, overlap, and what is missing", () => {
    const set = IndexSet.parse("1,3-5", 10);
    expect([0, 1, 2, 3, 5, 6].map((i) => set.has(i))).toEqual([false, true, false, true, true, false]);
    expect(set.size).toBe(4);
    expect(set.with(IndexSet.of([2, 9])).toString()).toBe("1-5,9");
    expect(set.overlap(IndexSet.parse("4-8", 10))).toBe(2);
    expect(set.missing(3, 10)).toEqual([0, 2, 6]);
    expect(set.missing(9, 7)).toEqual([0, 2, 6]);
  });
});

describe("policies", () => {
  const withRules = (...rules: object[]) => job({ podFailurePolicy: { rules } as never });
  const failedPod = (edit: PodEdits = {}) => podsOf(job(), [{ state: "failed", ...edit }])[0]!;
  const onExit = (action: string, operator: string, values: number[], containerName?: string) => ({
    action,
    onExitCodes: { operator, values, ...(containerName && { containerName }) },
  });

  it.each([
    { name: "[PF1] no rule: counts", rules: [], pod: failedPod(), action: undefined, counts: true },
    {
      name: "[PF2] Ignore does not count",
      rules: [onExit("Ignore", "In", [1])],
      pod: failedPod(),
      action: "Ignore",
      counts: false,
    },
    {
      name: "[PF3] the first rule that matches decides",
      rules: [onExit("Count", "In", [9]), onExit("FailJob", "NotIn", [9]), onExit("Ignore", "In", [1])],
      pod: failedPod(),
      action: "FailJob",
      counts: true,
    },
    {
      name: "[PF4] exit code 0 never matches",
      rules: [onExit("FailJob", "NotIn", [9])],
      pod: failedPod({ exitCode: 0 }),
      action: undefined,
      counts: true,
    },
    {
      name: "[PF5] only the named container",
      rules: [onExit("FailJob", "In", [1], "other")],
      pod: failedPod(),
      action: undefined,
      counts: true,
    },
    {
      name: "[PF6] by condition",
      rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
      pod: failedPod({ conditions: [{ type: "DisruptionTarget", status: "True" }] }),
      action: "Ignore",
      counts: false,
    },
  ])("$name", ({ rules, pod: failed, action, counts }) => {
    expect(judgeFailure(withRules(...rules), failed)).toMatchObject({ action, counts });
  });

  it("[PF7] says why the Job fails", () => {
    expect(judgeFailure(withRules(onExit("FailJob", "In", [42])), failedPod({ exitCode: 42 })).failJobMessage).toBe(
      "Container c for pod default/p0 failed with exit code 42 matching FailJob rule at index 0",
    );
    const rule = { action: "FailJob", onPodConditions: [{ type: "ConfigIssue" }] };
    expect(
      judgeFailure(withRules(rule), failedPod({ conditions: [{ type: "ConfigIssue", status: "True" }] }))
        .failJobMessage,
    ).toBe("Pod default/p0 has condition ConfigIssue matching FailJob rule at index 0");
  });

  it.each([
    { name: "[SP1] a count", rules: [{ succeededCount: 2 }], succeeded: "0,3", met: true },
    { name: "[SP2] not enough", rules: [{ succeededCount: 3 }], succeeded: "0,3", met: false },
    { name: "[SP3] certain indexes", rules: [{ succeededIndexes: "0,2-3" }], succeeded: "0,2-3", met: true },
    { name: "[SP4] one of them missing", rules: [{ succeededIndexes: "0,2-3" }], succeeded: "0-2", met: false },
    {
      name: "[SP5] some of certain indexes",
      rules: [{ succeededIndexes: "0,2-3", succeededCount: 2 }],
      succeeded: "1-2,3",
      met: true,
    },
    {
      name: "[SP6] others do not count",
      rules: [{ succeededIndexes: "0,2", succeededCount: 2 }],
      succeeded: "1-3",
      met: false,
    },
    { name: "[SP7] no policy", rules: [], succeeded: "0-3", met: false },
  ])("$name", ({ rules, succeeded, met }) => {
    const owner = indexed({ successPolicy: { rules } as never });
    expect(matchSuccessPolicy(owner, IndexSet.parse(succeeded, 4)) !== undefined).toBe(met);
  });
});

describe("planJob: running", () => {
  it("[JB1] starts: time, pods up to parallelism, each tracked", () => {
    const result = plan(job({}, {}));
    expect(statusOf(result)).toMatchObject({
      startTime: TIME,
      active: 2,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
    });
    expect(created(result)).toHaveLength(2);
    expect(created(result)[0]).toMatchObject({
      metadata: {
        generateName: "sum-",
        labels: { job: "sum" },
        finalizers: [TRACKING_FINALIZER],
        ownerReferences: [{ kind: "Job", controller: true }],
      },
      spec: { restartPolicy: "Never" },
    });
  });

  it.each<{ name: string; owner: Job; pods: (PodEdits | State)[]; does: object; active?: number }>([
    {
      name: "[JB2] never more than are still needed",
      owner: job({ parallelism: 5 }, { startTime: START, succeeded: 3 }),
      pods: [],
      does: { create: 1 },
    },
    {
      name: "[JB3] what finished but is not counted yet is not needed again",
      owner: job({ completions: 2 }),
      pods: ["succeeded", "running"],
      does: { release: 1 },
    },
    {
      name: "[JB4] too many: the surplus goes without being counted",
      owner: job({ parallelism: 1 }),
      pods: ["running", "ready"],
      does: { release: 1, delete: 1 },
    },
    {
      name: "[JB5] without completions: parallelism",
      owner: job({ completions: undefined as never, parallelism: 3 }),
      pods: ["running"],
      does: { create: 2 },
    },
    {
      name: "[JB6] without completions, after a success: no more",
      owner: job({ completions: undefined as never, parallelism: 3 }),
      pods: ["succeeded", "running"],
      does: { release: 1 },
    },
    {
      name: "[JB7] parallelism 0 stops all",
      owner: job({ parallelism: 0 }),
      pods: ["running", "running"],
      does: { release: 2, delete: 2 },
    },
    {
      name: "[JB8] a pod on its way out is replaced at once, and counts as failed",
      owner: job({ parallelism: 1 }),
      pods: [{ state: "terminating" }],
      does: { create: 1, release: 1 },
    },
    {
      name: "[JB9] podReplacementPolicy Failed: not before it has failed",
      owner: job({ parallelism: 1, podReplacementPolicy: "Failed" }),
      pods: [{ state: "terminating" }],
      does: {},
    },
    {
      name: "[JB10] being deleted: only finalizers",
      owner: job({}, { startTime: START }, { deletionTimestamp: TIME }),
      pods: ["running"],
      does: { release: 1 },
    },
    { name: "[JB11] somebody else's Job", owner: job({ managedBy: "example.com/queue" }), pods: [], does: {} },
    {
      name: "[JB12] our own name",
      owner: job({ managedBy: "kubernetes.io/job-controller" }),
      pods: [],
      does: { create: 2 },
    },
    {
      name: "[JB13] finished: nothing",
      owner: job({}, { conditions: [{ type: "Complete", status: "True" }] }),
      pods: ["running"],
      does: {},
    },
  ])("$name", ({ owner, pods, does }) => {
    // Long after any failure, so that no back-off is in the way.
    expect(steps(plan(owner, pods, { nowMs: NOW + 3_600_000 }))).toEqual(does);
  });

  it("[JB14] backs off after failures: 10 s, 20 s, … from the last, and starts anew after a success", () => {
    const at = (finishedAt: string): PodEdits => ({ state: "failed", finishedAt });
    const owner = job();
    expect(jobBackoffUntilMs(podsOf(owner, [at("2026-01-01T00:59:55Z")]), owner)).toBe(NOW + 5_000);
    const three = podsOf(owner, [at("2026-01-01T00:50:00Z"), at("2026-01-01T00:55:00Z"), at("2026-01-01T00:59:55Z")]);
    expect(jobBackoffUntilMs(three, owner)).toBe(NOW + 35_000);
    const success = podsOf(owner, [
      at("2026-01-01T00:50:00Z"),
      { state: "succeeded", finishedAt: "2026-01-01T00:55:00Z" },
      at("2026-01-01T00:59:55Z"),
    ]);
    expect(jobBackoffUntilMs(success, owner)).toBe(NOW + 5_000);
    expect(
      jobBackoffUntilMs(
        podsOf(
          owner,
          Array.from({ length: 30 }, () => at("2026-01-01T00:59:55Z")),
        ),
        owner,
      ),
    ).toBe(NOW + 595_000);
    const result = plan(job({ parallelism: 1 }), [at("2026-01-01T00:59:55Z")]);
    expect([steps(result), result.againAtMs]).toEqual([{ release: 1 }, NOW + 5_000]);
  });

  it("[JB16] pods that were refused are not counted as active", () => {
    const owner = job({ parallelism: 4 });
    const refused = { op: { resource: "pods", verb: "create" }, status: { code: 403 } } as unknown as Failure;
    expect(statusOf(plan(owner, ["running"])).active).toBe(4);
    const again = plan(owner, ["running"], { failures: [refused] });
    expect([statusOf(again).active, steps(again)]).toEqual([1, { create: 3 }]);
    expect(again.actions.filter(({ op }) => op.verb === "create").map(({ needs }) => needs)).toEqual([undefined, 0, 0]);
  });

  it.each([
    {
      name: "[JB17] a pod ends with its last sidecar",
      sidecar: "2026-01-01T00:10:09Z",
      endsAt: "2026-01-01T00:10:09Z",
    },
    { name: "[JB18] one whose sidecar runs has not ended that way", sidecar: undefined, endsAt: START },
  ])("$name", ({ sidecar, endsAt }) => {
    const ended = (finishedAt: string | undefined) => ({ state: finishedAt ? { terminated: { finishedAt } } : {} });
    const one = pod("p", {
      metadata: { creationTimestamp: START },
      spec: { initContainers: [{ name: "init" }, { name: "side", restartPolicy: "Always" }] },
      status: {
        phase: "Failed",
        containerStatuses: [{ name: "c", ...ended("2026-01-01T00:10:00Z") }],
        initContainerStatuses: [
          { name: "init", ...ended(undefined) },
          { name: "side", ...ended(sidecar) },
        ],
      },
    } as Parameters<typeof pod>[1]);
    expect(finishedMs(one)).toBe(Date.parse(endsAt));
  });

  it("[JB15] adopts with the finalizer and releases without it", () => {
    const stray = pod("stray", { metadata: { labels: { job: "sum" }, finalizers: ["x/y"] } });
    expect(plan(job({ parallelism: 1 }), [], { orphans: [stray] }).actions[0]?.op).toMatchObject({
      patch: { metadata: { ownerReferences: [{ uid: "uid-of-sum" }], finalizers: ["x/y", TRACKING_FINALIZER] } },
    });
    const owner = job({ parallelism: 0 });
    const [other] = podsOf(owner, ["running"]);
    other!.metadata.labels = { job: "other" };
    const result = planJob({
      job: owner,
      controlled: [other!],
      orphans: [],
      failures: [],
      nowMs: NOW,
      random: () => 0,
    });
    expect(result.actions[0]?.op).toMatchObject({ patch: { metadata: { ownerReferences: null, finalizers: null } } });
  });
});

describe("planJob: counting", () => {
  it("[JC1] a finished pod is written down, then released: in this order", () => {
    const result = plan(job({ completions: 5, parallelism: 3 }), ["succeeded", "failed", "running"], {
      nowMs: NOW + 3_600_000,
    });
    expect(statusOf(result).uncountedTerminatedPods).toEqual({ succeeded: ["uid-of-p0"], failed: ["uid-of-p1"] });
    expect(statusOf(result).succeeded).toBeUndefined();
    const at = result.actions.findIndex(({ op }) => op.resource === "jobs.batch");
    const releases = result.actions.filter(({ op }) => op.verb === "patch" && op.patchType === "json");
    expect(releases.map(({ needs }) => needs)).toEqual([at, at]);
  });

  it("[JC2] once released it moves into the counters", () => {
    const status = {
      startTime: START,
      succeeded: 1,
      uncountedTerminatedPods: { succeeded: ["uid-of-p0", "gone"], failed: ["uid-of-p1"] },
    };
    const result = plan(job({ completions: 9, parallelism: 0 }, status), [
      { state: "succeeded", tracked: false },
      { state: "failed", tracked: true },
    ]);
    expect(statusOf(result)).toMatchObject({ succeeded: 3, uncountedTerminatedPods: { succeeded: null } });
    expect(statusOf(result)).not.toHaveProperty("failed");
  });

  it("[JC3] one that was written down but not released is released, not counted again", () => {
    const status = { startTime: START, uncountedTerminatedPods: { failed: ["uid-of-p0"] } };
    const result = plan(job({ parallelism: 0 }, status), ["failed"]);
    expect(steps(result)).toEqual({ release: 1 });
    expect(statusOf(result)).not.toHaveProperty("uncountedTerminatedPods");
  });

  it("[JC4] at most 500 at once; the Job does not end before all are counted", () => {
    const result = plan(
      job({ completions: 600, parallelism: 600 }),
      Array.from({ length: 600 }, (): State => "succeeded"),
    );
    expect(steps(result)).toEqual({ release: 500 });
    expect(conditionsOf(result)).toEqual(["SuccessCriteriaMet=True/CompletionsReached"]);
  });

  it.each([
    { name: "[JC7] a finished Job's pod gives up its finalizer", spec: {}, gone: 1 },
    { name: "[JC8] not where somebody else manages the Job", spec: { managedBy: "example.com/queue" }, gone: 0 },
  ])("$name", ({ spec, gone }) => {
    const view = new View(registry);
    const owner = job(spec, { conditions: [{ type: "Complete", status: "True" }] });
    for (const [resource, object] of [
      ["jobs.batch", owner],
      ["pods", podsOf(owner, ["succeeded"])[0]!],
    ] as const) {
      view.table(resource)?.put(object);
      view.observe({ type: "added", resource, object });
    }
    const [pod] = view.pods.values();
    const key = `orphan:default/${pod?.metadata.name}`;
    expect(
      jobController.plan(key, view, { nowMs: NOW, random: () => 0, attempts: 0, failures: [] }).actions,
    ).toHaveLength(gone);
  });

  it("[JC5] an orphan's finalizer goes", () => {
    const [tracked, other] = podsOf(job(), ["running", { tracked: false }]);
    expect([planOrphan(tracked!).actions.length, planOrphan(other!).actions.length]).toEqual([1, 0]);
  });
});

describe("planJob: ending", () => {
  it("[JE1] complete: the criteria first, Complete when all is counted", () => {
    const first = plan(job({ completions: 1 }), ["succeeded"]);
    expect(conditionsOf(first)).toEqual(["SuccessCriteriaMet=True/CompletionsReached"]);
    expect(statusOf(first)).not.toHaveProperty("completionTime");
    const status = {
      startTime: START,
      uncountedTerminatedPods: { succeeded: ["uid-of-p0"] },
      conditions: [
        {
          type: "SuccessCriteriaMet",
          status: "True",
          reason: "CompletionsReached",
          message: "Reached expected number of succeeded pods",
        },
      ],
    };
    const second = plan(job({ completions: 1 }, status), [{ state: "succeeded", tracked: false }]);
    expect(conditionsOf(second)).toEqual([
      "SuccessCriteriaMet=True/CompletionsReached",
      "Complete=True/CompletionsReached",
    ]);
    expect(statusOf(second)).toMatchObject({
      succeeded: 1,
      completionTime: TIME,
      uncountedTerminatedPods: { succeeded: null },
    });
    expect(second.actions[0]?.event).toMatchObject({ type: "Normal", reason: "Completed", message: "Job completed" });
  });

  it.each<{ name: string; owner: Job; pods: (PodEdits | State)[]; reason: string; message: string }>([
    {
      name: "[JE2] too many failures",
      owner: job({ backoffLimit: 1 }, { startTime: START, failed: 1 }),
      pods: ["failed", "running"],
      reason: "BackoffLimitExceeded",
      message: "Job has reached the specified backoff limit",
    },
    {
      name: "[JE3] too many restarts with OnFailure",
      owner: job({
        backoffLimit: 3,
        template: { metadata: { labels: { job: "sum" } }, spec: { restartPolicy: "OnFailure", containers: [] } },
      }),
      pods: [{ restarts: 2 }, { restarts: 1 }],
      reason: "BackoffLimitExceeded",
      message: "Job has reached the specified backoff limit",
    },
    {
      name: "[JE4] active for too long",
      owner: job({ activeDeadlineSeconds: 3_600 }),
      pods: ["running", "running"],
      reason: "DeadlineExceeded",
      message: "Job was active longer than specified deadline",
    },
    {
      name: "[JE5] a failure that the policy takes for final",
      owner: job({
        podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [1] } }] },
      }),
      pods: ["failed", "running"],
      reason: "PodFailurePolicy",
      message: "Container c for pod default/p0 failed with exit code 1 matching FailJob rule at index 0",
    },
  ])("$name", ({ owner, pods, reason, message }) => {
    const result = plan(owner, pods);
    const active = pods.filter((edit) => edit !== "failed").length;
    expect(steps(result)).toEqual({ delete: active, release: pods.length });
    expect(statusOf(result).conditions).toMatchObject([{ type: "FailureTarget", status: "True", reason, message }]);
    expect(statusOf(result)).toMatchObject({ terminating: active });
    // Every pod that had not ended counts as failed.
    expect((statusOf(result).uncountedTerminatedPods as { failed: string[] }).failed).toHaveLength(pods.length);
    // It has failed only once its last pod is gone and counted.
    const status = { ...owner.status, ...statusOf(result), active: 0, terminating: 0 };
    const end = planJob({
      job: { ...owner, status } as Job,
      controlled: [],
      orphans: [],
      failures: [],
      nowMs: NOW,
      random: () => 0,
    });
    expect(conditionsOf(end)).toEqual([`FailureTarget=True/${reason}`, `Failed=True/${reason}`]);
    expect(end.actions[0]?.event).toMatchObject({ type: "Warning", reason, message });
  });

  it("[JE6] does not end while a pod is on its way out", () => {
    const status = {
      startTime: START,
      failed: 7,
      conditions: [{ type: "FailureTarget", status: "True", reason: "BackoffLimitExceeded", message: "m" }],
    };
    const result = plan(job({}, status), [{ state: "terminating", tracked: false }]);
    expect(statusOf(result)).not.toHaveProperty("conditions");
  });

  it("[JE7] is woken at its deadline", () => {
    expect(plan(job({ activeDeadlineSeconds: 3_700 }), ["running", "running"]).againAtMs).toBe(NOW + 100_000);
  });

  it("[JE8] ignored failures do not end it", () => {
    const owner = job({
      backoffLimit: 0,
      parallelism: 1,
      podFailurePolicy: { rules: [{ action: "Ignore", onExitCodes: { operator: "In", values: [1] } }] },
    });
    const result = plan(owner, ["failed"], { nowMs: NOW + 3_600_000 });
    expect(steps(result)).toEqual({ release: 1, create: 1 });
    expect((statusOf(result).uncountedTerminatedPods as { failed?: string[] } | undefined)?.failed).toBeUndefined();
  });
});

describe("planJob: suspend", () => {
  it("[JS1] stops all pods, uncounted, and says so", () => {
    const result = plan(job({ suspend: true }), ["running", "ready"]);
    expect(steps(result)).toEqual({ release: 2, delete: 2 });
    expect(conditionsOf(result)).toEqual(["Suspended=True/JobSuspended"]);
    expect(result.events).toMatchObject([{ reason: "Suspended", message: "Job suspended" }]);
    // Not started any more: what schedules it may be changed.
    expect(statusOf(result)).toMatchObject({ startTime: null });
  });

  it("[JS2] one that begins suspended has no start time", () => {
    expect(statusOf(plan(job({ suspend: true }, {})))).not.toHaveProperty("startTime");
  });

  it("[JS3] resumed: says so, and its time starts anew", () => {
    const status = {
      startTime: START,
      conditions: [{ type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" }],
    };
    const result = plan(job({ activeDeadlineSeconds: 3_700 }, status));
    expect(conditionsOf(result)).toEqual(["Suspended=False/JobResumed"]);
    expect(statusOf(result).startTime).toBe(TIME);
    expect(result.events).toMatchObject([{ reason: "Resumed" }]);
  });

  it("[JS4] suspended time is no active time", () => {
    const result = plan(job({ suspend: true, activeDeadlineSeconds: 10 }), ["running"]);
    expect(conditionsOf(result)).toEqual(["Suspended=True/JobSuspended"]);
  });
});

describe("planJob: indexed", () => {
  const indexesOf = (result: Plan) => created(result).map(({ metadata: { annotations } }) => annotations?.[INDEX_KEY]);

  it("[JI1] pods have their index as annotation, label, host name and variable", () => {
    const [first, second] = created(plan(indexed()));
    expect(first).toMatchObject({
      metadata: { generateName: "sum-0-", annotations: { [INDEX_KEY]: "0" }, labels: { job: "sum", [INDEX_KEY]: "0" } },
      spec: {
        hostname: "sum-0",
        containers: [
          {
            env: [
              {
                name: "JOB_COMPLETION_INDEX",
                valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX_KEY}']` } },
              },
            ],
          },
        ],
      },
    });
    expect(first?.metadata.name).toMatch(/^sum-0-[a-z0-9]{5}$/);
    expect(second?.spec.hostname).toBe("sum-1");
  });

  it.each<{ name: string; spec?: Spec; status?: object; pods: PodEdits[]; indexes: string[] }>([
    { name: "[JI2] the lowest that are neither done nor running", pods: [{ index: 1 }], indexes: ["0"] },
    {
      name: "[JI3] done ones not again",
      status: { startTime: START, completedIndexes: "0,2", succeeded: 2 },
      pods: [],
      indexes: ["1", "3"],
    },
    {
      name: "[JI4] a success that is not counted yet is done",
      pods: [{ index: 0, state: "succeeded" }],
      indexes: ["1", "2"],
    },
    {
      name: "[JI5] a failed one again",
      spec: { parallelism: 4 },
      pods: [{ index: 0, state: "failed" }, { index: 1 }],
      indexes: ["0", "2", "3"],
    },
    {
      name: "[JI6] one on its way out again, unless only failed ones are replaced",
      spec: { podReplacementPolicy: "Failed", parallelism: 3 },
      pods: [{ index: 0, state: "terminating" }],
      indexes: ["1", "2"],
    },
  ])("$name", ({ spec = {}, status, pods, indexes }) => {
    expect(indexesOf(plan(indexed(spec, status), pods, { nowMs: NOW + 3_600_000 }))).toEqual(indexes);
  });

  it("[JI7] of two with the same index one goes, and one without an index too", () => {
    const result = plan(indexed({ parallelism: 4 }), [{ index: 0 }, { index: 0, state: "ready" }, { index: 1 }, {}]);
    expect(result.actions.flatMap(({ op }) => (op.verb === "delete" ? [op.name] : []))).toEqual(["p3", "p0"]);
  });

  it("[JI8] successes are counted by index, each once", () => {
    const result = plan(indexed({}, { startTime: START, completedIndexes: "0", succeeded: 1 }), [
      { index: 0, state: "succeeded" },
      { index: 2, state: "succeeded" },
      { index: 9, state: "succeeded" },
    ]);
    expect(statusOf(result)).toMatchObject({ completedIndexes: "0,2", succeeded: 2 });
    expect(statusOf(result).uncountedTerminatedPods).toEqual({});
  });

  it("[JI9] the success policy ends it early, and what still runs goes without being failed", () => {
    const owner = indexed({ successPolicy: { rules: [{ succeededIndexes: "0" }] } });
    const result = plan(owner, [{ index: 0, state: "succeeded" }, { index: 1 }]);
    expect(conditionsOf(result)).toEqual(["SuccessCriteriaMet=True/SuccessPolicy"]);
    expect(steps(result)).toEqual({ delete: 1, release: 2 });
    expect(statusOf(result).uncountedTerminatedPods).toEqual({});
  });

  describe("with a limit for each index", () => {
    const limited = (spec: Spec = {}, status?: object) =>
      indexed({ backoffLimit: 2_147_483_647, backoffLimitPerIndex: 1, parallelism: 4, ...spec }, status);

    it("[JI20] a failed pod stays until its replacement takes over its count", () => {
      const result = plan(limited(), [{ index: 0, state: "failed", failures: 0 }], { nowMs: NOW + 3_600_000 });
      expect(steps(result)).toEqual({ create: 4 });
      expect(created(result).map(({ metadata: { annotations } }) => annotations?.[INDEX_FAILURES])).toEqual([
        "1",
        "0",
        "0",
        "0",
      ]);
      const replaced = plan(
        limited(),
        [
          { index: 0, state: "failed", failures: 0 },
          { index: 0, failures: 1 },
          { index: 1 },
          { index: 2 },
          { index: 3 },
        ],
        { nowMs: NOW + 3_600_000 },
      );
      expect(steps(replaced)).toEqual({ release: 1 });
    });

    it("[JI21] each index backs off by itself", () => {
      const result = plan(limited({ parallelism: 2 }), [
        { index: 0, state: "failed", failures: 0, finishedAt: "2026-01-01T00:59:55Z" },
      ]);
      expect([indexesOf(result), result.againAtMs]).toEqual([["1"], NOW + 5_000]);
    });

    it("[JI22] past its limit an index has failed; the others go on", () => {
      const result = plan(limited(), [{ index: 0, state: "failed", failures: 1 }], { nowMs: NOW + 3_600_000 });
      expect(statusOf(result).failedIndexes).toBe("0");
      expect(indexesOf(result)).toEqual(["1", "2", "3"]);
    });

    it("[JI23] FailIndex does not wait for the limit", () => {
      const owner = limited({
        podFailurePolicy: { rules: [{ action: "FailIndex", onExitCodes: { operator: "In", values: [1] } }] },
      });
      expect(statusOf(plan(owner, [{ index: 0, state: "failed", failures: 0 }])).failedIndexes).toBe("0");
    });

    it("[JI24] too many failed indexes end the Job; so do failed ones when no others are left", () => {
      const tooMany = plan(limited({ maxFailedIndexes: 0 }), [
        { index: 0, state: "failed", failures: 1 },
        { index: 1 },
      ]);
      expect(conditionsOf(tooMany)).toEqual(["FailureTarget=True/MaxFailedIndexesExceeded"]);
      const allDone = plan(limited({}, { startTime: START, completedIndexes: "1-3", succeeded: 3 }), [
        { index: 0, state: "failed", failures: 1 },
      ]);
      expect(conditionsOf(allDone)).toEqual(["FailureTarget=True/FailedIndexes"]);
    });
  });
});

describe("planTtl", () => {
  const ended = (ttlSecondsAfterFinished: number | undefined, lastTransitionTime: string) =>
    job(ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished }, {
      conditions: [{ type: "Complete", status: "True", lastTransitionTime }],
    });

  it("[TT1] waits, then deletes with all it owns, if nobody has changed it", () => {
    expect(planTtl(ended(60, "2026-01-01T00:59:30Z"), NOW)).toEqual({ actions: [], againAtMs: NOW + 30_000 });
    const due = ended(60, "2026-01-01T00:59:00Z");
    expect(planTtl(due, NOW).actions[0]?.op.options).toEqual({
      propagationPolicy: "Foreground",
      preconditions: { uid: "uid-of-sum", resourceVersion: due.metadata.resourceVersion },
    });
  });

  it("[TT2] not one that runs, nor one without a limit", () => {
    expect(planTtl(job({ ttlSecondsAfterFinished: 0 }), NOW).actions).toEqual([]);
    expect(planTtl(ended(undefined, START), NOW).actions).toEqual([]);
  });
});
