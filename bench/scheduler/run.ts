/** Runs one workload on the scheduler program, with a clock that stands still unless something waits. */
import type { Clock } from "../../machinery/clock.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { createScheduler, type SchedulerMetrics } from "../../scheduler/program.ts";
import { MemoryCluster } from "./memory-cluster.ts";
import type { PodTemplate, Workload } from "./workloads.ts";

export interface Figures {
  pods: number;
  /** Time the scheduler took for the measured pods: reading the feed, deciding, making up what is written. */
  ms: number;
  metrics: SchedulerMetrics;
}

const MAX_ROUNDS = 100_000;

export class Bench {
  readonly cluster = new MemoryCluster();
  readonly #clock: Clock & { nowMs: number } = {
    nowMs: 1_770_000_000_000,
    now: () => this.#clock.nowMs,
    after: () => () => {},
  };
  readonly scheduler: ReturnType<typeof createScheduler>;
  #names = 0;
  ms = 0;
  /** Times the scheduler was woken. */
  wakes = 0;

  constructor(seed: number) {
    this.scheduler = createScheduler({ cluster: this.cluster, clock: this.#clock, random: seededRandom(seed) });
  }

  /** Takes its snapshot, of an empty cluster. */
  static async start(seed: number): Promise<Bench> {
    const bench = new Bench(seed);
    await bench.settle();
    return bench;
  }

  addNodes(count: number, { zones, taintedEvery }: Pick<Workload, "zones" | "taintedEvery">): void {
    for (let i = 0; i < count; i++) this.cluster.create("nodes", makeNode(i, zones, taintedEvery));
  }

  addPod(template: PodTemplate): void {
    this.cluster.create("pods", makePod(template, `${template.prefix}-${this.#names++}`));
  }

  /** Lets the scheduler work until it has nothing left to do. */
  async settle(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const batch = this.cluster.takeBatch();
      const before = this.cluster.ownMs;
      const startMs = performance.now();
      await this.scheduler.changes(batch);
      const next = this.scheduler.nextWakeMs();
      const isDue = next !== undefined && next <= this.#clock.nowMs;
      if (isDue) {
        this.wakes++;
        await this.scheduler.wake(this.#clock.nowMs);
      }
      this.ms += performance.now() - startMs - (this.cluster.ownMs - before);
      if (!isDue && batch.events.length === 0) return;
    }
    throw new Error("the scheduler does not come to rest");
  }
}

export async function runWorkload(workload: Workload, nodes: number, seed: number): Promise<Figures> {
  const bench = await Bench.start(seed);
  const { cluster, scheduler } = bench;
  for (const { name, labels = {} } of workload.namespaces ?? []) {
    cluster.create("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name, uid: name, labels } });
  }
  for (const { namespace, selector } of workload.services ?? []) {
    const metadata = { namespace, name: "service", uid: namespace };
    cluster.create("services", { apiVersion: "v1", kind: "Service", metadata, spec: { selector } });
  }
  bench.addNodes(nodes, workload);
  await bench.settle();
  for (const { template, perNode } of workload.init) {
    for (let i = 0; i < Math.round(nodes * perNode); i++) bench.addPod(template);
  }
  await bench.settle();
  const { template, perNode } = workload.measured;
  const pods = Math.round(nodes * perNode);
  const boundBefore = cluster.bound;
  bench.ms = 0;
  // In portions, as they would come through the feed.
  for (let i = 0; i < pods; i++) {
    if (workload.between && i % workload.between.every === 0) bench.addPod(workload.between.template);
    bench.addPod(template);
    if (i % 500 === 499) await bench.settle();
  }
  await bench.settle();
  const bound = cluster.bound - boundBefore;
  if (bound < pods) throw new Error(`${workload.name}: ${bound} of ${pods} pods were bound`);
  return { pods, ms: bench.ms, metrics: scheduler.metrics() };
}

export function makeNode(
  index: number,
  zones: readonly string[] | undefined,
  taintedEvery: number | undefined,
): object {
  const name = `scheduler-perf-${index}`;
  const isTainted = taintedEvery !== undefined && index % taintedEvery === 0;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      uid: `node-${index}`,
      labels: {
        "kubernetes.io/hostname": name,
        ...(zones && { "topology.kubernetes.io/zone": zones[index % zones.length] }),
      },
    },
    spec: isTainted ? { taints: [{ key: "foo", effect: "NoSchedule" }] } : {},
    status: { allocatable: { pods: "110", cpu: "4", memory: "32Gi" } },
  };
}

/** With what the API server and admission add, so that reading costs what it costs. */
export function makePod({ namespace = "default", labels, cpu = "100m", spec }: PodTemplate, name: string): object {
  const resources = { cpu, memory: "500Mi" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      uid: `9b4f0d35-6d4b-4f1c-8d27-${name.padStart(12, "0")}`,
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...(labels && { labels }),
    },
    spec: {
      volumes: [
        {
          name: "kube-api-access-x7k2p",
          projected: {
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
              { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
              {
                downwardAPI: {
                  items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
                },
              },
            ],
            defaultMode: 420,
          },
        },
      ],
      containers: [
        {
          name: "pause",
          image: "registry.k8s.io/pause:3.10.1",
          ports: [{ containerPort: 80, protocol: "TCP" }],
          resources: { limits: resources, requests: resources },
          volumeMounts: [
            {
              name: "kube-api-access-x7k2p",
              readOnly: true,
              mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
            },
          ],
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
          imagePullPolicy: "IfNotPresent",
        },
      ],
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      serviceAccountName: "default",
      serviceAccount: "default",
      securityContext: {},
      schedulerName: "default-scheduler",
      tolerations: [
        { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 30 },
        { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 30 },
      ],
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: "PreemptLowerPriority",
      ...spec,
    },
    status: { phase: "Pending", qosClass: "Guaranteed" },
  };
}
