/**
 * Where throughput might fall off: many shapes, many selectors, many pods that wait, heartbeats, deletions at once.
 *
 *   node --expose-gc bench/scheduler/cliffs.ts [--nodes 5000] [--only part-of-a-name] [--seed 1]
 */
import { parseArgs } from "node:util";
import { Bench, makeNode } from "./run.ts";
import type { PodTemplate } from "./workloads.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "5000" },
    only: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const NODES = Number(values.nodes);
const ZONES = ["a", "b", "c"];
const HOSTNAME = "kubernetes.io/hostname";

async function start(): Promise<Bench> {
  const bench = await Bench.start(Number(values.seed));
  bench.addNodes(NODES, { zones: ZONES });
  await bench.settle();
  return bench;
}

/** Adds pods in portions, as they would come through the feed. */
async function add(bench: Bench, count: number, templateOf: (i: number) => PodTemplate): Promise<void> {
  for (let i = 0; i < count; i++) {
    bench.addPod(templateOf(i));
    if (i % 500 === 499) await bench.settle();
  }
  await bench.settle();
}

async function addAll(bench: Bench, count: number, templateOf: (i: number) => PodTemplate): Promise<void> {
  const before = bench.cluster.bound;
  await add(bench, count, templateOf);
  const bound = bench.cluster.bound - before;
  if (bound < count) throw new Error(`${bound} of ${count} pods were bound`);
}

const selfish = (i: number): PodTemplate => ({
  prefix: "selfish",
  namespace: `ns-${i % 200}`,
  labels: { app: `app-${i}` },
  spec: {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: { matchLabels: { app: `app-${i}` } },
            topologyKey: HOSTNAME,
            namespaceSelector: { matchLabels: { team: `team-${i % 200}` } },
          },
        ],
      },
    },
  },
});
const spread = (i: number): PodTemplate => ({
  prefix: "spread",
  labels: { app: `app-${i}` },
  spec: {
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: { matchLabels: { app: `app-${i}` } },
      },
    ],
  },
});
const namespaceOf = (i: number, more: object = {}): object => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: `ns-${i}`, uid: `ns-${i}`, labels: { team: `team-${i}`, ...more } },
});
/** Each of another class, and none that any node takes. */
const hopeless = (i: number): PodTemplate => ({ prefix: "hopeless", cpu: `${9_000 + i}m`, labels: { n: `${i}` } });
const gangOf = (i: number, minCount = 1_000, key?: string): object => ({
  apiVersion: "scheduling.k8s.io/v1alpha2",
  kind: "PodGroup",
  metadata: { name: `gang-${i}`, namespace: "default", uid: `gang-${i}` },
  spec: {
    schedulingPolicy: { gang: { minCount } },
    ...(key && { schedulingConstraints: { topology: [{ key }] } }),
  },
});
const memberOf = (gang: number, cpu: string): PodTemplate => ({
  prefix: `member-${gang}`,
  cpu,
  spec: { schedulingGroup: { podGroupName: `gang-${gang}` } } as PodTemplate["spec"] & object,
});
const plain: PodTemplate = { prefix: "plain" };

interface Cliff {
  name: string;
  unit: string;
  /** Prepares, then resets the time of `bench` and works; returns how many units were done. */
  run(bench: Bench): Promise<number>;
}

