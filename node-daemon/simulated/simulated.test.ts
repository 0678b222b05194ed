import { describe, expect, it } from "vitest";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { Endpoint, EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { ApiCallError, type Informer } from "../contracts.ts";
import { FakeInformer } from "../network/testing.ts";
import { parseSimulationConfig, type SimulationConfig } from "./config.ts";
import { NodeSimulator } from "./nodes.ts";
import { hasOutage, lostConditions, podIpOf, readyConditions, simulatedNode, wantedConditions } from "./plan-node.ts";
import { type Behaviour, type Life, nextStep, seePod, statusOf } from "./plan-pod.ts";
import { PodSimulator } from "./pods.ts";
import { withRealEndpoints } from "./real-endpoints.ts";
import { TimerHeap } from "./timer-heap.ts";
import { Writer } from "./writer.ts";

const NOW = 1_770_000_000_000;
const log = { debug() {}, info() {}, warn() {}, error() {} } as never;

const configOf = (more: object = {}): SimulationConfig =>
  parseSimulationConfig(
    JSON.stringify({ serverUrl: "https://localhost:1", tokenFile: "/t", stateDir: "/s", count: 3, ...more }),
  );

/** Time that moves when told; timers ring in order. */
class ManualClock implements Clock {
  nowMs = NOW;
  readonly #timers = new Set<{ dueMs: number; callback: () => void }>();

  now(): number {
    return this.nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get armed(): number {
    return this.#timers.size;
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.dueMs - b.dueMs);
      if (!next || next.dueMs > untilMs) break;
      this.#timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.callback();
      await settled();
    }
    this.nowMs = untilMs;
  }
}

