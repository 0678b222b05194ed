/** What conformance asks of jobs, by how their pods end, with containers that run. */
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { eventually } from "../e2e/harness.ts";
import { ok } from "./kit.ts";
import { type Any, template } from "./nodes-kit.ts";
import { running, uidsOf, type Workloads } from "./workloads-kit.ts";

export function jobTests({ api }: Workloads): void {
  describe.concurrent("[sig-apps] Job", () => {
    const indexed = { completionMode: "Indexed" };
    /** Scripts know their index as I. */
    const setUp = async (name: string, spec: object, script: string, more: object = {}) => {
      const space = await api().space(`job-${name}`);
      const container = { ...running(`I=$JOB_COMPLETION_INDEX; ${script}`), ...more };
      const job = await space.create({
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name },
        spec: { template: template({ job: name }, container, { restartPolicy: "Never" }), ...spec },
      });
      return {
        space,
        job,
        status: async () => (await api().get(job)).status,
        /** Waits for the condition that ends it. @returns status, and reason of the ending */
        ended: async (type: "Complete" | "Failed"): Promise<{ status: Any; reason: string }> => {
          const find = async () => {
            const { status } = await api().get(job);
            const ended = status.conditions?.find((each: Any) => /^(Complete|Failed)$/.test(each.type));
            return ended && { status, type: ended.type as string, reason: ended.reason as string };
          };
          const found = await eventually(`job ${name} ends`, 90_000, find);
          expect([name, found?.type]).toEqual([name, type]);
          return found as { status: Any; reason: string };
        },
      };
    };

    it("should run a job to completion when tasks sometimes fail and are locally restarted [Conformance]", async () => {
      const volumes = [{ name: "data", emptyDir: {} }];
      const container = {
        ...running("test -e /data/foo && exit 0; touch /data/foo; exit 1"),
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      };
      const pods = template({}, container, { restartPolicy: "OnFailure", volumes });
      const { ended, space } = await setUp("restarts", { parallelism: 2, completions: 4, template: pods }, "");
      const { status } = await ended("Complete");
      expect([status.succeeded, status.failed ?? 0]).toEqual([4, 0]);
      const restarts = (await space.pods()).map((pod) => pod.status.containerStatuses[0].restartCount);
      expect(restarts).toEqual([1, 1, 1, 1]);
      await space.remove();
    });

    it("should create pods for an Indexed job with completion indexes and specified hostname [Conformance]", async () => {
      const script = 'test "$(hostname)" = "indexed-$I"';
      const { ended, space } = await setUp("indexed", { ...indexed, parallelism: 2, completions: 4 }, script);
      const { status } = await ended("Complete");
      expect([status.succeeded, status.completedIndexes, status.failed ?? 0]).toEqual([4, "0-3", 0]);
      const pods = (await space.pods()).map(({ metadata, spec }) => {
        const index = metadata.annotations["batch.kubernetes.io/job-completion-index"];
        expect(metadata.labels["batch.kubernetes.io/job-completion-index"]).toBe(index);
        const env = spec.containers[0].env.find(({ name }: Any) => name === "JOB_COMPLETION_INDEX");
        expect(env.valueFrom.fieldRef.fieldPath).toMatch(/batch\.kubernetes\.io\/job-completion-index/);
        return [index, spec.hostname];
      });
      expect(pods.sort()).toEqual(["0", "1", "2", "3"].map((index) => [index, `indexed-${index}`]));
      await space.remove();
    });

    const onExit42 = (action: string) => ({
      podFailurePolicy: { rules: [{ action, onExitCodes: { operator: "In", values: [42] } }] },
    });

    it("should allow to use the pod failure policy on exit code to fail the job early [Conformance]", async () => {
      const spec = { ...indexed, parallelism: 2, completions: 4, backoffLimit: 6, ...onExit42("FailJob") };
      const { ended, space } = await setUp("early", spec, "test $I = 0 && exit 42; sleep 3600");
      const { status, reason } = await ended("Failed");
      expect([reason, status.failed, status.succeeded ?? 0]).toEqual(["PodFailurePolicy", 2, 0]);
      await space.remove();
    });

    it("should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition [Conformance]", async () => {
      const rules = [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }];
      const onHost = path.join(path.dirname(api().cluster.kubeconfig), "marks");
      const container = {
        ...running(
          "trap 'exit 1' TERM; F=/marks/$JOB_COMPLETION_INDEX; test -e $F && exit 0; touch $F; while :; do sleep 0.1; done",
        ),
        volumeMounts: [{ name: "marks", mountPath: "/marks" }],
      };
      const volumes = [{ name: "marks", hostPath: { path: onHost, type: "DirectoryOrCreate" } }];
      const pods = template({}, container, { restartPolicy: "Never", volumes, terminationGracePeriodSeconds: 1 });
      const spec = { ...indexed, parallelism: 2, completions: 2, backoffLimit: 0, podFailurePolicy: { rules } };
      const { ended, space } = await setUp("ignored", { ...spec, template: pods }, "");
      const first = await space.ready(2);
      await eventually("marks", 20_000, async () => fs.readdirSync(onHost).length === 2);
      for (const { metadata } of first) {
        const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: metadata.name } };
        ok(await api().request("POST", space.path(`pods/${metadata.name}/eviction`), eviction), 201);
      }
      const { status } = await ended("Complete");
      expect([status.succeeded, status.completedIndexes, status.failed ?? 0]).toEqual([2, "0,1", 0]);
      for (const uid of uidsOf(await space.pods())) expect(uidsOf(first)).not.toContain(uid);
      await space.remove();
    });

    it("should execute all indexes despite some failing when using backoffLimitPerIndex [Conformance]", async () => {
      const spec = { ...indexed, parallelism: 4, completions: 4, backoffLimitPerIndex: 1 };
      const { ended, space } = await setUp("per-index", spec, "exit $((I % 2))");
      const { status, reason } = await ended("Failed");
      expect(reason).toBe("FailedIndexes");
      expect([status.failedIndexes, status.completedIndexes]).toEqual(["1,3", "0,2"]);
      expect([status.failed, status.succeeded]).toEqual([4, 2]);
      await space.remove();
    });

    it("should mark indexes as failed when the FailIndex action is matched in podFailurePolicy [Conformance]", async () => {
      const spec = { ...indexed, parallelism: 2, completions: 2, backoffLimitPerIndex: 1, ...onExit42("FailIndex") };
      const { ended, space } = await setUp("fail-index", spec, "exit $((I % 2 * 42))");
      const { status, reason } = await ended("Failed");
      expect(reason).toBe("FailedIndexes");
      expect([status.failedIndexes, status.completedIndexes]).toEqual(["1", "0"]);
      expect([status.failed, status.succeeded]).toEqual([1, 1]);
      await space.remove();
    });

    it("should terminate job execution when the number of failed indexes exceeds maxFailedIndexes [Conformance]", async () => {
      const spec = { ...indexed, parallelism: 1, completions: 4, backoffLimitPerIndex: 0, maxFailedIndexes: 0 };
      const { ended, space } = await setUp("max-failed", spec, "exit 1");
      const { status, reason } = await ended("Failed");
      expect(reason).toBe("MaxFailedIndexesExceeded");
      expect([status.failedIndexes, status.completedIndexes ?? ""]).toEqual(["0", ""]);
      expect([status.failed, status.succeeded ?? 0]).toEqual([1, 0]);
      await space.remove();
    });

    it.each([
      {
        name: "with successPolicy should succeeded when all indexes succeeded",
        rule: { succeededIndexes: "0-1" },
        completions: 2,
        script: "exit 0",
        completed: "0,1",
      },
      {
        name: "with successPolicy succeededIndexes rule should succeeded even when some indexes remain pending",
        rule: { succeededIndexes: "0" },
        completions: 5,
        script: "test $I = 0 || sleep 3600",
        completed: "0",
      },
      {
        name: "with successPolicy succeededCount rule should succeeded even when some indexes remain pending",
        rule: { succeededCount: 1 },
        completions: 5,
        script: "test $I = 0 || sleep 3600",
        completed: "0",
      },
    ])("$name [Conformance]", async ({ name, rule, completions, script, completed }) => {
      const { ended, space } = await setUp(
        `success-${name.includes("all") ? "all" : Object.keys(rule)[0]?.toLowerCase()}`,
        { ...indexed, parallelism: 2, completions, successPolicy: { rules: [rule] } },
        script,
      );
      const { status, reason } = await ended("Complete");
      expect(reason).toBe("SuccessPolicy");
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: "SuccessCriteriaMet", status: "True", reason: "SuccessPolicy" }),
      );
      expect(status.completedIndexes).toBe(completed);
      await space.remove();
    });
  });
}