const CLIFFS: readonly Cliff[] = [
  {
    name: "same shape",
    unit: "pods/s",
    run: async (bench) => {
      bench.ms = 0;
      await addAll(bench, 10_000, () => plain);
      return 10_000;
    },
  },
  {
    name: "each pod of its own shape",
    unit: "pods/s",
    run: async (bench) => {
      bench.ms = 0;
      await addAll(bench, 5_000, (i) => ({ prefix: "shape", cpu: `${100 + (i % 900)}m`, spec: { priority: i } }));
      return 5_000;
    },
  },
  {
    name: "300 shapes in turn",
    unit: "pods/s",
    run: async (bench) => {
      bench.ms = 0;
      await addAll(bench, 6_000, (i) => ({ prefix: "turn", cpu: `${100 + (i % 300)}m` }));
      return 6_000;
    },
  },
  {
    name: "each pod with its own labels",
    unit: "pods/s",
    run: async (bench) => {
      bench.ms = 0;
      await addAll(bench, 5_000, (i) => ({ prefix: "label", labels: { statefulset: `pod-${i}` } }));
      return 5_000;
    },
  },
  {
    name: "1,000 apps against themselves in 200 namespaces",
    unit: "pods/s",
    run: async (bench) => {
      for (let i = 0; i < 200; i++) bench.cluster.create("namespaces", namespaceOf(i));
      await bench.settle();
      bench.ms = 0;
      await addAll(bench, 5_000, (i) => selfish(i % 1_000));
      return 5_000;
    },
  },
  {
    name: "1,000 apps spread over zones",
    unit: "pods/s",
    run: async (bench) => {
      bench.ms = 0;
      await addAll(bench, 5_000, (i) => spread(i % 1_000));
      return 5_000;
    },
  },
  {
    name: "namespaces made and labelled, 200 selectors",
    unit: "changes/s",
    run: async (bench) => {
      for (let i = 0; i < 200; i++) bench.cluster.create("namespaces", namespaceOf(i));
      await addAll(bench, 20_000, () => plain);
      await addAll(bench, 2_000, (i) => selfish(i % 200));
      bench.ms = 0;
      for (let i = 200; i < 400; i++) bench.cluster.create("namespaces", namespaceOf(i));
      await bench.settle();
      for (let i = 0; i < 200; i++) bench.cluster.update("namespaces", namespaceOf(i, { more: "yes" }));
      await bench.settle();
      return 400;
    },
  },
  {
    name: "others come while 1,000 kinds of pods wait",
    unit: "pods/s",
    run: async (bench) => {
      await add(bench, 1_000, hopeless);
      bench.ms = 0;
      await addAll(bench, 5_000, () => plain);
      return 5_000;
    },
  },
  {
    name: "others go while 1,000 kinds of pods wait",
    unit: "pods/s",
    run: async (bench) => {
      await addAll(bench, 5_000, () => plain);
      const there = bench.cluster.pods();
      await add(bench, 1_000, hopeless);
      bench.ms = 0;
      for (const [i, pod] of there.entries()) {
        bench.cluster.remove("pods", pod);
        if (i % 100 === 99) await bench.settle();
      }
      await bench.settle();
      return there.length;
    },
  },
  {
    name: "10,000 pods alike that fit nowhere",
    unit: "pods/s",
    run: async (bench) => {
      bench.ms = 0;
      await add(bench, 10_000, () => ({ prefix: "hopeless", cpu: "9" }));
      return 10_000;
    },
  },
  {
    name: "gangs of 1,000 that fit",
    unit: "pods/s",
    run: async (bench) => {
      for (let i = 0; i < 5; i++) bench.cluster.create("podgroups.scheduling.k8s.io", gangOf(i));
      await bench.settle();
      bench.ms = 0;
      await addAll(bench, 5_000, (i) => memberOf(Math.floor(i / 1_000), "100m"));
      return 5_000;
    },
  },
  {
    name: "gangs of 100 in one rack of 10 nodes",
    unit: "pods/s",
    run: async (bench) => {
      for (let i = 0; i < NODES; i++) {
        const node = makeNode(i, ZONES, undefined) as { metadata: { labels: object } };
        const labels = { ...node.metadata.labels, rack: `rack-${Math.floor(i / 10)}` };
        bench.cluster.update("nodes", { ...node, metadata: { ...node.metadata, labels } });
      }
      for (let i = 0; i < 20; i++) bench.cluster.create("podgroups.scheduling.k8s.io", gangOf(i, 100, "rack"));
      await bench.settle();
      bench.ms = 0;
      await addAll(bench, 2_000, (i) => memberOf(Math.floor(i / 100), "300m"));
      return 2_000;
    },
  },
  {
    name: "gangs of 1,000 of which half fits nowhere",
    unit: "pods/s",
    run: async (bench) => {
      for (let i = 0; i < 5; i++) bench.cluster.create("podgroups.scheduling.k8s.io", gangOf(i));
      await bench.settle();
      bench.ms = 0;
      await add(bench, 5_000, (i) => memberOf(Math.floor(i / 1_000), i % 2 ? "9" : "100m"));
      return 5_000;
    },
  },
  {
    name: "each of 500 important pods of its own shape",
    unit: "pods/s",
    run: async (bench) => {
      await addAll(bench, 4 * NODES, () => ({
        prefix: "low",
        cpu: "900m",
        spec: { terminationGracePeriodSeconds: 0 },
      }));
      bench.ms = 0;
      await addAll(bench, 500, (i) => ({ prefix: "high", cpu: `${2_000 + i}m`, spec: { priority: 10 } }));
      return 500;
    },
  },
  {
    name: "heartbeats while 1,000 kinds of pods wait",
    unit: "heartbeats/s",
    run: async (bench) => {
      await add(bench, 1_000, hopeless);
      bench.ms = 0;
      bench.wakes = 0;
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < NODES; i++) {
          const node = makeNode(i, ZONES, undefined) as { status: object };
          const conditions = [{ type: "Ready", status: "True", lastHeartbeatTime: `2026-01-01T00:00:0${round}Z` }];
          bench.cluster.update("nodes", { ...node, status: { ...node.status, conditions } });
        }
        await bench.settle();
      }
      if (bench.wakes > 0) throw new Error(`${bench.wakes} wakes for nothing`);
      return 4 * NODES;
    },
  },
  {
    name: "20,000 pods deleted at once, of 1,000 spread apps",
    unit: "pods/s",
    run: async (bench) => {
      await addAll(bench, 20_000, (i) => spread(i % 1_000));
      const there = bench.cluster.pods();
      await add(bench, 200, hopeless);
      bench.ms = 0;
      for (const pod of there) bench.cluster.remove("pods", pod);
      await bench.settle();
      return there.length;
    },
  },
  {
    name: "20,000 pending pods deleted at once",
    unit: "pods/s",
    run: async (bench) => {
      await add(bench, 20_000, (i) => hopeless(i % 1_000));
      bench.ms = 0;
      for (const pod of bench.cluster.pods()) bench.cluster.remove("pods", pod);
      await bench.settle();
      return 20_000;
    },
  },
];

console.log(`${NODES} nodes, seed ${values.seed}`);
for (const { name, unit, run } of CLIFFS) {
  if (!name.includes(values.only ?? "")) continue;
  const bench = await start();
  const count = await run(bench);
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const rate = Math.round((count / bench.ms) * 1_000);
  const megabytes = Math.round((heapUsed + arrayBuffers) / 1_000_000);
  console.log(`${name.padEnd(52)}${String(rate).padStart(10)} ${unit.padEnd(14)}${String(megabytes).padStart(6)} MB`);
}
