/** What the tests of sig-apps share: nodes whose kubelets run pods in name only, as each test says. */
import type { Pod } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { ok, startCluster, type TestCluster } from "./kit.ts";

/** What becomes of a pod's containers once it is bound. */
export type Fate =
  | "ready"
  /** Running, but not ready. */
  | "unready"
  | "pending"
  | "succeeds"
  | { exitCode: number };

export interface Apps extends TestCluster {
  /** A namespace of its own for each test. */
  namespace(): Promise<string>;
  /** Default: all pods become ready. */
  fate: (pod: Pod) => Fate;
  /** Scheduler and kubelets do what they can for all pods, once. Whether there was anything to do. */
  step(): Promise<boolean>;
  /** Controllers, scheduler and kubelets, until all is at rest. */
  rest(): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind
  pods(namespace: string, selector?: string): Promise<any[]>;
  node(name: string, labels?: { [key: string]: string }): Promise<void>;
}

/** With nodes n1 and n2. */
export async function startApps(): Promise<Apps> {
  const cluster = await startCluster();
  let namespaces = 0;
  /** The one of the test that is running. */
  let current = "default";
  let addresses = 0;
  const apps: Apps = {
    ...cluster,
    fate: () => "ready",
    async namespace() {
      const name = `apps-${namespaces++}`;
      ok(await cluster.create("/api/v1/namespaces", { metadata: { name } }));
      await cluster.settle();
      current = name;
      return name;
    },
    async pods(namespace, selector) {
      const query = selector === undefined ? "" : `?labelSelector=${encodeURIComponent(selector)}`;
      return ok(await cluster.get(`/api/v1/namespaces/${namespace}/pods${query}`)).items;
    },
    async node(name, labels = {}) {
      ok(
        await cluster.create("/api/v1/nodes", {
          metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
        }),
      );
      // As the lifecycle controller does for a node that is ready.
      const status = { conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }] };
      ok(await cluster.patch(`/api/v1/nodes/${name}/status`, { status }, "strategic"));
      ok(await cluster.patch(`/api/v1/nodes/${name}`, { spec: { taints: null } }));
      await cluster.settle();
    },
    async step() {
      let moved = false;
      for (const pod of ok(await cluster.get(`/api/v1/namespaces/${current}/pods`)).items as Pod[]) {
        moved = (await stepPod(apps, pod, () => `10.244.0.${++addresses % 250}`)) || moved;
      }
      return moved;
    },
    async rest() {
      for (let round = 0; round < 200; round++) {
        await cluster.settle();
        if (!(await apps.step())) return;
      }
      throw new Error("not at rest");
    },
  };
  await apps.node("n1");
  await apps.node("n2");
  return apps;
}

async function stepPod(apps: Apps, pod: Pod, address: () => string): Promise<boolean> {
  const { namespace, name, deletionTimestamp } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  // `settle` ends what is deleted.
  if (deletionTimestamp || pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return false;
  if (!pod.spec.nodeName) {
    const target = { apiVersion: "v1", kind: "Node", name: pinnedTo(pod) ?? "n1" };
    ok(await apps.create(`${path}/binding`, { apiVersion: "v1", kind: "Binding", metadata: { name }, target }));
    return true;
  }
  const status = statusOf(pod, apps.fate(pod), { now: formatTime(apps.services.env.clock.now()), address });
  if (!status) return false;
  ok(await apps.patch(`${path}/status`, { status }, "strategic"));
  return true;
}

/** A daemon's node. */
const pinnedTo = ({ spec }: Pod): string | undefined =>
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]
    ?.values?.[0];

/** Undefined: as it is. */
function statusOf(pod: Pod, fate: Fate, { now, address }: { now: string; address(): string }): object | undefined {
  if (fate === "pending") return undefined;
  const conditions = pod.status?.conditions ?? [];
  const isReady = conditions.some(({ type, status }) => type === "Ready" && status === "True");
  const ready = (status: "True" | "False") => [{ type: "Ready", status, lastTransitionTime: now }];
  const ended = (exitCode: number) => ({
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    conditions: ready("False"),
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode, startedAt: now, finishedAt: now } },
    })),
  });
  if (fate === "succeeds") return ended(0);
  if (typeof fate === "object") return ended(fate.exitCode);
  if (pod.status?.phase === "Running" && isReady === (fate === "ready")) return undefined;
  const podIP = pod.status?.podIP ?? address();
  return {
    phase: "Running",
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: now,
    conditions: ready(fate === "ready" ? "True" : "False"),
  };
}

/** The pod template of most tests. */
export const template = (labels: { [key: string]: string }, image = "httpd:1", more: object = {}): object => ({
  metadata: { labels },
  spec: { containers: [{ name: "main", image }], terminationGracePeriodSeconds: 0, ...more },
});

/**
 * A status can be read, replaced and patched, and what was written is read again.
 *
 * @param path of the object @param mark changes the status in a way that its controller leaves alone
 */
export async function statusEndpoints(apps: Apps, path: string): Promise<void> {
  const condition = (type: string) => ({ type, status: "True", reason: "E2E", message: "Set from e2e test" });
  const { status } = ok(await apps.get(`${path}/status`));
  const read = ok(await apps.get(path));
  const written = ok(
    await apps.replace(`${path}/status`, { ...read, status: { ...status, conditions: [condition("StatusUpdate")] } }),
  );
  if (!written.status.conditions.some(({ type }: { type: string }) => type === "StatusUpdate"))
    throw new Error("not written");
  ok(await apps.patch(`${path}/status`, { status: { conditions: [condition("StatusPatched")] } }));
  const after = ok(await apps.get(path));
  if (after.status.conditions[0].type !== "StatusPatched")
    throw new Error(`not patched: ${JSON.stringify(after.status)}`);
}
