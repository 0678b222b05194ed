/** Preemption on the whole program: what is written, who waits, and for what. */
import { describe, expect, it } from "vitest";
import type { PodCondition } from "../kinds/core/v1-types.ts";
import { makeNode, makePod, type PodWish } from "./testing/builders.ts";
import { startScheduler } from "./testing/start-scheduler.ts";

function start(pods: PodWish[], cpu = "4") {
  const started = startScheduler();
  started.cluster.put("nodes", makeNode({ name: "n", cpu }));
  for (const wish of pods) started.cluster.put("pods", makePod(wish));
  return started;
}

const low = (name: string, cpu = "2", more: PodWish = {}): PodWish => ({
  name,
  node: "n",
  priority: 1,
  requests: { cpu },
  ...more,
});
const high = (name: string, cpu = "2", more: PodWish = {}): PodWish => ({
  name,
  priority: 9,
  requests: { cpu },
  ...more,
});

describe("Preemption in the program", () => {
  it("[PE1] makes a lesser pod leave, says so, and takes its place", async () => {
    const { cluster, settle, scheduler } = start([low("a"), low("b")]);
    await settle();
    cluster.graceful.add("a").add("b");
    cluster.put("pods", makePod(high("p")));
    await settle();
    expect(cluster.deletions).toHaveLength(1);
    const [victim] = cluster.deletions;
    const condition = cluster
      .pod(victim!)
      .status?.conditions?.find(({ type }: PodCondition) => type === "DisruptionTarget");
    expect(condition).toMatchObject({
      status: "True",
      reason: "PreemptionByScheduler",
      message: "default-scheduler: preempting to accommodate a higher priority pod",
    });
    expect(cluster.pod("p").status).toMatchObject({
      nominatedNodeName: "n",
      conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available: 1 Insufficient cpu." }],
    });
    expect(cluster.events).toMatchObject([
      { reason: "FailedScheduling", message: "0/1 nodes are available: 1 Insufficient cpu." },
      { reason: "Preempted", message: "Preempted by pod uid-of-p on node n" },
    ]);
    expect(cluster.bindings).toEqual([]);
    cluster.remove("pods", "default", victim!);
    await settle();
    expect(cluster.bindings).toEqual(["p → n"]);
    expect(scheduler.metrics()).toMatchObject({ preemptions: 1, victims: 1 });
  });

  it("[PE2] while its victim is leaving, it takes no other", async () => {
    const { cluster, settle, clock } = start([low("a"), low("b")]);
    cluster.graceful.add("a").add("b");
    cluster.put("pods", makePod(high("p")));
    await settle();
    clock.nowMs += 300_000;
    await settle();
    expect(cluster.deletions).toHaveLength(1);
    expect(cluster.pod("p").status?.conditions?.[0]?.message).toBe(
      "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.",
    );
    expect(cluster.pod("p").status?.nominatedNodeName).toBe("n");
  });

  it.each<[string, PodWish[], PodWish, string]>([
    [
      "[PE3] nobody is lesser",
      [low("a", "4", { priority: 9 })],
      high("p"),
      "0/1 nodes are available: 1 No preemption victims found for incoming pod.",
    ],
    [
      "[PE4] it would not be enough",
      [low("a", "3")],
      high("p", "9"),
      "0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    ],
    [
      "[PE5] not even all of them",
      [low("a", "1"), low("b", "3", { priority: 9 })],
      high("p"),
      "0/1 nodes are available: 1 Insufficient cpu.",
    ],
    [
      "[PE6] it is not to",
      [low("a", "4")],
      high("p", "2", { spec: { preemptionPolicy: "Never" } }),
      "not eligible due to preemptionPolicy=Never.",
    ],
    [
      "[PE7] pods are not what keeps it away",
      [low("a", "1")],
      high("p", "2", { spec: { nodeSelector: { no: "such" } } }),
      "0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    ],
  ])("%s: nobody leaves, and why", async (_name, there, pod, why) => {
    const { cluster, settle } = start(there);
    cluster.put("pods", makePod(pod));
    await settle();
    expect(cluster.deletions).toEqual([]);
    expect(cluster.pod("p").status?.nominatedNodeName).toBeUndefined();
    expect(cluster.pod("p").status?.conditions?.[0]?.message?.split("preemption: ")[1]).toBe(why);
  });

  it("[PE8] the place it waits for is not given to its equals or lesser, but to those above it", async () => {
    const { cluster, settle } = start([low("a", "4")]);
    cluster.graceful.add("a");
    cluster.put("pods", makePod(high("p", "3")));
    await settle();
    cluster.put("pods", makePod(low("c", "2", { node: "" })));
    cluster.remove("pods", "default", "a");
    await settle();
    expect(cluster.bindings).toEqual(["p → n"]);
    expect(cluster.nodeOf("c")).toBeUndefined();
  });

  it("[PE9] who is above it takes its place, and it looks for another", async () => {
    const { cluster, settle } = start([low("a", "4")]);
    cluster.graceful.add("a");
    cluster.put("pods", makePod(high("p", "3")));
    await settle();
    expect(cluster.pod("p").status?.nominatedNodeName).toBe("n");
    cluster.put("pods", makePod(high("q", "3", { priority: 20 })));
    await settle();
    expect(cluster.pod("q").status?.nominatedNodeName).toBe("n");
    expect(cluster.pod("p").status?.nominatedNodeName).toBeUndefined();
    cluster.remove("pods", "default", "a");
    await settle();
    expect(cluster.bindings).toEqual(["q → n"]);
  });

  it("[PE10] each of many waits for victims of its own", async () => {
    const { cluster, settle } = start([low("a"), low("b")]);
    cluster.graceful.add("a").add("b");
    for (const name of ["p", "q", "r"]) cluster.put("pods", makePod(high(name)));
    await settle();
    expect([...cluster.deletions].sort()).toEqual(["a", "b"]);
    cluster.remove("pods", "default", "a");
    cluster.remove("pods", "default", "b");
    await settle();
    expect(cluster.bindings.sort()).toEqual(["p → n", "q → n"]);
  });

  it("[PE11] keeps to budgets while there is a choice", async () => {
    const { cluster, settle } = start([low("a", "2", { labels: { app: "kept" } }), low("b", "2", { priority: 2 })]);
    cluster.put("poddisruptionbudgets.policy", {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "budget", namespace: "default", uid: "u" },
      spec: { selector: { matchLabels: { app: "kept" } } },
      status: { disruptionsAllowed: 0 },
    });
    cluster.put("pods", makePod(high("p")));
    await settle();
    expect(cluster.deletions).toEqual(["b"]);
    cluster.put("pods", makePod(high("q")));
    await settle();
    expect(cluster.deletions).toEqual(["b", "a"]);
  });

  it("[PE12] after a restart, nominations are taken from the pods' status", async () => {
    const { cluster, settle } = start([low("a", "4")]);
    const waiting = makePod(high("p", "3"));
    waiting.status = { phase: "Pending", nominatedNodeName: "n" };
    const victim = makePod(low("a", "4"));
    victim.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    victim.status = {
      phase: "Running",
      conditions: [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }],
    };
    cluster.put("pods", waiting);
    cluster.put("pods", victim);
    await settle();
    cluster.put("pods", makePod(high("q", "3", { priority: 5 })));
    cluster.remove("pods", "default", "a");
    await settle();
    expect(cluster.deletions).toEqual([]);
    expect(cluster.bindings).toEqual(["p → n"]);
  });

  it("[PE13] victims that could not be asked to leave: it tries again", async () => {
    const { cluster, settle } = start([low("a", "4")]);
    let isRefused = true;
    const { ApiError } = await import("../machinery/meta/status.ts");
    cluster.refuse = (op) =>
      isRefused && op.verb === "delete" ? new ApiError(500, "InternalError", "no luck") : undefined;
    cluster.put("pods", makePod(high("p", "3")));
    const settled = settle();
    isRefused = false;
    await settled;
    expect(cluster.bindings).toEqual(["p → n"]);
  });

  it("[PE14] spreads out: victims are found on the node where they are fewest and least", async () => {
    const { cluster, settle } = start([low("a", "2"), low("b", "2")]);
    cluster.put("nodes", makeNode({ name: "m", cpu: "4" }));
    cluster.put("pods", makePod({ ...low("c", "4"), node: "m" }));
    cluster.put("pods", makePod(high("p", "4")));
    await settle();
    expect(cluster.deletions).toEqual(["c"]);
    expect(cluster.bindings).toEqual(["p → m"]);
  });
});
