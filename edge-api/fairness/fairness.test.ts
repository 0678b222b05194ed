import { describe, expect, it } from "vitest";
import {
  MANDATORY_LEVELS,
  MANDATORY_SCHEMAS,
  SUGGESTED_LEVELS,
  SUGGESTED_SCHEMAS,
} from "../../kinds/flowcontrol/built-in.ts";
import type { FlowSchema, PriorityLevelConfiguration } from "../../kinds/flowcontrol/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import type { Identity } from "../access/identity.ts";
import { parseRequestInfo } from "../http/request-info.ts";
import { dump } from "./dump.ts";
import { Fairness } from "./fairness.ts";
import type { Flow } from "./level.ts";
import { allocateSeats, planLimits } from "./limits.ts";
import { planObjects } from "./plan-objects.ts";
import { FairQueues, type Waiting } from "./queues.ts";
import { RetryAfter } from "./retry-after.ts";
import { dealHand, flowHash } from "./shuffle.ts";

const LEVELS = [...MANDATORY_LEVELS, ...SUGGESTED_LEVELS];
const SCHEMAS = [...MANDATORY_SCHEMAS, ...SUGGESTED_SCHEMAS];

const AUTHENTICATED = "system:authenticated";
const account = (namespace: string, name: string): Identity => ({
  user: `system:serviceaccount:${namespace}:${name}`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, AUTHENTICATED],
});
const node: Identity = { user: "system:node:n", groups: ["system:nodes", AUTHENTICATED] };
const alice: Identity = { user: "alice", groups: [AUTHENTICATED] };

/** Time stands still but for what a test says; turns of the event loop come when it says so. */
function harness(objects: { levels?: PriorityLevelConfiguration[]; schemas?: FlowSchema[] } = {}) {
  let nowMs = 1_000_000;
  const turns: (() => void)[] = [];
  const timers: { atMs: number; callback: () => void }[] = [];
  const clock: Clock = {
    now: () => nowMs,
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
  };
  const levels = objects.levels ?? LEVELS;
  const schemas = objects.schemas ?? SCHEMAS;
  const rows = (list: readonly object[]) => list.map((object) => ({ value: JSON.stringify(object) }));
  const fairness = new Fairness({
    clock,
    schedule: (flush) => void turns.push(flush),
    store: {
      list: ({ resource }) => rows(resource.startsWith("flowschemas") ? schemas : levels) as never,
      subscribe: () => () => undefined,
    },
  });
  return {
    fairness,
    turns,
    timers,
    turn: () => {
      for (const flush of turns.splice(0)) flush();
    },
    advance(ms: number) {
      nowMs += ms;
      for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.callback();
      }
    },
  };
}

