import { beforeAll, describe, expect, it } from "vitest";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { type Apps, startApps, template } from "./apps-kit.ts";
import { namesOf, ok, openWatch } from "./kit.ts";

let apps: Apps;
beforeAll(async () => {
  apps = await startApps();
});

const indexOf = ({ metadata }: Pod): number =>
  Number(metadata.annotations?.["batch.kubernetes.io/job-completion-index"]);
const podTemplate = (more: object = {}) => template({}, "busybox", { restartPolicy: "Never", ...more });

async function setUp(name: string, spec: object, fate: Apps["fate"]) {
  apps.fate = fate;
  const ns = await apps.namespace();
  const jobs = `/apis/batch/v1/namespaces/${ns}/jobs`;
  const object = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { template: podTemplate(), ...spec },
  };
  ok(await apps.create(jobs, object), 201);
  await apps.rest();
  const path = `${jobs}/${name}`;
  const get = async () => ok(await apps.get(path));
  return {
    ns,
    jobs,
    path,
    get,
    pods: (): Promise<Pod[]> => apps.pods(ns),
    podsPath: `/api/v1/namespaces/${ns}/pods`,
    conditions: async () =>
      ((await get()).status.conditions ?? []).map(
        ({ type, status, reason }: { [field: string]: string }) => `${type}=${status} ${reason}`,
      ),
    /** Time passes, as back-offs need it. */
    async later(minutes: number) {
      for (let i = 0; i < minutes; i++) {
        apps.advance(60_000);
        await apps.rest();
      }
    },
  };
}

const COMPLETE = ["SuccessCriteriaMet=True CompletionsReached", "Complete=True CompletionsReached"];
const indexed = { completionMode: "Indexed" };
const exitCodes = (action: string) => ({
  podFailurePolicy: { rules: [{ action, onExitCodes: { operator: "In", values: [42] } }] },
});

