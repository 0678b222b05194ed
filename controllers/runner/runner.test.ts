import { describe, expect, it, vi } from "vitest";
import { registry } from "../../kinds/registry.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { ApiError } from "../../machinery/meta/status.ts";
import { FakeCluster } from "../../test/fakes/cluster.ts";
import { ManualClock } from "../../test/fakes/cluster-clock.ts";
import { View } from "../view/view.ts";
import { type Controller, type Failure, keyOf, type Plan, splitKey } from "./controller.ts";
import { createOp, patchOp } from "./ops.ts";
import { Runner } from "./runner.ts";

/** A controller that sees to it that every ConfigMap named "want-x" has a Secret "x" beside it. */
const copier = (plan?: (key: string, failures: readonly Failure[], ordinary: Plan) => Plan): Controller => ({
  name: "copier",
  watches: {
    configmaps: ({ type, object }) => (type === "deleted" ? undefined : [keyOf(object)]),
    secrets: ({ object: { metadata } }) => [`${metadata.namespace}/want-${metadata.name}`],
  },
  plan(key, view, { failures }) {
    const { namespace, name } = splitKey(key);
    const secret = name.replace("want-", "");
    const isThere = view.table("secrets")?.get(namespace, secret) !== undefined;
    const object = { apiVersion: "v1", kind: "Secret", metadata: { name: secret, namespace } };
    const about = object;
    const ordinary: Plan = isThere
      ? { actions: [] }
      : {
          actions: [
            {
              op: createOp("secrets", object),
              event: { about, type: "Normal", reason: "Copied", message: `copied ${secret}` },
              failureEvent: ({ message = "" }) => ({ about, type: "Warning", reason: "Failed", message }),
            },
          ],
        };
    return plan ? plan(key, failures, ordinary) : ordinary;
  },
});

/** The same with names made up, so that one that is made twice shows. */
const generator: Controller = {
  name: "generator",
  watches: {
    configmaps: ({ object }) => [keyOf(object)],
    secrets: ({ object: { metadata } }) => [`${metadata.namespace}/want-a`],
  },
  plan(key, view, { random }) {
    const { namespace } = splitKey(key);
    if ([...(view.table("secrets")?.inNamespace(namespace) ?? [])].length > 0) return { actions: [] };
    const metadata = { name: `a-${random()}`, namespace };
    return { actions: [{ op: createOp("secrets", { apiVersion: "v1", kind: "Secret", metadata }) }] };
  },
};

function setUp(controllers: Controller[], admit?: (name: string) => void, seed = 5) {
  const clock = new ManualClock();
  const random = seededRandom(seed);
  const cluster = new FakeCluster({
    now: () => clock.now(),
    random,
    admit: (op) => {
      if (op.resource === "secrets" && op.verb === "create")
        admit?.((op.object as unknown as KubeObject).metadata.name!);
    },
  });
  const logs: { [field: string]: unknown }[] = [];
  const view = new View(registry);
  const runner = new Runner({ cluster, view, controllers, clock, random, log: (line) => logs.push(line) });
  cluster.subscribe(
    runner,
    [...view.tables()].map(({ resource }) => resource),
  );
  const want = (name: string) =>
    cluster.create("configmaps", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `want-${name}`, namespace: "ns" },
    });
  const step = async () => {
    await cluster.deliver();
    await runner.wake(clock.now());
  };
  const secrets = () => cluster.list("secrets").map(({ metadata }) => metadata.name);
  return { clock, cluster, logs, runner, want, step, secrets };
}