describe("classification", () => {
  const { fairness } = harness();
  it.each([
    [
      "masters are exempt",
      { user: "a", groups: ["system:masters", AUTHENTICATED] },
      "GET",
      "/api/v1/pods",
      "exempt",
      "",
    ],
    [
      "probes are exempt",
      { user: "system:anonymous", groups: ["system:unauthenticated"] },
      "GET",
      "/livez",
      "probes",
      "",
    ],
    ["but not what lies below", alice, "GET", "/livez/ping", "global-default", "alice"],
    ["a node's own status", node, "PATCH", "/api/v1/nodes/n/status", "system-node-high", "system:node:n"],
    [
      "a node's lease",
      node,
      "PUT",
      "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n",
      "system-node-high",
      "system:node:n",
    ],
    ["a node's pods", node, "GET", "/api/v1/pods", "system-nodes", "system:node:n"],
    [
      "a leader's lease",
      account("kube-system", "x"),
      "PUT",
      "/apis/coordination.k8s.io/v1/namespaces/a/leases/l",
      "system-leader-election",
      "system:serviceaccount:kube-system:x",
    ],
    [
      "and its configmap",
      account("kube-system", "x"),
      "GET",
      "/api/v1/namespaces/a/configmaps/l",
      "workload-leader-election",
      "system:serviceaccount:kube-system:x",
    ],
    [
      "accounts of kube-system, by namespace",
      account("kube-system", "x"),
      "GET",
      "/api/v1/namespaces/a/pods",
      "kube-system-service-accounts",
      "a",
    ],
    [
      "the scheduler, by namespace",
      { user: "system:kube-scheduler", groups: [AUTHENTICATED] },
      "GET",
      "/api/v1/pods",
      "kube-scheduler",
      "",
    ],
    ["other accounts", account("a", "x"), "GET", "/api/v1/pods", "service-accounts", "system:serviceaccount:a:x"],
    ["everybody else", alice, "GET", "/api/v1/pods", "global-default", "alice"],
    ["who is in no group at all", { user: "x", groups: [] }, "GET", "/api/v1/pods", "catch-all", "x"],
  ] as const)("[FS1] %s", (_name, identity, method, path, schema, distinguisher) => {
    const flow = fairness.flowOf(identity, parseRequestInfo(method, path, undefined));
    expect([flow?.schema.name, flow?.distinguisher]).toEqual([schema, distinguisher]);
  });

  it("[FS2] a schema whose level does not exist is passed over", () => {
    const dangling = structuredClone(SUGGESTED_SCHEMAS.at(-1)!);
    dangling.spec.priorityLevelConfiguration.name = "gone";
    const { fairness } = harness({ schemas: [...MANDATORY_SCHEMAS, dangling] });
    expect(fairness.flowOf(alice, parseRequestInfo("GET", "/api/v1/pods", undefined))?.schema.name).toBe("catch-all");
  });
});

describe("limits", () => {
  it("[CL1] nominal seats are shares of the server's, with what is lent and borrowed", () => {
    const limits = planLimits(LEVELS, 600);
    expect(Object.fromEntries([...limits].map(([name, { nominal, min }]) => [name, [nominal, min]]))).toEqual({
      exempt: [0, 0],
      "catch-all": [13, 13],
      system: [74, 50],
      "node-high": [98, 73],
      "leader-election": [25, 25],
      "workload-high": [98, 49],
      "workload-low": [245, 24],
      "global-default": [49, 24],
    });
  });

  it.each([
    { name: "[CL2] idle levels keep what they do not lend", demand: [0, 0], seats: [50, 50] },
    { name: "[CL3] who needs more borrows what others do not need", demand: [1000, 0], seats: [90, 10] },
    { name: "[CL4] who both need more have their nominal seats", demand: [1000, 1000], seats: [50, 50] },
  ])("$name", ({ demand, seats }) => {
    const level = { nominal: 50, min: 10, max: 100 };
    const given = allocateSeats(
      demand.map((one) => ({ ...level, demand: one })),
      100,
    );
    if (demand[0] === 0) for (const one of given) expect(one).toBeGreaterThanOrEqual(10);
    else expect(given).toEqual(seats);
  });
});

describe("shuffle sharding", () => {
  it("[SH1] a hand is of different queues, the same each time, and any two differ", () => {
    const hands = Array.from({ length: 500 }, (_, i) =>
      dealHand(flowHash("s", `user-${i}`), { queues: 64, handSize: 6 }),
    );
    for (const hand of hands) {
      expect(new Set(hand).size).toBe(6);
      for (const card of hand) expect(card >= 0 && card < 64).toBe(true);
    }
    expect(dealHand(flowHash("s", "user-0"), { queues: 64, handSize: 6 })).toEqual(hands[0]);
    // Upstream's table: with 64 queues and hands of 6 one elephant squeezes out a mouse with probability 1.3e-8.
    const [elephant] = hands;
    const squeezed = hands.slice(1).filter((hand) => hand.every((card) => elephant!.includes(card)));
    expect(squeezed).toEqual([]);
    const used = new Set(hands.flat());
    expect(used.size).toBe(64);
  });
});