/** Lets promises that are due go on. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

class TestInformer<T extends KubeObject> {
  readonly synced = Promise.resolve();
  readonly objects = new Map<string, T>();
  readonly #listeners: ((key: string, current: T | undefined) => void)[] = [];
  hasSynced = (): boolean => true;
  get = (key: string): T | undefined => this.objects.get(key);
  values = (): Iterable<T> => this.objects.values();
  onChange = (listener: (key: string, current: T | undefined) => void): void => void this.#listeners.push(listener);
  stop = (): void => undefined;

  put(key: string, object: T | undefined): void {
    if (object) this.objects.set(key, object);
    else this.objects.delete(key);
    for (const listener of this.#listeners) listener(key, object);
  }
}

describe("Configuration of a simulation", () => {
  it.each<[string, object, string]>([
    ["[SN1] an unknown field", { colour: "red" }, "colour is unknown"],
    ["[SN2] a range upside down", { startMs: { least: 5, most: 1 } }, "startMs must have least no greater than most"],
    ["[SN3] a rate above one", { runFailureRate: 2 }, "runFailureRate must be a number from 0 to 1"],
    ["[SN4] a capacity that is no quantity", { capacity: { cpu: "much" } }, "capacity"],
    ["[SN5] too many nodes", { count: 15_001 }, "count must be a whole number from 1 to 15000"],
    ["[SN6] a server that is no https", { serverUrl: "http://x" }, "serverUrl must be https://host:port, no more"],
  ])("%s is refused", (_name, more, message) => {
    expect(() => configOf(more)).toThrow(message);
  });
});

describe("Simulated nodes as objects", () => {
  it("[SN10] are told apart, dealt out to zones, and each has a range of addresses", () => {
    const nodes = [0, 1, 2, 3].map((i) => simulatedNode(configOf({ zones: 3, labels: { rack: "r" } }), i, NOW));
    expect(nodes[0]!.metadata.labels).toMatchObject({ "kedge.dev/simulated": "true", rack: "r" });
    const zones = nodes.map(({ metadata }) => metadata.labels?.["topology.kubernetes.io/zone"]);
    expect(zones).toEqual(["zone-0", "zone-1", "zone-2", "zone-0"]);
    expect(new Set(nodes.map(({ spec }) => spec?.podCIDR)).size).toBe(4);
    expect([podIpOf(0, 0), podIpOf(257, 253), podIpOf(257, 254)]).toEqual(["240.0.0.1", "240.1.1.254", "240.1.1.1"]);
  });

  it("[SN12] take no traffic from real nodes, which see everybody else's endpoints as they are", () => {
    const endpoint = (address: string, nodeName?: string) => ({ addresses: [address], ...(nodeName && { nodeName }) });
    const slice = (name: string, ...endpoints: Endpoint[]): EndpointSlice => ({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, namespace: "default" },
      addressType: "IPv4",
      endpoints,
    });
    const real = slice("real", endpoint("10.244.0.5", "a"), endpoint("240.0.0.9"));
    const informer = new FakeInformer<EndpointSlice>([real]);
    const seen = withRealEndpoints(informer);
    const changes: unknown[] = [];
    seen.onChange((key, now, before) => changes.push([key, now?.endpoints?.length, before?.endpoints?.length]));
    informer.put(slice("mixed", endpoint(podIpOf(0, 0), "simulated-0"), endpoint("10.244.0.6", "a")));
    informer.put(slice("mixed", endpoint(podIpOf(14_999, 253), "simulated-14999")));
    informer.remove("default/mixed");
    informer.put(slice("mixed", endpoint(podIpOf(300, 7), "simulated-300"), endpoint("10.244.0.7", "a")));
    expect(changes).toEqual([
      ["default/mixed", 1, undefined],
      ["default/mixed", 0, 1],
      ["default/mixed", undefined, 0],
      ["default/mixed", 1, undefined],
    ]);
    expect(seen.get("default/real")).toBe(real);
    expect([...seen.values()].flatMap(({ endpoints }) => endpoints?.map(({ addresses }) => addresses[0]))).toEqual([
      "10.244.0.5",
      "240.0.0.9",
      "10.244.0.7",
    ]);
  });

  it("[SN11] are told to be ready when they are not, and lost when they are to be", () => {
    const node = (more: object): Pick<Node, "metadata" | "status"> => ({
      metadata: { name: "n", ...more },
      status: {},
    });
    expect(wantedConditions(node({}), NOW)).toEqual(readyConditions(undefined, NOW));
    const off = node({ annotations: { "kedge.dev/simulated-outage": "true" } });
    expect(hasOutage(off)).toBe(true);
    expect(wantedConditions(off, NOW)).toEqual(lostConditions(undefined, NOW));
    expect(wantedConditions({ ...off, status: { conditions: lostConditions(undefined, NOW) } }, NOW)).toBeUndefined();
    const before = readyConditions(undefined, NOW);
    expect(readyConditions(before, NOW + 60_000)[3]).toMatchObject({
      lastTransitionTime: before[3]!.lastTransitionTime,
    });
  });
});

const BEHAVIOUR: Behaviour = {
  startMs: { least: 100, most: 100 },
  runMs: { least: 1_000, most: 1_000 },
  stopMs: { least: 50, most: 50 },
  startFailureRate: 0,
  runFailureRate: 0,
};

const podOf = (more: { metadata?: object; spec?: object; status?: object } = {}): Pod & KubeObject =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "d", uid: "u", ...more.metadata },
    spec: { nodeName: "simulated-1", containers: [{ name: "c", image: "i" }], ...more.spec },
    status: { phase: "Pending", ...more.status },
  }) as Pod & KubeObject;

const RUNNING: Life = { stage: "running", startedMs: NOW, restarts: 0, exitCode: 0 };

describe("A simulated pod's next step", () => {
  const step = (more: Parameters<typeof podOf>[0], life?: Life, behaviour: Partial<Behaviour> = {}) =>
    nextStep(seePod(podOf(more)), life, {
      behaviour: { ...BEHAVIOUR, ...behaviour },
      random: () => 0.5,
      nowMs: NOW,
    });

  it.each<[string, ReturnType<typeof step>, object]>([
    ["[SP1] starts after its delay", step({}), { do: "tell", afterMs: 100, life: { stage: "running" } }],
    ["[SP2] runs for good when it is to be restarted anyway", step({}, RUNNING), { do: "nothing" }],
    [
      "[SP3] ends when it is a job's",
      step({ spec: { restartPolicy: "Never" } }, RUNNING),
      { do: "tell", afterMs: 1_000, life: { stage: "ended", exitCode: 0 } },
    ],
    [
      "[SP4] fails to start, and backs off",
      step({}, undefined, { startFailureRate: 1 }),
      { do: "tell", life: { stage: "crashing", restarts: 1, exitCode: 1 } },
    ],
    [
      "[SP5] a back-off doubles",
      step({}, { ...RUNNING, stage: "crashing", restarts: 3 }),
      { do: "tell", afterMs: 40_000, life: { stage: "running", restarts: 3 } },
    ],
    [
      "[SP6] a run that fails is the end when it is never restarted",
      step({ spec: { restartPolicy: "Never" } }, RUNNING, { runFailureRate: 1 }),
      { do: "tell", life: { stage: "ended", exitCode: 1 } },
    ],
    [
      "[SP7] and a restart when failures are",
      step({ spec: { restartPolicy: "OnFailure" } }, RUNNING, { runFailureRate: 1 }),
      { do: "tell", life: { stage: "crashing", restarts: 1 } },
    ],
    [
      "[SP8] goes when asked, within its grace period",
      step({ metadata: { deletionTimestamp: "x", deletionGracePeriodSeconds: 0 } }, RUNNING),
      { do: "remove", afterMs: 0 },
    ],
    ["[SP9] what has ended stays", step({ status: { phase: "Succeeded" } }), { do: "nothing" }],
    [
      "[SP10] says for itself how long it runs",
      step(
        { metadata: { annotations: { "kedge.dev/simulated-run-ms": "7" } }, spec: { restartPolicy: "Never" } },
        RUNNING,
      ),
      { do: "tell", afterMs: 7 },
    ],
  ])("%s", (_name, actual, expected) => expect(actual).toMatchObject(expected));

  it("[SP11] its status is what a kubelet would write", () => {
    const pod = seePod(podOf({ metadata: { generation: 4 }, spec: { initContainers: [{ name: "i" }] } }));
    expect(statusOf(pod, RUNNING, { podIp: "240.0.1.1", nowMs: NOW })).toMatchObject({
      phase: "Running",
      observedGeneration: 4,
      podIPs: [{ ip: "240.0.1.1" }],
      initContainerStatuses: [{ name: "i", ready: true, state: { terminated: { reason: "Completed" } } }],
      containerStatuses: [{ name: "c", ready: true, started: true, restartCount: 0, state: { running: {} } }],
    });
    const ended = statusOf(pod, { ...RUNNING, stage: "ended", exitCode: 1 }, { podIp: undefined, nowMs: NOW });
    expect(ended.phase).toBe("Failed");
    expect(ended.conditions?.find(({ type }) => type === "Ready")).toMatchObject({
      status: "False",
      reason: "PodFailed",
    });
  });
});

describe("TimerHeap", () => {
  it("[TH1] rings in order on one timer, and not what was cancelled", async () => {
    const clock = new ManualClock();
    const heap = new TimerHeap(clock);
    const rung: number[] = [];
    const random = seededRandom(1);
    const delays = Array.from({ length: 200 }, () => Math.floor(random() * 1_000));
    const cancels = delays.map((delay) => heap.after(delay, () => rung.push(delay)));
    for (const [i, cancel] of cancels.entries()) if (i % 2 === 0) cancel();
    expect(clock.armed).toBe(1);
    await clock.advance(1_000);
    expect(rung).toEqual(delays.filter((_, i) => i % 2 === 1).sort((a, b) => a - b));
    expect([heap.size, clock.armed]).toEqual([0, 0]);
  });
});

describe("Writer", () => {
  const refusing = (code: number) => new ApiCallError(code, `answered ${code}`);

  it("[WR1] writes so many at once and no more", async () => {
    const writer = new Writer({ concurrency: 2, clock: new ManualClock(), log });
    const open: (() => void)[] = [];
    let most = 0;
    const all = Array.from({ length: 5 }, () =>
      writer.write(() => {
        return new Promise<void>((resolve) => {
          open.push(resolve);
          most = Math.max(most, open.length);
        });
      }),
    );
    for (let i = 0; i < 5; i++) {
      await settled();
      open.shift()?.();
    }
    await Promise.all(all);
    expect([most, writer.written, writer.waiting]).toEqual([2, 5, 0]);
  });

  it("[WR2] tries again what may get through later, and gives up what will not", async () => {
    const clock = new ManualClock();
    const writer = new Writer({ concurrency: 1, clock, log });
    let tries = 0;
    const later = writer.write(async () => {
      if (++tries < 3) throw refusing(tries === 1 ? 429 : 0);
    });
    await settled();
    await clock.advance(10_000);
    await later;
    expect(tries).toBe(3);
    await expect(writer.write(() => Promise.reject(refusing(404)))).rejects.toThrow("answered 404");
  });
});

describe("Simulators", () => {
  function start() {
    const clock = new ManualClock();
    const calls: { method: string; path: string; body: unknown }[] = [];
    const note =
      (method: string) =>
      async (path: string, ...rest: unknown[]) => {
        calls.push({ method, path, body: rest.at(-1) });
        return {};
      };
    const api = {
      get: note("get"),
      create: note("create"),
      update: note("update"),
      patch: note("patch"),
      delete: note("delete"),
    };
    const writer = new Writer({ concurrency: 4, clock, log });
    const shared = {
      api: api as never,
      writer,
      timers: new TimerHeap(clock),
      random: () => 0.5,
      now: () => clock.now(),
      log,
    };
    const nodes = new TestInformer<Node & KubeObject>();
    const pods = new TestInformer<ReturnType<typeof seePod> & KubeObject>();
    const podSimulator: PodSimulator = new PodSimulator({
      ...shared,
      pods: pods as unknown as Informer<never>,
      behaviour: BEHAVIOUR,
      nodeIndex: (name) => nodeSimulator.indexOf(name),
      podIp: podIpOf,
    });
    const nodeSimulator: NodeSimulator = new NodeSimulator({
      ...shared,
      config: configOf(),
      nodes: nodes as unknown as Informer<Node>,
      onPower: (name, isOn) => (isOn ? podSimulator.lookAt(name) : podSimulator.freeze(name)),
    });
    const put = (pod: Pod & KubeObject) =>
      pods.put(`${pod.metadata.namespace}/${pod.metadata.name}`, seePod(pod) as never);
    return { clock, calls, nodes, pods, podSimulator, nodeSimulator, put };
  }

  it("[SI1] registers what is not there yet", async () => {
    const { calls, nodes, nodeSimulator } = start();
    nodes.objects.set("simulated-1", simulatedNode(configOf(), 1, NOW) as Node & KubeObject);
    await nodeSimulator.start();
    expect(calls.map(({ method, body }) => [method, (body as Node).metadata.name])).toEqual([
      ["create", "simulated-0"],
      ["create", "simulated-2"],
    ]);
  });

  it("[SI2] a pod runs after its delay, and its status is written once, to it alone", async () => {
    const { clock, calls, put, podSimulator } = start();
    put(podOf());
    put(podOf({ metadata: { name: "q", uid: "v" }, spec: { nodeName: "real" } }));
    put(podOf());
    await clock.advance(100);
    expect(calls).toMatchObject([
      {
        method: "patch",
        path: "/api/v1/namespaces/d/pods/p/status",
        body: { metadata: { uid: "u" }, status: { phase: "Running" } },
      },
    ]);
    await clock.advance(60_000);
    expect([calls.length, podSimulator.count]).toEqual([1, 1]);
  });

  it("[SI3] a node with an outage does nothing, and goes on when the power is back", async () => {
    const { clock, calls, nodes, nodeSimulator, put } = start();
    const node = simulatedNode(configOf(), 1, NOW) as Node & KubeObject;
    nodes.objects.set("simulated-1", node);
    await nodeSimulator.start();
    calls.length = 0;
    const off = { ...node, metadata: { ...node.metadata, annotations: { "kedge.dev/simulated-outage": "true" } } };
    put(podOf());
    nodes.put("simulated-1", off);
    await clock.advance(1_000);
    expect(calls.map(({ path }) => path)).toEqual(["/api/v1/nodes/simulated-1/status"]);
    nodes.put("simulated-1", node);
    await clock.advance(1_000);
    expect(calls.at(-1)?.path).toBe("/api/v1/namespaces/d/pods/p/status");
  });

  it("[SI4] a pod asked to go is deleted for good", async () => {
    const { clock, calls, put } = start();
    put(podOf());
    await clock.advance(100);
    put(podOf({ metadata: { deletionTimestamp: "x", deletionGracePeriodSeconds: 30 }, status: { phase: "Running" } }));
    await clock.advance(49);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls[1]).toEqual({
      method: "delete",
      path: "/api/v1/namespaces/d/pods/p",
      body: { gracePeriodSeconds: 0, preconditions: { uid: "u" } },
    });
  });
});