describe("[sig-apps] Job", () => {
  it("should adopt matching orphans and release non-matching pods [Conformance]", async () => {
    const { pods, podsPath } = await setUp(
      "adopting",
      { parallelism: 2, completions: 2, backoffLimit: 6 },
      () => "ready",
    );
    const [first] = await pods();
    const path = `${podsPath}/${first!.metadata.name}`;
    ok(await apps.patch(path, { metadata: { ownerReferences: null } }));
    await apps.rest();
    expect(ok(await apps.get(path)).metadata.ownerReferences).toMatchObject([
      { kind: "Job", name: "adopting", controller: true },
    ]);
    ok(await apps.patch(path, { metadata: { labels: null } }));
    await apps.rest();
    expect(ok(await apps.get(path)).metadata).not.toHaveProperty("ownerReferences");
    expect((await pods()).filter(({ metadata }) => metadata.ownerReferences)).toHaveLength(2);
  });

  it("should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition [Conformance]", async () => {
    const rules = [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }];
    let isMarked = false;
    const spec = { ...indexed, parallelism: 2, completions: 2, backoffLimit: 0, podFailurePolicy: { rules } };
    const job = await setUp("ignoring", spec, () => (isMarked ? "succeeds" : "ready"));
    for (const { metadata } of await job.pods()) {
      ok(
        await apps.create(`${job.podsPath}/${metadata.name}/eviction`, {
          apiVersion: "policy/v1",
          kind: "Eviction",
          metadata: { name: metadata.name },
        }),
        201,
      );
      const evicted = (await apps.get(`${job.podsPath}/${metadata.name}`)).body;
      expect(evicted.status.conditions).toContainEqual(
        expect.objectContaining({ type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" }),
      );
      // The kubelet ends it.
      ok(await apps.patch(`${job.podsPath}/${metadata.name}/status`, { status: { phase: "Failed" } }, "strategic"));
    }
    isMarked = true;
    await apps.rest();
    await job.later(1);
    expect(await job.conditions()).toEqual(COMPLETE);
    expect((await job.get()).status).toMatchObject({ succeeded: 2, completedIndexes: "0,1" });
    expect((await job.get()).status.failed ?? 0).toBe(0);
  });

  it("should allow to use the pod failure policy on exit code to fail the job early [Conformance]", async () => {
    const spec = { ...indexed, parallelism: 2, completions: 4, backoffLimit: 6, ...exitCodes("FailJob") };
    const { ns, conditions, get } = await setUp("early", spec, (pod) =>
      indexOf(pod) === 0 ? { exitCode: 42 } : "ready",
    );
    expect(await conditions()).toEqual(["FailureTarget=True PodFailurePolicy", "Failed=True PodFailurePolicy"]);
    expect((await get()).status.conditions[1].message).toMatch(
      new RegExp(
        `^Container main for pod ${ns}/early-0-[a-z0-9]+ failed with exit code 42 matching FailJob rule at index 0$`,
      ),
    );
  });

  it("should apply changes to a job status [Conformance]", async () => {
    const { path, get } = await setUp("status", { parallelism: 2, completions: 4 }, () => "ready");
    const changes = { metadata: { annotations: { patchedstatus: "true" } }, status: { ...(await get()).status } };
    ok(await apps.patch(`${path}/status`, changes));
    expect((await get()).metadata.annotations.patchedstatus).toBe("true");
    const object = await get();
    const start = "2025-12-31T23:59:00Z";
    const conditions = [{ type: "CustomConditionType", status: "True", reason: "E2E", lastTransitionTime: start }];
    ok(await apps.replace(`${path}/status`, { ...object, status: { ...object.status, conditions } }));
    expect(ok(await apps.get(`${path}/status`)).status.conditions).toMatchObject([{ type: "CustomConditionType" }]);
  });

  it("should create pods for an Indexed job with completion indexes and specified hostname [Conformance]", async () => {
    const { pods, get, conditions } = await setUp(
      "indexed",
      { ...indexed, parallelism: 2, completions: 4, backoffLimit: 6 },
      () => "succeeds",
    );
    expect(await conditions()).toEqual(COMPLETE);
    expect((await get()).status).toMatchObject({ succeeded: 4, completedIndexes: "0-3" });
    const found = (await pods()).sort((a, b) => indexOf(a) - indexOf(b));
    expect(found.map(({ spec }) => spec.hostname)).toEqual(["indexed-0", "indexed-1", "indexed-2", "indexed-3"]);
    for (const { metadata, spec } of found) {
      expect(metadata.name).toMatch(new RegExp(`^${spec.hostname}-[a-z0-9]{5}$`));
      expect(spec.containers[0]?.env).toMatchObject([
        {
          name: "JOB_COMPLETION_INDEX",
          valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" } },
        },
      ]);
      expect(metadata.labels?.["batch.kubernetes.io/job-completion-index"]).toBe(
        String(indexOf({ metadata, spec } as Pod)),
      );
    }
  });

  it("should delete a job [Conformance]", async () => {
    const { pods, path } = await setUp("deleted", { parallelism: 2, completions: 4 }, () => "ready");
    expect(await pods()).toHaveLength(2);
    ok(await apps.delete(path, { propagationPolicy: "Foreground" }));
    await apps.rest();
    expect((await apps.get(path)).status).toBe(404);
    expect(await pods()).toEqual([]);
  });

  it("should execute all indexes despite some failing when using backoffLimitPerIndex [Conformance]", async () => {
    const spec = { ...indexed, parallelism: 2, completions: 4, backoffLimitPerIndex: 1 };
    const { later, get, pods, conditions } = await setUp("per-index", spec, (pod) =>
      indexOf(pod) % 2 ? { exitCode: 1 } : "succeeds",
    );
    await later(3);
    expect(await conditions()).toEqual(["FailureTarget=True FailedIndexes", "Failed=True FailedIndexes"]);
    expect((await get()).status).toMatchObject({
      failed: 4,
      succeeded: 2,
      failedIndexes: "1,3",
      completedIndexes: "0,2",
    });
    const counts = (await pods()).map((pod) => [
      indexOf(pod),
      pod.metadata.annotations?.["batch.kubernetes.io/job-index-failure-count"],
    ]);
    expect(counts.filter(([index]) => index === 1).map(([, count]) => count)).toEqual(
      expect.arrayContaining(["0", "1"]),
    );
  });

  it("should manage the lifecycle of a job [Conformance]", async () => {
    const { jobs, path, get, pods, conditions } = await setUp(
      "lived",
      { parallelism: 2, completions: 2, suspend: true },
      () => "succeeds",
    );
    expect([await conditions(), await pods()]).toEqual([["Suspended=True JobSuspended"], []]);
    const watch = await openWatch(apps, jobs);
    expect((await watch.next()).type).toBe("ADDED");
    ok(await apps.patch(path, { metadata: { labels: { "e2e-job": "patched" } } }));
    const object = await get();
    object.spec.suspend = false;
    object.metadata.annotations = { ...object.metadata.annotations, updated: "true" };
    ok(await apps.replace(path, object));
    await apps.rest();
    expect(namesOf(ok(await apps.get("/apis/batch/v1/jobs?labelSelector=e2e-job%3Dpatched")))).toEqual(["lived"]);
    expect(await conditions()).toEqual(["Suspended=False JobResumed", ...COMPLETE]);
    ok(
      await apps.request("DELETE", `${jobs}?labelSelector=e2e-job%3Dpatched`, {
        body: { propagationPolicy: "Background" },
      }),
    );
    for (let event = await watch.next(); event.type !== "DELETED"; ) event = await watch.next();
    await watch.cancel();
    await apps.rest();
    expect(await pods()).toEqual([]);
  });

  it("should mark indexes as failed when the FailIndex action is matched in podFailurePolicy [Conformance]", async () => {
    const spec = { ...indexed, parallelism: 2, completions: 2, backoffLimitPerIndex: 1, ...exitCodes("FailIndex") };
    const { later, get, conditions } = await setUp("fail-index", spec, (pod) =>
      indexOf(pod) === 0 ? { exitCode: 42 } : "succeeds",
    );
    await later(3);
    expect(await conditions()).toEqual(["FailureTarget=True FailedIndexes", "Failed=True FailedIndexes"]);
    expect((await get()).status).toMatchObject({ failed: 1, succeeded: 1, failedIndexes: "0", completedIndexes: "1" });
  });

  it("should run a job to completion when tasks sometimes fail and are locally restarted [Conformance]", async () => {
    let isDone = false;
    const spec = {
      parallelism: 2,
      completions: 4,
      backoffLimit: 6,
      template: podTemplate({ restartPolicy: "OnFailure" }),
    };
    const { pods, podsPath, conditions, get } = await setUp("local", spec, () => (isDone ? "succeeds" : "ready"));
    for (const { metadata } of await pods()) {
      const containerStatuses = [{ name: "main", image: "", imageID: "", ready: true, restartCount: 1 }];
      ok(await apps.patch(`${podsPath}/${metadata.name}/status`, { status: { containerStatuses } }, "strategic"));
    }
    isDone = true;
    await apps.rest();
    expect(await conditions()).toEqual(COMPLETE);
    expect((await get()).status).toMatchObject({ succeeded: 4, ready: 0, terminating: 0 });
  });

  it("should terminate job execution when the number of failed indexes exceeds maxFailedIndexes [Conformance]", async () => {
    const spec = { ...indexed, parallelism: 10, completions: 10, backoffLimitPerIndex: 0, maxFailedIndexes: 4 };
    const { get, conditions, pods } = await setUp("max-failed", spec, (pod) =>
      indexOf(pod) % 2 ? { exitCode: 1 } : "ready",
    );
    expect(await conditions()).toEqual([
      "FailureTarget=True MaxFailedIndexesExceeded",
      "Failed=True MaxFailedIndexesExceeded",
    ]);
    expect((await get()).status).toMatchObject({ failed: 10, failedIndexes: "1,3,5,7,9" });
    expect((await pods()).every(({ metadata }) => !metadata.finalizers)).toBe(true);
  });

  describe.each([
    {
      name: "should succeeded when all indexes succeeded",
      completions: 2,
      rules: [{ succeededIndexes: "0,1" }],
      ends: () => true,
      completed: "0,1",
    },
    {
      name: "succeededCount rule should succeeded even when some indexes remain pending",
      completions: 5,
      rules: [{ succeededCount: 1 }],
      ends: (index: number) => index === 0,
      completed: "0",
    },
    {
      name: "succeededIndexes rule should succeeded even when some indexes remain pending",
      completions: 5,
      rules: [{ succeededIndexes: "0" }],
      ends: (index: number) => index === 0,
      completed: "0",
    },
  ])("with successPolicy", ({ name, completions, rules, ends, completed }) => {
    it(`${name} [Conformance]`, async () => {
      const spec = { ...indexed, parallelism: completions, completions, successPolicy: { rules } };
      const { conditions, get, pods } = await setUp("success-policy", spec, (pod) =>
        ends(indexOf(pod)) ? "succeeds" : "ready",
      );
      expect(await conditions()).toEqual(["SuccessCriteriaMet=True SuccessPolicy", "Complete=True SuccessPolicy"]);
      const { status } = await get();
      expect(status).toMatchObject({ completedIndexes: completed, terminating: 0, ready: 0 });
      expect(status.conditions[0].message).toBe("Matched rules at index 0");
      expect(status.active ?? 0).toBe(0);
      // What was still running has been ended.
      expect((await pods()).filter((pod) => pod.status?.phase !== "Succeeded")).toEqual([]);
    });
  });
});

describe("[sig-apps] CronJob", () => {
  const cronJob = (name: string, more: object = {}) => ({
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name },
    spec: {
      schedule: "*/1 * * * ?",
      concurrencyPolicy: "Allow",
      jobTemplate: { spec: { template: template({ job: name }, "busybox", { restartPolicy: "OnFailure" }) } },
      ...more,
    },
  });

  async function start(name: string, more: object = {}, fate: Apps["fate"] = () => "ready") {
    apps.fate = fate;
    const ns = await apps.namespace();
    const path = `/apis/batch/v1/namespaces/${ns}/cronjobs`;
    ok(await apps.create(path, cronJob(name, more)), 201);
    return {
      path: `${path}/${name}`,
      get: async () => ok(await apps.get(`${path}/${name}`)),
      jobs: async () => namesOf(ok(await apps.get(`/apis/batch/v1/namespaces/${ns}/jobs`))),
      /** A cluster with a Job a minute is never at rest: `settle` goes on for a minute. */
      async minutes(count: number) {
        for (let i = 0; i < count; i++) {
          await apps.settle();
          while (await apps.step());
        }
      },
    };
  }

  it("should schedule multiple jobs concurrently [Conformance]", async () => {
    const { get, minutes } = await start("concurrent");
    await minutes(3);
    expect((await get()).status.active.length).toBeGreaterThanOrEqual(2);
  });

  it("should not schedule jobs when suspended [Slow] [Conformance]", async () => {
    const { jobs, get, minutes, path } = await start("suspended", { suspend: true });
    await minutes(5);
    expect([await jobs(), (await get()).status]).toEqual([[], {}]);
    ok(await apps.delete(path));
  });

  it("should not schedule new jobs when ForbidConcurrent [Slow] [Conformance]", async () => {
    const { jobs, get, minutes } = await start("forbid", { concurrencyPolicy: "Forbid" });
    await minutes(1);
    const [only, ...others] = await jobs();
    expect(others).toEqual([]);
    await minutes(5);
    expect(await jobs()).toEqual([only]);
    expect((await get()).status.active).toMatchObject([{ kind: "Job", name: only }]);
  });

  it("should replace jobs when ReplaceConcurrent [Conformance]", async () => {
    const { jobs, get, minutes } = await start("replace", { concurrencyPolicy: "Replace" });
    await minutes(2);
    const [first, ...others] = await jobs();
    expect(others).toEqual([]);
    await minutes(1);
    const [second, ...more] = await jobs();
    expect([second === first, more]).toEqual([false, []]);
    expect((await get()).status.active).toMatchObject([{ name: second }]);
  });

  it("should support CronJob API operations [Conformance]", async () => {
    const { path, get } = await start("api", { schedule: "0 0 29 2 *" });
    await apps.rest();
    const group = ok(await apps.get("/apis/batch/v1")).resources.map(({ name }: { name: string }) => name);
    expect(group).toEqual(expect.arrayContaining(["cronjobs", "cronjobs/status"]));
    const status = { lastScheduleTime: "2025-12-31T23:00:00Z" };
    ok(await apps.patch(`${path}/status`, { metadata: { annotations: { patchedstatus: "true" } }, status }));
    expect((await get()).status.lastScheduleTime).toBe(status.lastScheduleTime);
    const object = await get();
    object.status.lastScheduleTime = "2025-12-31T23:30:00Z";
    expect(ok(await apps.replace(`${path}/status`, object)).status.lastScheduleTime).toBe("2025-12-31T23:30:00Z");
    const replaced = await get();
    replaced.metadata.annotations.updated = "true";
    ok(await apps.replace(path, replaced));
    expect((await get()).metadata.annotations).toMatchObject({ patchedstatus: "true", updated: "true" });
    ok(await apps.delete(path));
    expect((await apps.get(path)).status).toBe(404);
  });
});