describe("fair queues", () => {
  interface Request extends Waiting {
    flow: number;
  }
  const request = (flow: number, seats = 1): Request => ({ flow, seats, arrivedMs: 0, decide: () => undefined });

  it("[FQ1] serves queues in turn, whatever their length", () => {
    const queues = new FairQueues<Request>({ queues: 4, queueLengthLimit: 100 });
    for (let i = 0; i < 50; i++) queues.enqueue(request(0), [0]);
    for (let i = 0; i < 3; i++) queues.enqueue(request(1), [1]);
    const served = Array.from({ length: 6 }, () => queues.next(1)!.flow);
    expect(served.filter((flow) => flow === 1)).toHaveLength(3);
  });

  it("[FQ2] wide requests count for their seats", () => {
    const queues = new FairQueues<Request>({ queues: 4, queueLengthLimit: 100 });
    for (let i = 0; i < 30; i++) queues.enqueue(request(0, 5), [0]);
    for (let i = 0; i < 30; i++) queues.enqueue(request(1, 1), [1]);
    const served = Array.from({ length: 24 }, () => queues.next(10)!.flow);
    expect(served.filter((flow) => flow === 0)).toHaveLength(4);
  });

  it("[FQ3] what finds no seats is not overtaken", () => {
    const queues = new FairQueues<Request>({ queues: 4, queueLengthLimit: 100 });
    queues.enqueue(request(0, 5), [0]);
    expect(queues.next(4)).toBeUndefined();
    expect(queues.next(5)?.seats).toBe(5);
  });

  it("[FQ4] a full queue takes no more, and the emptiest of a hand is chosen", () => {
    const queues = new FairQueues<Request>({ queues: 4, queueLengthLimit: 2 });
    const lengths = Array.from({ length: 5 }, () => queues.enqueue(request(0), [0, 3]));
    expect(lengths).toEqual([1, 1, 2, 2, undefined]);
  });

  it("[FQ5] who was idle has saved nothing up (seed 11)", () => {
    const random = seededRandom(11);
    const queues = new FairQueues<Request>({ queues: 8, queueLengthLimit: 1000 });
    for (let i = 0; i < 500; i++) queues.enqueue(request(0), [0]);
    for (let i = 0; i < 200; i++) queues.next(1);
    // A flow that comes now shares from now on; it does not get the 200 turns it missed.
    for (let i = 0; i < 100; i++) queues.enqueue(request(1, 1 + Math.floor(random() * 1)), [1]);
    const served = Array.from({ length: 100 }, () => queues.next(1)!.flow);
    const newcomer = served.filter((flow) => flow === 1).length;
    expect(newcomer).toBeGreaterThanOrEqual(49);
    expect(newcomer).toBeLessThanOrEqual(51);
  });
});

