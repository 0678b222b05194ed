/** All pods of this node: one worker each, fed by the API, the runtime, probes and clocks. */
import { mkdir } from "node:fs/promises";
import type { Node, Secret, Service } from "../../kinds/core/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { ApiClient, ContainerInstance, Informer, Log, NodeNetwork, PodLookup, RunningPod } from "../contracts.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { ProbeCount } from "../streams/stats/metrics.ts";
import type { ImageMounts } from "../volumes/image-mounts.ts";
import { ObjectCache } from "../volumes/object-cache.ts";
import { TokenSource } from "../volumes/token-source.ts";
import { VolumeManager } from "../volumes/volume-manager.ts";
import { admitPod } from "./admission.ts";
import { PodCgroups } from "./cgroups.ts";
import type { EventRecorder } from "./events.ts";
import { type HostPort, hostPorts } from "./host-ports.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { ImageManager } from "./images.ts";
import { nothingObserved, podIpsOf } from "./observed.ts";
import { removeOrphans } from "./orphans.ts";
import { PodPaths } from "./paths.ts";
import { asNodePod, containerLists, type NodePod, usesHostNetwork } from "./pod.ts";
import { PodWorker } from "./pod-worker.ts";
import { ProbeManager } from "./probes/probe-manager.ts";
import { byResizePriority, resizePending } from "./resize.ts";
import { RuntimeCache } from "./runtime-cache.ts";
import type { HostFacts, PodServices } from "./services.ts";
import { Slots } from "./slots.ts";
import { createStatusWriter } from "./status-writer.ts";
import { hasStorageLimits, storageExcess } from "./storage-limits.ts";
import { measureStorage } from "./storage-use.ts";
import { terminationMessage } from "./termination-message.ts";

const NOTHING = nothingObserved({ uid: "", namespace: "", name: "" });

/** More at once only slow each other down: runc and CNI are forks and file locks. */
const SANDBOXES_AT_ONCE = 8;
const RUNTIME_RETRY_MS = 1_000;

export interface PodManagerOptions {
  nodeName: string;
  stateDir: string;
  clusterDomain: string;
  api: ApiClient;
  runtime: Runtime;
  network: NodeNetwork;
  imageMounts: ImageMounts;
  events: EventRecorder;
  clock: Clock;
  log: Log;
  /** All services of the cluster. */
  services: Informer<Service>;
  host(): HostFacts;
  /** This node as the API has it. */
  node(): Node | undefined;
  /** For tests, which run without root. */
  mountTmpfs?: (path: string) => Promise<void>;
}

export interface PodManager {
  lookup: PodLookup;
  /** How often probes were tried. */
  probeCounts(): ProbeCount[];
  cache: RuntimeCache;
  /** Resolves once the runtime answers and the pods of the API are known. */
  start(): Promise<void>;
  /** Calls back with the host ports of all running pods, whenever they change. */
  onHostPorts(listener: (ports: HostPort[]) => void): void;
  /** Looks at every pod again: something they all wait for has changed. */
  wakeAll(): void;
  /** Leaves all containers running. */
  stop(): Promise<void>;
}