describe("Runner", () => {
  it("[RN1] does all that is ready in one commit, and tells of it in another", async () => {
    const { cluster, runner, want, step, secrets } = setUp([copier()]);
    for (const name of ["a", "b", "c"]) want(name);
    expect(runner.nextWakeMs()).toBe(0);
    await step();
    expect(secrets()).toEqual(["a", "b", "c"]);
    expect(
      cluster.writes.map(({ ops }) => ops.map(({ resource, verb, actor }) => `${verb} ${resource} ${actor}`)),
    ).toEqual(
      ["secrets", "events"].map((resource) =>
        Array(3).fill(`create ${resource} system:serviceaccount:kube-system:copier`),
      ),
    );
  });

  it("[RN2] plans of one turn that need nothing write nothing, and then nothing waits", async () => {
    const { cluster, runner, want, step } = setUp([copier()]);
    want("a");
    await step();
    await step();
    expect(cluster.writes).toHaveLength(2);
    expect(runner.nextWakeMs()).toBeUndefined();
    expect(runner.metrics()).toMatchObject({
      commits: 1,
      snapshots: 1,
      controllers: { copier: { writes: 1, depth: 0 } },
    });
  });

  it("[RN3] a key rests until the feed shows what it wrote", async () => {
    const { clock, cluster, runner, want, secrets } = setUp([generator]);
    const object = want("a");
    await runner.wake(clock.now());
    await cluster.deliver();
    cluster.remove("secrets", cluster.list("secrets")[0]!);
    await cluster.deliver();
    // A change that the feed shows before the key's own write: the key must not be planned on that view.
    cluster.change("configmaps", object, ({ metadata }) => {
      metadata.labels = { touched: "yes" };
    });
    const changed = cluster.revision;
    await runner.wake(clock.now());
    await cluster.deliver(changed);
    await runner.wake(clock.now());
    expect(secrets()).toHaveLength(1);
    await cluster.deliver();
    await runner.wake(clock.now());
    expect(secrets()).toHaveLength(1);
    expect(runner.nextWakeMs()).toBeUndefined();
  });

  it("[RN4] takes a snapshot when the feed does not show a write within 30 s", async () => {
    const { clock, runner, want, step } = setUp([copier()]);
    want("a");
    await step();
    expect(runner.nextWakeMs()).toBe(clock.now() + 30_000);
    clock.advance(30_000);
    await runner.wake(clock.now());
    expect(runner.metrics().snapshots).toBe(2);
    expect(runner.nextWakeMs()).toBeUndefined();
  });

  it("[RN5] a plan that throws stops no other, and comes again after a back-off", async () => {
    let poison = true;
    const { clock, logs, runner, want, step, secrets } = setUp([
      copier((key, _failures, ordinary) => {
        if (poison && key === "ns/want-bad") throw new Error("poison");
        return ordinary;
      }),
    ]);
    for (const name of ["bad", "good"]) want(name);
    await step();
    expect(secrets()).toEqual(["good"]);
    expect(logs).toMatchObject([{ level: "error", controller: "copier", key: "ns/want-bad" }]);
    poison = false;
    await step();
    clock.advance(5);
    await step();
    expect(secrets()).toEqual(["good", "bad"]);
    expect(runner.metrics().controllers.copier?.failures).toBe(1);
  });

  it("[RN6] a write that fails is tried again with what it failed of, told, and stops no other", async () => {
    const seen: string[] = [];
    let full = true;
    const { clock, cluster, want, step, secrets } = setUp(
      [
        copier((_key, failures, ordinary) => {
          seen.push(failures.map(({ status }) => status.message).join());
          return ordinary;
        }),
      ],
      (name) => {
        if (full && name === "big") throw new ApiError(403, "Forbidden", "exceeded quota");
      },
    );
    for (const name of ["big", "small"]) want(name);
    await step();
    expect(secrets()).toEqual(["small"]);
    const events = () => cluster.list("events").map((event) => event.message);
    expect(events()).toEqual(["exceeded quota", "copied small"]);
    full = false;
    await step();
    clock.advance(5);
    await step();
    expect(secrets()).toEqual(["small", "big"]);
    expect(seen).toContain("exceeded quota");
    expect(events()).toContain("copied big");
  });

  it("[RN7] what is refused because its namespace is being deleted is not tried again", async () => {
    const { cluster, runner, want, step } = setUp([copier()], () => {
      const causes = [{ reason: "NamespaceTerminating" }];
      throw new ApiError(403, "Forbidden", "terminating", { causes });
    });
    want("a");
    await step();
    await step();
    expect(cluster.writes).toHaveLength(1);
    expect(runner.nextWakeMs()).toBeUndefined();
  });

  it("[RN8] a conflict makes another plan, on what is there by then", async () => {
    const toucher: Controller = {
      name: "toucher",
      watches: { configmaps: ({ object }) => [keyOf(object)] },
      plan(key, view) {
        const { namespace, name } = splitKey(key);
        const object = view.table("configmaps")?.get(namespace, name) as KubeObject | undefined;
        if (!object || object.metadata.finalizers) return { actions: [] };
        return { actions: [{ op: patchOp("configmaps", object, { metadata: { finalizers: ["kedge/test"] } }) }] };
      },
    };
    const { clock, cluster, runner, want, step } = setUp([toucher]);
    const object = want("a");
    await step();
    await cluster.deliver();
    cluster.change("configmaps", object, ({ metadata }) => {
      delete metadata.finalizers;
    });
    await cluster.deliver();
    cluster.change("configmaps", object, ({ metadata }) => {
      metadata.labels = { other: "writer" };
    });
    await runner.wake(clock.now());
    expect(runner.metrics().controllers.toucher?.conflicts).toBe(1);
    await cluster.deliver();
    clock.advance(5);
    await step();
    expect(cluster.get("configmaps", "ns", "want-a")?.metadata).toMatchObject({
      finalizers: ["kedge/test"],
      labels: { other: "writer" },
    });
  });

  it.each([1, 2, 3, 4, 5, 6])("[RN9] a broken connection loses nothing and doubles nothing, seed %i", async (seed) => {
    const { clock, cluster, runner, want, secrets } = setUp([generator], undefined, seed);
    await runner.wake(clock.now());
    want("a");
    await cluster.deliver();
    cluster.faults = { breakWrite: 1 };
    await expect(runner.wake(clock.now())).rejects.toThrow("connection lost");
    cluster.faults = {};
    expect(runner.nextWakeMs()).toBeGreaterThan(clock.now());
    // What the store says of the write comes late.
    clock.advance(1_000);
    await runner.wake(clock.now());
    await cluster.deliver();
    await runner.wake(clock.now());
    expect(secrets()).toHaveLength(1);
  });

  it("[RN10] a batch stays within its limit; the rest follows", async () => {
    const { cluster, want, step, secrets } = setUp([copier()]);
    for (let i = 0; i < 700; i++) want(`n${i}`);
    await step();
    expect(secrets()).toHaveLength(700);
    expect(cluster.writes.map(({ ops }) => ops.length > 1_010)).toEqual(cluster.writes.map(() => false));
    expect(cluster.writes.length).toBe(2);
  });

  it("[RN11] a plan that waits is woken at its moment, not before", async () => {
    let plans = 0;
    const waiter = copier((_key, _failures) => {
      plans++;
      return { actions: [], ...(plans === 1 && { againAtMs: Date.parse("2026-01-01T00:01:00Z") }) };
    });
    const { clock, runner, want, step } = setUp([waiter]);
    want("a");
    await step();
    expect(runner.nextWakeMs()).toBe(Date.parse("2026-01-01T00:01:00Z"));
    clock.advance(59_999);
    await runner.wake(clock.now());
    expect(plans).toBe(1);
    clock.advance(1);
    await runner.wake(clock.now());
    expect(plans).toBe(2);
    expect(runner.nextWakeMs()).toBeUndefined();
  });

  it("[RN14] a write that was undone before anybody saw it is made again, though a snapshot shows no difference", async () => {
    const { clock, cluster, runner, want, secrets } = setUp([copier()]);
    want("a");
    await cluster.deliver();
    await runner.wake(clock.now());
    cluster.remove("secrets", cluster.list("secrets")[0]!);
    // The feed is stuck: a snapshot is taken.
    clock.advance(30_000);
    await runner.wake(clock.now());
    await cluster.deliver();
    await runner.wake(clock.now());
    expect(secrets()).toEqual(["a"]);
  });

  it("[RN12] nothing waits for events, and those that could not be written are told later", async () => {
    const { clock, cluster, runner, want, step, secrets, logs } = setUp([copier()]);
    const { write } = cluster;
    let refuse = (_: Error): void => {};
    let sent = 0;
    cluster.write = (actor, ops) => {
      if (ops[0]?.resource !== "events" || ++sent > 1) return write.call(cluster, actor, ops);
      return new Promise((_, reject) => {
        refuse = reject;
      });
    };
    want("a");
    await cluster.deliver();
    const waking = runner.wake(clock.now());
    await vi.waitFor(() => expect(sent).toBe(1));
    want("b");
    await cluster.deliver();
    await vi.waitFor(() => expect(secrets()).toEqual(["a", "b"]));
    refuse(new Error("nobody there"));
    await waking;
    expect(logs).toMatchObject([{ level: "warn", message: "events not written", count: 1 }]);
    await step();
    expect(runner.nextWakeMs()).toBe(clock.now() + 1_000);
    clock.advance(1_000);
    await step();
    expect(cluster.list("events").map((event) => event.message)).toEqual(["copied a", "copied b"]);
    expect(runner.nextWakeMs()).toBeUndefined();
  });

  it("[RN15] an event that has expired is told anew when it is to be counted up", async () => {
    const { clock, cluster, want, step } = setUp([copier()]);
    want("a");
    await step();
    const [first] = cluster.list("events");
    cluster.remove("events", first!);
    cluster.remove("secrets", cluster.list("secrets")[0]!);
    await step();
    clock.advance(1);
    await step();
    expect(cluster.list("events")).toMatchObject([{ message: "copied a", count: 2 }]);
  });

  it("[RN13] counts as kube-controller-manager does", async () => {
    const { clock, runner, want, step } = setUp([{ ...copier(), name: "deployment-controller" }]);
    want("a");
    await runner.wake(clock.now());
    clock.advance(20);
    await step();
    await step();
    const lines = runner.metricsText().split("\n");
    for (const line of [
      "# TYPE workqueue_depth gauge",
      'workqueue_depth{name="deployment"} 0',
      'workqueue_adds_total{name="deployment"} 2',
      'workqueue_retries_total{name="deployment"} 0',
      'workqueue_queue_duration_seconds_bucket{name="deployment",le="1e-08"} 2',
      'workqueue_queue_duration_seconds_bucket{name="deployment",le="+Inf"} 2',
      'workqueue_work_duration_seconds_count{name="deployment"} 2',
      'workqueue_unfinished_work_seconds{name="deployment"} 0',
      'workqueue_longest_running_processor_seconds{name="deployment"} 0',
      'kedge_controller_writes_total{name="deployment"} 1',
    ]) {
      expect(lines).toContain(line);
    }
  });

  describe("questions", () => {
    const asking = (ask: () => Promise<unknown>): Controller => ({
      ...copier(),
      name: "asker",
      plan(key, view, seen) {
        if (!seen.answers && key === "ns/want-a") return { actions: [], asks: [{ name: "q", ask }] };
        const answer = seen.answers?.get("q");
        if (answer?.ok === false) throw answer.error;
        return copier().plan(key, view, seen);
      },
    });

    it("[RN20] a plan that asks is made again with the answer; other keys do not wait", async () => {
      let tell = (_: unknown): void => {};
      const told = new Promise((resolve) => {
        tell = resolve;
      });
      const { clock, cluster, runner, want, secrets } = setUp([asking(() => told)]);
      want("a");
      const waking = runner.wake(clock.now());
      await vi.waitFor(() => expect(runner.metrics().controllers.asker).toMatchObject({ plans: 1 }));
      want("b");
      await cluster.deliver();
      await vi.waitFor(() => expect(secrets()).toEqual(["b"]));
      tell("yes");
      await waking;
      expect(secrets()).toEqual(["b", "a"]);
    });

    it("[RN21] a question that fails is asked again after a back-off", async () => {
      let asked = 0;
      const { clock, runner, want, step, secrets } = setUp([
        asking(async () => {
          asked++;
          if (asked < 3) throw new Error("nobody there");
        }),
      ]);
      want("a");
      await step();
      expect([asked, runner.nextWakeMs()]).toEqual([1, clock.now() + 5]);
      clock.advance(5);
      await step();
      expect([asked, runner.nextWakeMs()]).toEqual([2, clock.now() + 10]);
      clock.advance(10);
      await step();
      expect(secrets()).toEqual(["a"]);
    });
  });
});