describe("a level under load", () => {
  const flowOf = (fairness: Fairness, identity: Identity): Flow =>
    fairness.flowOf(identity, parseRequestInfo("GET", "/api/v1/pods", undefined))!;

  it("[PL1] with seats to spare nothing waits and no timer is set", () => {
    const { fairness, turns, timers } = harness();
    const { level } = flowOf(fairness, alice);
    for (let i = 0; i < 20; i++) {
      expect(level.start(1)).toBe(true);
      level.end(1, { sameTurn: true });
    }
    expect([turns.length, timers.length]).toEqual([0, 0]);
  });

  it("[PL2] seats spent in one turn are free in the next", () => {
    const { fairness, turn } = harness();
    const { level } = flowOf(fairness, alice);
    const startAll = () => {
      let started = 0;
      while (level.start(1)) {
        level.end(1, { sameTurn: true });
        started++;
      }
      return started;
    };
    expect(startAll()).toBe(level.seats);
    turn();
    expect(startAll()).toBe(level.seats);
  });

  it("[PL3] a flow that floods does not starve the others, and is refused in the end (seed 3)", async () => {
    const { fairness, turn, advance } = harness();
    const random = seededRandom(3);
    const flood = flowOf(fairness, account("a", "flood"));
    const others = Array.from({ length: 10 }, (_, i) => flowOf(fairness, account("a", `quiet-${i}`)));
    const { level } = flood;
    const served = new Map<Flow, number>();
    const refused = new Map<Flow, number>();
    const ask = async (flow: Flow): Promise<void> => {
      const verdict = level.start(1) ? "run" : await level.enqueue(flow, 1);
      const counts = verdict === "run" ? served : refused;
      counts.set(flow, (counts.get(flow) ?? 0) + 1);
      if (verdict === "run") level.end(1, { sameTurn: true });
    };
    let asked = 0;
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 2_000; i++) void ask(flood);
      for (const flow of others) {
        if (random() < 0.5) continue;
        asked++;
        void ask(flow);
      }
      turn();
      await Promise.resolve();
      advance(10);
    }
    for (let i = 0; i < 20; i++) {
      turn();
      await Promise.resolve();
    }
    const quiet = others.reduce((sum, flow) => sum + (served.get(flow) ?? 0), 0);
    expect(asked).toBeGreaterThan(100);
    expect(quiet).toBe(asked);
    expect(refused.get(flood)).toBeGreaterThan(10_000);
    expect(level.running).toBe(0);
  });

  it("[PL4] a level without queues refuses at once; one with queues after 15 s", async () => {
    const { fairness, advance } = harness();
    const nobody = flowOf(fairness, { user: "x", groups: [] });
    while (nobody.level.start(1));
    expect(await nobody.level.enqueue(nobody, 1)).toBe("concurrency-limit");
    const flow = flowOf(fairness, alice);
    while (flow.level.start(1));
    const verdict = flow.level.enqueue(flow, 1);
    advance(14_999);
    advance(2);
    expect(await verdict).toBe("time-out");
    expect(flow.schema.inQueue).toBe(0);
  });

  it("[PL5] a request that ends after its turn lets the next in at once", async () => {
    const { fairness } = harness();
    const flow = flowOf(fairness, alice);
    while (flow.level.start(1));
    const verdict = flow.level.enqueue(flow, 1);
    flow.level.end(1, { sameTurn: false });
    expect(await verdict).toBe("run");
  });

  it("[PL6] an answer that its client does not read gives its seats back after a minute", async () => {
    const { fairness, advance } = harness();
    const flow = flowOf(fairness, alice);
    let ended: (() => void) | undefined;
    while (flow.level.start(1)) ended = fairness.streamOf(flow.level, 1);
    advance(50_000);
    const verdict = flow.level.enqueue(flow, 1);
    advance(15_000);
    expect(await verdict).toBe("run");
    const { running } = flow.level;
    ended?.();
    expect(flow.level.running).toBe(running);
  });

  it("[PL8] what waits is told, with who asks for what", () => {
    const { fairness } = harness();
    const flow = flowOf(fairness, alice);
    while (flow.level.start(1));
    const info = parseRequestInfo("GET", "/api/v1/namespaces/a/pods/b/status", undefined);
    void flow.level.enqueue(flow, 2, { identity: alice, info });
    const rows = (table: string) =>
      dump(fairness, table, { details: true })!
        .trimEnd()
        .split("\n")
        .map((line) => line.split(",").map((cell) => cell.trim()));
    expect(rows("dump_requests")[1]).toEqual(
      expect.arrayContaining(["global-default", "alice", "get", "a", "b", "v1", "pods", "status", "2"]),
    );
    expect(rows("dump_requests")[0]).toHaveLength(19);
    expect(rows("dump_queues")).toHaveLength(2);
    expect(rows("dump_priority_levels").find(([name]) => name === "global-default")).toEqual(
      expect.arrayContaining(["1", "false"]),
    );
  });

  it("[PL7] a level that needs more borrows while others are idle", async () => {
    const { fairness, turn } = harness();
    const flow = flowOf(fairness, alice);
    const before = flow.level.seats;
    for (let i = 0; i < before; i++) flow.level.start(1);
    for (let i = 0; i < 300; i++) void flow.level.enqueue(flow, 1);
    flow.level.end(1, { sameTurn: true });
    for (let i = 0; i < before; i++) flow.level.end(1, { sameTurn: true });
    turn();
    expect(flow.level.seats).toBeGreaterThan(before * 2);
  });
});

