/** What conformance asks of workloads, with containers that serve, fail and fall ill, on two nodes of this machine. */
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, skipNodes } from "../e2e/harness.ts";
import { WEB_IMAGE, webImageArchive } from "../images/busybox.ts";
import { NET_IMAGE, netImageArchive } from "../images/netexec.ts";
import { OTHER_IMAGE } from "./cli-on-nodes.ts";
import { ok } from "./kit.ts";
import { type Any, isReady, type Nodes, podOf, startNodes, template } from "./nodes-kit.ts";

const PORT = 16_951;
/** No registry of this name: its pods stay pending. */
const NO_IMAGE = "no.such.registry.invalid/webserver:404";
/** How long something must not happen. */
const QUIET_MS = 2_000;

describe.skipIf(skipNodes)(`conformance of workloads${skipNodes ? ` (skipped: ${skipNodes})` : ""}`, () => {
  let api: Nodes;
  let nodes: { name: string; address: string }[];

  beforeAll(async () => {
    api = await startNodes("apps", PORT, [webImageArchive(), webImageArchive(OTHER_IMAGE), netImageArchive()]);
    nodes = await api.nodes();
  });
  afterAll(() => api?.remove());

  const named = (pods: Any[]): string[] => pods.map(({ metadata }) => metadata.name).sort();
  const uidsOf = (pods: Any[]): string[] => pods.map(({ metadata }) => metadata.uid).sort();
  const imageOf = ({ spec }: Any): string => spec.containers[0].image;
  const image = (to: string) => ({ spec: { template: { spec: { containers: [{ name: "main", image: to }] } } } });
  const running = (script: string) => ({ command: ["sh", "-c", script] });
  const FOREVER = running("sleep 3600");
  /** Waits until all that `ask` finds is as wanted. */
  const becomes = (what: string, ask: () => Promise<unknown>, wanted: unknown, timeoutMs = 60_000) =>
    eventually(what, timeoutMs, async () => {
      const found = await ask();
      if (isDeepStrictEqual(found, wanted)) return true;
      throw new Error(`${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    });
  /** @throws AssertionError when what `ask` finds changes within a while */
  const stays = async (ask: () => Promise<unknown>): Promise<void> => {
    const before = await ask();
    const until = performance.now() + QUIET_MS;
    while (performance.now() < until) {
      expect(await ask()).toEqual(before);
      await sleep(100);
    }
  };

  describe.concurrent("[sig-apps] CronJob", () => {
    const names = ["suspended", "forbids", "replaces", "allows"] as const;
    type Name = (typeof names)[number];
    let shared: Promise<(name: Name) => Promise<Any[]>> | undefined;
    /**
     * All of them live through the same two minutes: the one at hand, which they are made to have missed, and the next.
     * @returns the jobs of each, and those of the first minute
     */
    const afterTwoTimes = () => {
      shared ??= (async () => {
        const space = await api.space("cron");
        const jobs = async (name: Name): Promise<Any[]> =>
          (await api.get(space.path("jobs", "batch/v1"))).items.filter(
            ({ metadata }: Any) => metadata.ownerReferences[0].name === name,
          );
        // Not so late that the next minute comes before the jobs of this one run.
        const intoMinuteMs = Date.now() % 60_000;
        if (intoMinuteMs > 50_000) await sleep(60_000 - intoMinuteMs);
        const policies = { suspended: "Allow", forbids: "Forbid", replaces: "Replace", allows: "Allow" };
        for (const name of names) {
          const made = await space.create({
            apiVersion: "batch/v1",
            kind: "CronJob",
            metadata: { name },
            spec: {
              schedule: "* * * * *",
              concurrencyPolicy: policies[name],
              suspend: name === "suspended",
              jobTemplate: { spec: { template: template({ cron: name }, FOREVER, { restartPolicy: "OnFailure" }) } },
            },
          });
          const lastScheduleTime = new Date(Date.now() - 90_000).toISOString().replace(/\.\d+Z$/, "Z");
          await api.patch(`${made}/status`, { status: { lastScheduleTime } });
        }
        await eventually("jobs of the first minute", 30_000, async () => {
          const counts = await Promise.all(names.map(async (name) => (await jobs(name)).length));
          return String(counts) === "0,1,1,1";
        });
        firstReplaced = (await jobs("replaces"))[0].metadata.uid;
        await space.ready(3);
        await eventually("a job of the second minute", 70_000, async () => (await jobs("allows")).length === 2);
        return jobs;
      })();
      return shared;
    };
    let firstReplaced = "";

    it("should not schedule jobs when suspended [Slow] [Conformance]", async () => {
      const jobs = await afterTwoTimes();
      expect(await jobs("suspended")).toEqual([]);
    });

    it("should schedule multiple jobs concurrently [Conformance]", async () => {
      const jobs = await afterTwoTimes();
      await becomes("both active", async () => (await jobs("allows")).map(({ status }) => status.active), [1, 1]);
    });

    it("should not schedule new jobs when ForbidConcurrent [Slow] [Conformance]", async () => {
      const jobs = await afterTwoTimes();
      await stays(async () => uidsOf(await jobs("forbids")));
      expect((await jobs("forbids")).map(({ status }) => status.active)).toEqual([1]);
    });

    it("should replace jobs when ReplaceConcurrent [Conformance]", async () => {
      const jobs = await afterTwoTimes();
      await becomes(
        "another, and only it",
        async () =>
          (await jobs("replaces")).map(({ metadata, status }) => [metadata.uid === firstReplaced, status.active]),
        [[false, 1]],
      );
    });
  });

  describe.concurrent("[sig-apps] ReplicaSet and ReplicationController", () => {
    it.each([
      { kind: "ReplicaSet", apiVersion: "apps/v1", selector: { matchLabels: { app: "served" } } },
      { kind: "ReplicationController", apiVersion: "v1", selector: { app: "served" } },
    ])(
      "[sig-apps] $kind should serve a basic image on each replica with a public image [Conformance]",
      async ({ kind, apiVersion, selector }) => {
        const space = await api.space(`served-${kind.toLowerCase()}`);
        const container = { image: NET_IMAGE, command: ["netexec", "http", "80", "udp", "80"] };
        await space.create({
          apiVersion,
          kind,
          metadata: { name: "served" },
          spec: { replicas: 2, selector, template: template({ app: "served" }, container) },
        });
        const pods = await space.ready(2);
        const [asking] = named(pods);
        for (const { metadata, status } of pods) {
          // It runs before it listens: nothing asks whether it is ready.
          const proxied = space.path(`pods/${metadata.name}:80/proxy/hostname`);
          await becomes(proxied, async () => (await api.request("GET", proxied)).text, metadata.name, 20_000);
          const dialled = `curl -sS --max-time 5 http://${status.podIP}/hostname; echo; netexec ask ${status.podIP} 80 hostname`;
          expect(await space.sh(asking as string, dialled)).toBe(`${metadata.name}\n${metadata.name}`);
        }
        await space.remove();
      },
    );
  });

  describe.concurrent("[sig-apps] Job", () => {
    const indexed = { completionMode: "Indexed" };
    /** Scripts know their index as I. */
    const setUp = async (name: string, spec: object, script: string, more: object = {}) => {
      const space = await api.space(`job-${name}`);
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
        status: async () => (await api.get(job)).status,
        /** Waits for the condition that ends it. @returns status, and reason of the ending */
        ended: async (type: "Complete" | "Failed"): Promise<{ status: Any; reason: string }> => {
          const find = async () => {
            const { status } = await api.get(job);
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
      const onHost = path.join(path.dirname(api.cluster.kubeconfig), "marks");
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
        ok(await api.request("POST", space.path(`pods/${metadata.name}/eviction`), eviction), 201);
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

  describe.concurrent("[sig-apps] Daemon set [Serial]", () => {
    const setUp = async (name: string, spec: object = {}) => {
      const space = await api.space(`daemon-${name}`);
      const daemons = await space.create({
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata: { name },
        spec: { selector: { matchLabels: { app: name } }, template: template({ app: name }), ...spec },
      });
      const onNodes = async () => (await space.pods()).filter(isReady).map(({ spec }) => spec.nodeName);
      return { space, daemons, everywhere: () => space.ready(nodes.length), onNodes };
    };
    const all = () => nodes.map(({ name }) => name).sort();

    it("should run and stop simple daemon [Conformance]", async () => {
      const { space, daemons, everywhere } = await setUp("simple");
      const pods = await everywhere();
      expect(pods.map(({ spec }) => spec.nodeName).sort()).toEqual(all());
      await api.delete(space.path(`pods/${pods[0].metadata.name}`));
      await eventually("another in its place", 60_000, async () => {
        const now = await space.pods();
        return now.length === nodes.length && now.every(isReady) && !uidsOf(now).includes(pods[0].metadata.uid);
      });
      await api.delete(daemons);
      await becomes("none left", async () => named(await space.pods()), []);
      await space.remove();
    });

    it("should run and stop complex daemon [Conformance]", async () => {
      const label = "daemonset-color";
      const selecting = (color: string) => template({ app: "complex" }, {}, { nodeSelector: { [label]: color } });
      const { space, daemons, onNodes } = await setUp("complex", { template: selecting("blue") });
      await becomes("observed", async () => (await api.get(daemons)).status.observedGeneration, 1);
      await stays(async () => named(await space.pods()));
      expect(await space.pods()).toEqual([]);
      const [node] = all() as [string];
      const paint = (color: string | null) =>
        api.patch(`/api/v1/nodes/${node}`, { metadata: { labels: { [label]: color } } });
      await paint("blue");
      await becomes("a daemon on the blue node", onNodes, [node]);
      await paint("green");
      await becomes("no daemon", async () => named(await space.pods()), []);
      await api.patch(daemons, { spec: { template: selecting("green"), updateStrategy: { type: "RollingUpdate" } } });
      await becomes("a daemon on the green node", onNodes, [node]);
      await paint(null);
      await space.remove();
    });

    it("should retry creating failed daemon pods [Conformance]", async () => {
      const { space, everywhere } = await setUp("retried");
      const [failed] = await everywhere();
      await api.update(space.path(`pods/${failed.metadata.name}/status`), ({ status }) => {
        status.phase = "Failed";
      });
      await eventually("another in its place", 60_000, async () => {
        const now = await space.pods();
        return now.length === nodes.length && now.every(isReady) && !uidsOf(now).includes(failed.metadata.uid);
      });
      await space.remove();
    });

    it("should update pod when spec was updated and update strategy is RollingUpdate [Conformance]", async () => {
      const { space, daemons, everywhere } = await setUp("rolled");
      const hashes = (pods: Any[]) => [
        ...new Set(pods.map(({ metadata }) => metadata.labels["controller-revision-hash"])),
      ];
      const [before] = hashes(await everywhere());
      const revisions = async () =>
        (await api.get(space.path("controllerrevisions", "apps/v1"))).items
          .map(({ metadata, revision }: Any) => [metadata.labels["controller-revision-hash"], revision])
          .sort((a: Any, b: Any) => a[1] - b[1]);
      expect(await revisions()).toEqual([[before, 1]]);
      await api.patch(daemons, image(OTHER_IMAGE), "strategic");
      await becomes(
        "new images",
        async () => (await space.pods()).filter(isReady).map(imageOf),
        nodes.map(() => OTHER_IMAGE),
      );
      const [after, ...more] = hashes(await everywhere());
      expect(more).toEqual([]);
      expect(await revisions()).toEqual([
        [before, 1],
        [after, 2],
      ]);
      await becomes("all updated", async () => (await api.get(daemons)).status.updatedNumberScheduled, nodes.length);
      await space.remove();
    });

    it("should rollback without unnecessary restarts [Conformance]", async () => {
      const { space, daemons, everywhere } = await setUp("rolled-back");
      const before = await everywhere();
      await api.patch(daemons, image(NO_IMAGE), "strategic");
      await eventually("a pod of the new kind", 60_000, async () =>
        (await space.pods()).some((pod) => imageOf(pod) === NO_IMAGE),
      );
      const kept = uidsOf((await space.pods()).filter((pod) => imageOf(pod) === WEB_IMAGE && isReady(pod)));
      expect(kept.length).toBe(before.length - 1);
      await api.patch(daemons, image(WEB_IMAGE), "strategic");
      const after = await eventually("all back", 60_000, async () => {
        const now = await space.pods();
        const fine = now.length === nodes.length && now.every((pod) => isReady(pod) && imageOf(pod) === WEB_IMAGE);
        return fine && now;
      });
      for (const uid of kept) expect(uidsOf(after as Any[])).toContain(uid);
      for (const { status } of after as Any[]) expect(status.containerStatuses[0].restartCount).toBe(0);
      await space.remove();
    });
  });

  describe.concurrent("[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic]", () => {
    /** Ready as long as its page is there. */
    const readinessProbe = { httpGet: { path: "/index.html", port: 80 }, periodSeconds: 1, failureThreshold: 1 };
    const setUp = async (name: string, spec: object = {}, more: object = {}) => {
      const space = await api.space(`set-${name}`);
      await space.create({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "test" },
        spec: { clusterIP: "None", selector: { app: name }, ports: [{ port: 80, name: "http" }] },
      });
      const set = await space.create({
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { name },
        spec: {
          replicas: 3,
          serviceName: "test",
          selector: { matchLabels: { app: name } },
          template: template({ app: name }, { readinessProbe }, more),
          ...spec,
        },
      });
      const pod = (ordinal: number) => `${name}-${ordinal}`;
      /** By ordinal. */
      const pods = async () => (await space.pods()).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
      return {
        space,
        set,
        pod,
        pods,
        status: async () => (await api.get(set)).status,
        images: async () => (await pods()).filter(isReady).map(imageOf),
        scale: (replicas: number) => api.patch(`${set}/scale`, { spec: { replicas } }),
        sicken: async (...ordinals: number[]) => {
          for (const ordinal of ordinals) await space.sh(pod(ordinal), "mv /www/index.html /tmp/");
          for (const ordinal of ordinals)
            await becomes(`${pod(ordinal)} is ill`, async () => isReady(await space.pod(pod(ordinal))), false);
        },
        /** All at once: the last one that is ill while a set shrinks is the next to go. */
        heal: (...ordinals: number[]) =>
          Promise.all(ordinals.map((ordinal) => space.sh(pod(ordinal), "mv /tmp/index.html /www/"))),
      };
    };
    it("should perform rolling updates and roll backs of template modifications [Conformance]", async () => {
      const { space, set, pods, status, images, pod, sicken, heal } = await setUp("rolls");
      await space.ready(3);
      const first = (await status()).currentRevision;
      expect((await status()).updateRevision).toBe(first);
      /** The one in the middle is ill: those before it wait until it is replaced and well. */
      const roll = async (to: string) => {
        await sicken(1);
        const followed = await api.follow(space.path("pods"));
        await api.patch(set, image(to), "strategic");
        await eventually("a revision to update to", 30_000, async () => {
          const now = await status();
          return now.updateRevision !== now.currentRevision;
        });
        await heal(1).catch(() => undefined);
        await becomes("all images", images, [to, to, to], 90_000);
        await becomes("deletions", async () => followed.events().filter((line) => line.startsWith("DELETED")), [
          `DELETED ${pod(2)}`,
          `DELETED ${pod(1)}`,
          `DELETED ${pod(0)}`,
        ]);
        followed.stop();
        await eventually("current is updated", 30_000, async () => {
          const now = await status();
          return now.currentRevision === now.updateRevision && now.currentReplicas === 3;
        });
      };
      await roll(OTHER_IMAGE);
      const second = (await status()).currentRevision;
      expect(second).not.toBe(first);
      await roll(WEB_IMAGE);
      expect((await status()).currentRevision).toBe(first);
      const labels = (await pods()).map(({ metadata }) => metadata.labels["controller-revision-hash"]);
      expect(labels).toEqual([first, first, first]);
      expect((await api.get(space.path("controllerrevisions", "apps/v1"))).items).toHaveLength(2);
      await space.remove();
    });

    it("should perform canary updates and phased rolling updates of template modifications [Conformance]", async () => {
      const partition = (value: number) => ({
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: value } },
      });
      const { space, set, images, status, pod } = await setUp("canary", partition(3));
      await space.ready(3);
      const before = (await status()).currentRevision;
      await api.patch(set, image(OTHER_IMAGE), "strategic");
      await eventually("a revision to update to", 30_000, async () => (await status()).updateRevision !== before);
      await stays(images);
      expect(await images()).toEqual([WEB_IMAGE, WEB_IMAGE, WEB_IMAGE]);
      await api.patch(set, { spec: partition(2) });
      await becomes("a canary", images, [WEB_IMAGE, WEB_IMAGE, OTHER_IMAGE]);
      // Whoever is lost comes back as it was.
      const lost = await Promise.all([0, 2].map(async (ordinal) => (await space.pod(pod(ordinal))).metadata.uid));
      for (const ordinal of [0, 2]) await api.delete(space.path(`pods/${pod(ordinal)}`));
      await eventually("both back", 60_000, async () => {
        const now = await space.pods();
        return now.length === 3 && now.every(isReady) && !uidsOf(now).some((uid) => lost.includes(uid));
      });
      expect(await images()).toEqual([WEB_IMAGE, WEB_IMAGE, OTHER_IMAGE]);
      for (const value of [1, 0]) {
        await api.patch(set, { spec: partition(value) });
        const wanted = [0, 1, 2].map((ordinal) => (ordinal >= value ? OTHER_IMAGE : WEB_IMAGE));
        await becomes(`partition ${value}`, images, wanted);
      }
      await eventually("current is updated", 30_000, async () => {
        const now = await status();
        return now.currentRevision === now.updateRevision && now.currentRevision !== before;
      });
      await space.remove();
    });

    it("Scaling should happen in predictable order and halt if any stateful pod is unhealthy [Slow] [Conformance]", async () => {
      const { space, pod, scale, sicken, heal, status } = await setUp("ordered", { replicas: 1 });
      await space.ready(1);
      const names = async () => named(await space.pods());
      await sicken(0);
      const up = await api.follow(space.path("pods"));
      await scale(3);
      await stays(names);
      expect(await names()).toEqual([pod(0)]);
      await heal(0);
      const pods = await space.ready(3);
      await becomes("in order", async () => up.events(), [`ADDED ${pod(1)}`, `ADDED ${pod(2)}`]);
      up.stop();
      const madeAt = new Map(pods.map(({ metadata }) => [metadata.name, metadata.creationTimestamp]));
      expect(madeAt.get(pod(1)) <= madeAt.get(pod(2))).toBe(true);
      await sicken(0, 1, 2);
      const down = await api.follow(space.path("pods"));
      await scale(0);
      await stays(names);
      expect(await names()).toEqual([pod(0), pod(1), pod(2)]);
      await heal(0, 1, 2);
      await becomes("all gone", names, []);
      await becomes(
        "in order",
        async () => down.events(),
        [2, 1, 0].map((ordinal) => `DELETED ${pod(ordinal)}`),
      );
      down.stop();
      await becomes("none counted", async () => (await status()).replicas, 0);
      await space.remove();
    });

    it("Burst scaling should run to completion even with unhealthy pods [Slow] [Conformance]", async () => {
      const { space, scale, sicken, status } = await setUp("burst", { replicas: 1, podManagementPolicy: "Parallel" });
      await space.ready(1);
      await sicken(0);
      await scale(3);
      await becomes(
        "three",
        async () => (await space.pods()).filter(({ status }) => status.phase === "Running").length,
        3,
      );
      expect(isReady(await space.pod("burst-0"))).toBe(false);
      await sicken(1, 2);
      await scale(0);
      await becomes("none", async () => named(await space.pods()), []);
      await becomes("none counted", async () => (await status()).replicas, 0);
      await space.remove();
    });

    it("Should recreate evicted statefulset [Conformance]", async () => {
      const space = await api.space("set-evicted");
      const [node] = nodes;
      const pinned = { nodeName: node?.name };
      const ports = [{ containerPort: 21_017, hostPort: 21_017, name: "conflict" }];
      await space.create(podOf("in-the-way", { app: "in-the-way" }, { ports }, pinned));
      await space.ready(1);
      await space.create({
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { name: "ss" },
        spec: {
          replicas: 1,
          serviceName: "test",
          selector: { matchLabels: { app: "ss" } },
          template: template({ app: "ss" }, { ports }, pinned),
        },
      });
      const seen = new Map<string, string>();
      await eventually("rejected and made again", 60_000, async () => {
        const answer = await api.request("GET", space.path("pods/ss-0"));
        if (answer.status === 200) seen.set(answer.body.metadata.uid, answer.body.status.phase);
        return seen.size >= 2 && [...seen.values()].includes("Failed");
      });
      await api.delete(space.path("pods/in-the-way"));
      const [pod] = await space.ready(1, "app=ss");
      expect([...seen].filter(([, phase]) => phase === "Failed").map(([uid]) => uid)).not.toContain(pod.metadata.uid);
      expect(pod.status.phase).toBe("Running");
      await space.remove();
    });
  });

  describe.concurrent("[sig-apps] Deployment", () => {
    const setUp = async (name: string, spec: object = {}) => {
      const space = await api.space(`deployment-${name}`);
      const deployment = await space.create({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: name } },
          template: template({ app: name }, running("trap 'exit 0' TERM; sleep 3600 & wait")),
          ...spec,
        },
      });
      /** Replicas by image: what is asked for, and what is available. */
      const sets = async () =>
        Object.fromEntries(
          (await api.get(space.path("replicasets", "apps/v1"))).items.map(({ spec, status }: Any) => [
            imageOf(spec.template),
            [spec.replicas, status.availableReplicas ?? 0],
          ]),
        );
      return { space, deployment, sets, status: async () => (await api.get(deployment)).status };
    };

    it.each([
      { what: "RecreateDeployment", strategy: { type: "Recreate" } },
      { what: "RollingUpdateDeployment", strategy: { type: "RollingUpdate" } },
    ])("$what should delete old pods and create new ones [Conformance]", async ({ what, strategy }) => {
      const { space, deployment, sets } = await setUp(what.toLowerCase(), { strategy });
      await space.ready(2);
      await api.patch(deployment, image(OTHER_IMAGE), "strategic");
      let overlapped = false;
      await eventually("new pods only", 60_000, async () => {
        const pods = await space.pods();
        const live = new Set(pods.filter(({ status }) => status.phase === "Running").map(imageOf));
        overlapped ||= live.size > 1;
        return pods.length === 2 && pods.every((pod) => isReady(pod) && imageOf(pod) === OTHER_IMAGE);
      });
      if (strategy.type === "Recreate") expect(overlapped).toBe(false);
      await becomes("old set empty", sets, { [WEB_IMAGE]: [0, 0], [OTHER_IMAGE]: [2, 2] });
      await space.remove();
    });

    it("deployment should support rollover [Conformance]", async () => {
      const space = await api.space("deployment-rollover");
      const labels = { app: "rollover" };
      const pods = template(labels);
      await space.create({
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { name: "rollover-before", labels },
        spec: { replicas: 1, selector: { matchLabels: labels }, template: pods },
      });
      await space.ready(1);
      const deployment = await space.create({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "rollover" },
        spec: {
          replicas: 1,
          minReadySeconds: 1,
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          selector: { matchLabels: labels },
          template: template(labels, { image: NO_IMAGE }),
        },
      });
      const sets = async () =>
        (await api.get(space.path("replicasets", "apps/v1"))).items.map(({ spec }: Any) => [
          imageOf(spec.template),
          spec.replicas,
        ]);
      await becomes(
        "the new one stands still beside the adopted",
        async () => (await sets()).sort(),
        [
          [WEB_IMAGE, 1],
          [NO_IMAGE, 1],
        ].sort(),
      );
      await api.patch(deployment, image(OTHER_IMAGE), "strategic");
      await becomes(
        "rolled over",
        async () => (await sets()).sort(),
        [
          [WEB_IMAGE, 0],
          [NO_IMAGE, 0],
          [OTHER_IMAGE, 1],
        ].sort(),
      );
      const [pod] = await space.ready(1);
      expect(imageOf(pod)).toBe(OTHER_IMAGE);
      for (const { metadata } of (await api.get(space.path("replicasets", "apps/v1"))).items)
        expect(metadata.ownerReferences).toMatchObject([{ kind: "Deployment", name: "rollover", controller: true }]);
      await space.remove();
    });

    it("deployment should support proportional scaling [Conformance]", async () => {
      const rollingUpdate = { maxSurge: 3, maxUnavailable: 2 };
      const { space, deployment, sets, status } = await setUp("proportional", {
        replicas: 10,
        strategy: { type: "RollingUpdate", rollingUpdate },
      });
      await space.ready(10);
      await api.patch(deployment, image(NO_IMAGE), "strategic");
      await becomes("as many as may be", sets, { [WEB_IMAGE]: [8, 8], [NO_IMAGE]: [5, 0] });
      await becomes("available", async () => (await status()).availableReplicas, 8);
      await api.patch(`${deployment}/scale`, { spec: { replicas: 30 } });
      await eventually("both in proportion", 60_000, async () => {
        const now = await sets();
        return now[WEB_IMAGE]?.[0] === 20 && now[NO_IMAGE]?.[0] === 13;
      });
      await space.remove();
    });
  });

  describe.concurrent("[sig-apps] DisruptionController", () => {
    it("should block an eviction until the PDB is updated to allow it [Conformance]", async () => {
      const space = await api.space("disruption");
      const labels = { app: "disrupted" };
      await space.create({
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { name: "rs" },
        spec: { replicas: 3, selector: { matchLabels: labels }, template: template(labels, FOREVER) },
      });
      const budget = await space.create({
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "foo" },
        spec: { minAvailable: 3, selector: { matchLabels: labels } },
      });
      const pods = named(await space.ready(3));
      const allowed = (count: number) =>
        becomes(`${count} disruptions`, async () => {
          const { metadata, status } = await api.get(budget);
          return [
            status?.disruptionsAllowed,
            status?.currentHealthy,
            status?.observedGeneration === metadata.generation,
          ];
        }, [count, 3, true]);
      const evict = (name: string) =>
        api.request("POST", space.path(`pods/${name}/eviction`), {
          apiVersion: "policy/v1",
          kind: "Eviction",
          metadata: { name },
        });
      await allowed(0);
      const blocked = await evict(pods[0] as string);
      expect([blocked.status, blocked.body.details.causes[0].reason]).toEqual([429, "DisruptionBudget"]);
      await api.patch(budget, { spec: { minAvailable: 2 } });
      await allowed(1);
      ok(await evict(pods[0] as string), 201);
      await eventually(
        "one less, and made up for",
        60_000,
        async () => !named(await space.pods()).includes(pods[0] as string),
      );
      await space.ready(3);
      await api.patch(budget, { spec: { minAvailable: 3 } });
      await allowed(0);
      expect((await evict(pods[1] as string)).status).toBe(429);
      await api.delete(budget);
      await eventually("nothing forbids it", 30_000, async () => (await evict(pods[1] as string)).status === 201);
      await space.remove();
    });

    it("should observe PodDisruptionBudget status updated [Conformance]", async () => {
      const space = await api.space("observed");
      const labels = { app: "observed" };
      const budget = await space.create({
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "foo" },
        spec: { minAvailable: 1, selector: { matchLabels: labels } },
      });
      for (const name of ["a", "b", "c"]) await space.create(podOf(name, labels, FOREVER));
      await becomes("two may go", async () => (await api.get(budget)).status?.disruptionsAllowed, 2);
      await space.remove();
    });
  });
});
