/** The probes of all pods, and what they make of containers. */
import type { Container, ContainerStatus, Probe } from "../../../kinds/core/v1-types.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { ProbeCount } from "../../streams/stats/metrics.ts";
import { runtimeId } from "../container-status.ts";
import type { EventRecorder } from "../events.ts";
import { latest, type ObservedPod } from "../observed.ts";
import type { ProbeVerdict, ProbeVerdicts } from "../plan-pod.ts";
import { isSidecar, type NodePod } from "../pod.ts";
import type { Readiness } from "../pod-status.ts";
import { type ProbeKind, ProbeWorker } from "./probe-worker.ts";
import { runProbe } from "./run-probe.ts";

const KINDS: readonly ProbeKind[] = ["startup", "liveness", "readiness"];

const TITLES = { startup: "Startup", liveness: "Liveness", readiness: "Readiness" } as const;

/** What metrics call the results. */
const RESULTS = [
  ["success", "successful"],
  ["failure", "failed"],
  ["unknown", "unknown"],
] as const;

export interface ProbeManagerOptions {
  runtime: Runtime;
  clock: Clock;
  events: EventRecorder;
  /** A verdict about one of the pod's containers has changed. */
  changed(uid: string): void;
}

interface Tracked {
  pod: NodePod;
  podIp: string;
  /** By container name. */
  workers: Map<string, Map<ProbeKind, ProbeWorker>>;
  /** Probing has stopped: a pod on its way out is not killed for failing. */
  ending: boolean;
}

const probeOf = (container: Container, kind: ProbeKind): Probe | undefined => container[`${kind}Probe`];

export class ProbeManager {
  readonly #options: ProbeManagerOptions;
  readonly #pods = new Map<string, Tracked>();

  constructor(options: ProbeManagerOptions) {
    this.#options = options;
  }

  /** Starts what is missing and follows restarts. Called after each look at the pod. */
  track(pod: NodePod, observed: ObservedPod, podIp: string): void {
    const { uid } = pod.metadata;
    let tracked = this.#pods.get(uid);
    if (!tracked) {
      tracked = { pod, podIp, workers: new Map(), ending: false };
      this.#pods.set(uid, tracked);
    }
    tracked.pod = pod;
    tracked.podIp = podIp;
    for (const container of [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]) {
      const last = latest(observed, container.name);
      const running = last?.state === "running" ? last : undefined;
      const before = statusOf(pod, container.name);
      const sameAsBefore = running !== undefined && runtimeId(before?.containerID) === running.id;
      for (const kind of KINDS) {
        if (!probeOf(container, kind)) continue;
        this.#worker(tracked, container, kind).follow(running, sameAsBefore ? knownVerdict(kind, before) : undefined);
      }
    }
  }

  /** The pod is to end: liveness and startup are no more reasons to kill. Readiness goes on. */
  end(uid: string): void {
    const tracked = this.#pods.get(uid);
    if (!tracked || tracked.ending) return;
    tracked.ending = true;
    for (const workers of tracked.workers.values()) {
      workers.get("liveness")?.stop();
      workers.get("startup")?.stop();
    }
  }

  untrack(uid: string): void {
    const tracked = this.#pods.get(uid);
    for (const workers of tracked?.workers.values() ?? []) for (const worker of workers.values()) worker.stop();
    this.#pods.delete(uid);
  }

  /** For the plan of one pod. */
  verdicts(uid: string): ProbeVerdicts {
    const verdict = (kind: ProbeKind, containerId: string): ProbeVerdict | undefined => {
      for (const byKind of this.#pods.get(uid)?.workers.values() ?? []) {
        const found = byKind.get(kind)?.verdict(containerId);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return { liveness: (id) => verdict("liveness", id), startup: (id) => verdict("startup", id) };
  }

  /** How often each probe was tried, by what came of it. */
  counts(): ProbeCount[] {
    return [...this.#pods.values()].flatMap(({ pod: { metadata }, workers }) =>
      [...workers].flatMap(([container, byKind]) =>
        [...byKind].flatMap(([kind, { tries }]) =>
          RESULTS.filter(([result]) => tries[result] > 0).map(([result, name]) => ({
            namespace: metadata.namespace,
            pod: metadata.name,
            podUid: metadata.uid,
            container,
            kind: TITLES[kind],
            result: name,
            count: tries[result],
          })),
        ),
      ),
    );
  }

  /** For the status of one pod. */
  readiness(uid: string): Readiness {
    const workers = (container: string): Map<ProbeKind, ProbeWorker> | undefined =>
      this.#pods.get(uid)?.workers.get(container);
    const verdict = (kind: ProbeKind, container: string, id: string): boolean => {
      const worker = workers(container)?.get(kind);
      return !worker || worker.verdict(id) === "success";
    };
    return {
      started: (container, id) => verdict("startup", container, id),
      ready: (container, id) => verdict("readiness", container, id),
    };
  }

  #worker(tracked: Tracked, container: Container, kind: ProbeKind): ProbeWorker {
    const byKind = tracked.workers.get(container.name) ?? new Map<ProbeKind, ProbeWorker>();
    tracked.workers.set(container.name, byKind);
    const existing = byKind.get(kind);
    if (existing) return existing;
    const { runtime, clock, events, changed } = this.#options;
    const { uid } = tracked.pod.metadata;
    const probe = probeOf(container, kind) as Probe;
    const worker = new ProbeWorker({
      kind,
      probe,
      clock,
      attempt: ({ id }) => runProbe(runtime, probe, { container, containerId: id, podIp: tracked.podIp }),
      tell: ({ result, message }) => {
        const said = { success: "warning", failure: "failed", unknown: "errored and resulted in unknown state" }[
          result
        ];
        const reason = result === "success" ? "ProbeWarning" : "Unhealthy";
        const text = `${TITLES[kind]} probe ${said}: ${message}`;
        events.container(tracked.pod, container.name, { type: "Warning", reason, message: text });
      },
      changed: () => {
        if (kind === "startup") for (const other of byKind.values()) other.hurry();
        changed(uid);
      },
      mayRun: ({ id }) => {
        const startup = byKind.get("startup");
        return kind === "startup" || !startup || startup.verdict(id) === "success";
      },
    });
    byKind.set(kind, worker);
    return worker;
  }
}

const statusOf = ({ status }: NodePod, name: string): ContainerStatus | undefined =>
  [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((found) => found.name === name);

/** What the API was told of this very instance, before the daemon restarted. */
function knownVerdict(kind: ProbeKind, status: ContainerStatus | undefined): ProbeVerdict | undefined {
  if (kind === "readiness") return status?.ready ? "success" : undefined;
  if (kind === "startup") return status?.started ? "success" : undefined;
  return undefined;
}