describe("the objects themselves", () => {
  const NOW = Date.parse("2026-01-01T00:00:00Z");
  const made = { schemas: SCHEMAS.map(withStatus), levels: LEVELS };
  function withStatus(schema: FlowSchema): FlowSchema {
    const name = schema.spec.priorityLevelConfiguration.name;
    const message = `This FlowSchema references the PriorityLevelConfiguration object named "${name}" and it exists`;
    return { ...schema, status: { conditions: [{ type: "Dangling", status: "False", reason: "Found", message }] } };
  }
  const changed = (name: string, change: (schema: FlowSchema) => FlowSchema) => ({
    ...made,
    schemas: made.schemas.map((schema) => (schema.metadata.name === name ? change(structuredClone(schema)) : schema)),
  });
  const spoilt = (annotation: string | undefined, generation: number) => (schema: FlowSchema) => {
    schema.spec.matchingPrecedence = 77;
    schema.metadata.generation = generation;
    schema.metadata.annotations = annotation === undefined ? {} : { "apf.kubernetes.io/autoupdate-spec": annotation };
    return schema;
  };
  const summary = (objects: Parameters<typeof planObjects>[0]) =>
    planObjects(objects, NOW).map(({ do: what, object }) => `${what} ${object.metadata.name}`);

  it.each([
    { name: "[FO1] at first all are made", objects: { schemas: [], levels: [] }, count: 21 },
    { name: "[FO2] then nothing is left to do", objects: made, count: 0 },
    {
      name: "[FO3] a mandatory one is put right whatever it says",
      objects: changed("catch-all", spoilt("false", 3)),
      plan: ["update catch-all"],
    },
    {
      name: "[FO4] a suggested one is put right while it says so",
      objects: changed("probes", spoilt("true", 3)),
      plan: ["update probes"],
    },
    { name: "[FO5] and left alone when it says so", objects: changed("probes", spoilt("false", 3)), plan: [] },
    {
      name: "[FO6] one that says nothing is marked as changed by somebody",
      objects: changed("probes", spoilt(undefined, 3)),
      plan: ["update probes"],
    },
    {
      name: "[FO7] what is gone comes back",
      objects: { ...made, schemas: made.schemas.filter(({ metadata }) => metadata.name !== "probes") },
      plan: ["create probes"],
    },
    {
      name: "[FO8] what another release suggested goes",
      objects: changed("probes", (schema) => schema),
      extra: "old",
      plan: ["delete old"],
    },
    {
      name: "[FO9] a schema without its level is told so",
      objects: changed("probes", (schema) => ({
        ...spoilt("false", 3)(schema),
        spec: { ...schema.spec, priorityLevelConfiguration: { name: "no" } },
      })),
      plan: ["setStatus probes"],
    },
  ])("$name", ({ objects, plan, count, extra }) => {
    const old =
      extra === undefined ? [] : [{ ...made.schemas[2]!, metadata: { ...made.schemas[2]!.metadata, name: extra } }];
    const actions = summary({ ...objects, schemas: [...objects.schemas, ...old] });
    if (count !== undefined) expect(actions).toHaveLength(count);
    else expect(actions).toEqual(plan);
  });
});

it("[RA1] who is refused again and again is sent away longer, and sooner back when it is over", () => {
  const retry = new RetryAfter();
  expect(retry.seconds).toBe(1);
  for (let second = 100; second < 200; second++) for (let i = 0; i < 50; i++) retry.refused(second);
  expect(retry.seconds).toBe(32);
  for (let second = 1000; second < 1100; second += 40) retry.refused(second);
  expect(retry.seconds).toBeLessThan(32);
});