export function createPodManager(options: PodManagerOptions): PodManager {
  const { nodeName, stateDir, api, runtime, clock, log, events, network } = options;
  const workers = new Map<string, PodWorker>();
  const wake = (uid: string): void => workers.get(uid)?.wake();

  const cache = new RuntimeCache({ runtime, clock, log, terminationMessage });
  const objects = new ObjectCache(api, nodeName);
  const tokens = new TokenSource(api, clock);
  const cgroups = new PodCgroups({ nodeName, stateDir });
  const paths = new PodPaths(stateDir);
  const volumes = new VolumeManager({
    stateDir,
    objects,
    tokens,
    node: options.host,
    log,
    images: options.imageMounts,
    mountTmpfs: options.mountTmpfs,
  });
  const services: PodServices = {
    api,
    runtime,
    cache,
    clock,
    log,
    events,
    objects,
    volumes,
    network,
    cgroups,
    paths,
    clusterDomain: options.clusterDomain,
    images: new ImageManager({ runtime, clock, events, pullSecrets: (pod) => pullSecrets(objects, pod) }),
    probes: new ProbeManager({ runtime, clock, events, changed: wake }),
    status: createStatusWriter({ api, clock, log }),
    host: options.host,
    services: () => (options.services.hasSynced() ? options.services.values() : undefined),
    admit: (pod) =>
      admitPod(pod, options.node(), { others: activePods(pod.metadata.uid), appArmor: options.host().appArmor }),
    mayResize: (pod, before) =>
      resizePending(pod, before, { node: options.node(), others: activePods(pod.metadata.uid) }),
    sandboxSlots: new Slots(SANDBOXES_AT_ONCE),
  };
  let pods: Informer<KubeObject> | undefined;
  let stopHousekeeping = (): void => {};
  let stopped = false;

  const activePods = (exceptUid: string): NodePod[] =>
    [...workers.values()].filter((w) => w.active && w.pod.metadata.uid !== exceptUid).map((w) => w.allocated);

  /** Nothing is left of a pod: what it took is for others. */
  const gave = (uid: string): void => {
    workers.delete(uid);
    const waiting = [...workers.values()].filter(({ waitsForRoom }) => waitsForRoom);
    for (const worker of waiting.sort((a, b) => byResizePriority(a.pod, b.pod))) worker.wake();
  };
  const present = (object: KubeObject | undefined): void => {
    const pod = object && asNodePod(object);
    if (!pod) return;
    const { uid } = pod.metadata;
    const worker = workers.get(uid);
    if (worker) {
      worker.update(pod);
      return;
    }
    const known = cache.get(uid) !== undefined || pod.status?.startTime !== undefined;
    const made = new PodWorker(services, pod, { known, done: () => gave(uid) });
    workers.set(uid, made);
    made.update(pod);
  };
  const gone = (object: KubeObject): void => {
    const pod = asNodePod(object);
    if (pod) workers.get(pod.metadata.uid)?.remove(pod);
  };

  let hostPortListener: ((ports: HostPort[]) => void) | undefined;
  let toldHostPorts = "[]";
  const tellHostPorts = (): void => {
    if (!hostPortListener) return;
    const ports = [...workers.values()].flatMap(({ pod, active }) =>
      active ? hostPorts(pod, podIpsOf(cache.get(pod.metadata.uid) ?? NOTHING)[0]) : [],
    );
    const text = JSON.stringify(ports);
    if (text === toldHostPorts) return;
    toldHostPorts = text;
    hostPortListener(ports);
  };

  cache.onChange((uid) => {
    wake(uid);
    tellHostPorts();
  });
  cache.onReturn(() => {
    for (const worker of workers.values()) worker.wake();
  });
  objects.onChange((uid) => workers.get(uid)?.refreshVolumes());

  async function startRuntime(): Promise<void> {
    while (!stopped) {
      try {
        await cache.start();
        return;
      } catch (error) {
        log.warn("waiting for the container runtime", { error: String(error) });
        await new Promise<void>((resolve) => clock.after(RUNTIME_RETRY_MS, resolve));
      }
    }
  }

  const isKnown = (uid: string): boolean => workers.has(uid);
  const removeStrangers = (): Promise<void> => removeOrphans(services, isKnown, () => cgroups.present());

  async function minute(): Promise<void> {
    for (const uid of tokens.due()) workers.get(uid)?.refreshVolumes();
    await removeStrangers();
  }

  async function storage(): Promise<void> {
    const limited = [...workers.values()].filter(({ active, pod }) => active && hasStorageLimits(pod));
    if (limited.length === 0) return;
    const use = await measureStorage(
      services,
      limited.map(({ pod }) => pod),
    );
    for (const [pod, used] of use) {
      const excess = storageExcess(pod, used);
      if (excess) workers.get(pod.metadata.uid)?.evict(excess);
    }
  }

  return {
    cache,
    probeCounts: () => services.probes.counts(),
    async start() {
      await mkdir(paths.pods, { recursive: true, mode: 0o750 });
      await mkdir(paths.logs, { recursive: true, mode: 0o755 });
      await volumes.start();
      await startRuntime();
      // Containers are told of services when they start.
      await options.services.synced;
      if (stopped) return;
      pods = api.informer<KubeObject>({ path: "/api/v1/pods", fieldSelector: `spec.nodeName=${nodeName}` });
      pods.onChange((_, current, previous) => {
        const replaced = previous && previous.metadata.uid !== current?.metadata.uid;
        if (replaced) gone(previous);
        present(current);
      });
      await pods.synced;
      for (const pod of pods.values()) present(pod);
      await removeStrangers().catch((error) => log.warn("cleaning up failed", { error: String(error) }));
      if (!stopped)
        stopHousekeeping = startHousekeeping({
          runtime,
          cache,
          clock,
          log,
          minute,
          storage,
          held: () => services.images.held(),
        });
    },
    onHostPorts(listener) {
      hostPortListener = listener;
    },
    wakeAll() {
      for (const worker of workers.values()) worker.wake();
    },
    async stop() {
      stopped = true;
      stopHousekeeping();
      pods?.stop();
      cache.stop();
      objects.stop();
      await Promise.all([...workers.values()].map((worker) => worker.stop()));
    },
    lookup: {
      find(namespace, name) {
        const found = [...workers.values()].filter(
          ({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name,
        );
        const worker = found.find(({ removed }) => !removed) ?? found[0];
        return worker && runningPod(worker.pod, cache, options.host().hostIps);
      },
      all: () =>
        [...workers.values()].map(({ pod }) => {
          const status = services.status.current(pod);
          return status ? { ...pod, status } : pod;
        }),
    },
  };
}

/** Those that exist; the others do not keep a public image from being pulled. */
async function pullSecrets(objects: ObjectCache, pod: NodePod): Promise<Secret[]> {
  const { namespace } = pod.metadata;
  const names = (pod.spec.imagePullSecrets ?? [])
    .map(({ name }) => name)
    .filter((name) => name !== undefined && name !== "");
  const found = await Promise.all(names.map((name) => objects.read("secrets", namespace, name as string)));
  return found.filter((secret) => secret !== undefined) as Secret[];
}

function runningPod(pod: NodePod, cache: RuntimeCache, hostIps: readonly string[]): RunningPod {
  const { uid, namespace, name } = pod.metadata;
  const observed = cache.get(uid) ?? nothingObserved({ uid, namespace, name });
  const containers = new Map<string, ContainerInstance[]>();
  for (const [, list] of containerLists(pod)) {
    for (const container of list) {
      const instances = observed.containers.filter((instance) => instance.name === container.name);
      containers.set(
        container.name,
        instances.map(({ id, state, attempt, logPath, startedAtMs }) => ({
          id,
          state,
          attempt,
          startedAtMs,
          logPath,
          tty: container.tty ?? false,
          stdin: container.stdin ?? false,
        })),
      );
    }
  }
  const [sandbox] = observed.sandboxes;
  return {
    namespace,
    name,
    uid,
    sandboxId: sandbox?.ready ? sandbox.id : undefined,
    podIp: usesHostNetwork(pod) ? hostIps[0] : podIpsOf(observed)[0],
    hostNetwork: usesHostNetwork(pod),
    containers,
  };
}
