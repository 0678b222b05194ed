/** Carries out a pod's plan, step by step, in the plan's order. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { RuntimeClass } from "../../kinds/node/v1-types.ts";
import { type PodSandboxConfig, RuntimeError } from "../runtime/runtime.ts";
import type { MountedVolumes } from "../volumes/volume-manager.ts";
import { type Backoff, goSeconds } from "./backoff.ts";
import type { StartFailure } from "./container-status.ts";
import { hostNetworkHosts, podHosts } from "./etc-hosts.ts";
import { hostNames } from "./hostname.ts";
import { Interrupted, interruptible } from "./interruptible.ts";
import { containerHash } from "./labels.ts";
import { type ObservedPod, podIpsOf, runningContainers } from "./observed.ts";
import type { PodAction } from "./plan-pod.ts";
import { type AnyContainer, containersOf, describePod, findContainer, type NodePod, usesHostNetwork } from "./pod.ts";
import { resizeContainer, resizePod } from "./resize-container.ts";
import { sandboxConfig } from "./sandbox-config.ts";
import type { PodServices } from "./services.ts";
import { startContainer } from "./start-container.ts";
import { StartError } from "./start-error.ts";
import { stopContainer, stopPod } from "./stop-pod.ts";

export interface PodRun {
  pod: NodePod;
  volumes: MountedVolumes;
  /** Kept by the worker across runs, changed here. */
  failures: Map<string, StartFailure>;
  /** Until when a container that could not be started is left alone. */
  holds: Map<string, number>;
  restarts: Backoff;
  /** What running containers, and the pod, have been given since they were made. */
  resized: Map<string, string>;
  /** Names of containers that are gone because the whole pod restarts. */
  reset: Set<string>;
  /** Tells how the pod is now, between two steps. */
  tell(): void;
  signal: AbortSignal;
}

export interface RunOutcome {
  /** When something that waits for time alone is due; undefined: nothing. */
  dueMs?: number;
  /** A step failed that is worth trying again soon. */
  retry: boolean;
  /** What is done now makes more to do. */
  again?: boolean;
  /** Why a container did not get its new resources. */
  resizeError?: string;
}

/** @throws Interrupted */
export async function runActions(
  services: PodServices,
  run: PodRun,
  actions: readonly PodAction[],
): Promise<RunOutcome> {
  const { cache } = services;
  const { pod } = run;
  const key = { uid: pod.metadata.uid, namespace: pod.metadata.namespace, name: pod.metadata.name };
  let observed = cache.get(key.uid) ?? (await cache.refresh(key));
  const outcome: RunOutcome = { retry: false };
  const due = (ms: number): void => {
    outcome.dueMs = Math.min(outcome.dueMs ?? Number.POSITIVE_INFINITY, ms);
  };

  for (const action of actions) {
    if (run.signal.aborted) throw new Interrupted();
    switch (action.do) {
      case "killPod":
        await stopPod(services, pod, observed);
        break;
      case "killContainer": {
        const running = observed.containers.find(({ id }) => id === action.id);
        if (running) await stopContainer(services, pod, { observed, running }, action);
        break;
      }
      case "resizeContainer":
        await resizeContainer(services, run, { ...action, observed }).catch((error: Error) => {
          outcome.resizeError ??= error.message;
          due(services.clock.now() + RETRY_START_MS);
        });
        break;
      case "resizePod":
        await resizePod(services, run).catch((error: Error) => {
          outcome.resizeError ??= error.message;
          due(services.clock.now() + RETRY_START_MS);
        });
        break;
      case "createSandbox":
        if (!(await createSandbox(services, run, { attempt: action.attempt, observed }))) {
          return { retry: true };
        }
        break;
      case "restartAll": {
        const heldUntil = await restartAll(services, run, { trigger: action.trigger, observed });
        if (heldUntil === undefined) return { retry: false, again: true };
        due(heldUntil);
        break;
      }
      case "startContainer": {
        const found = findContainer(pod, action.name);
        if (!found) break;
        const heldUntil = held(services, run, observed, found.container);
        if (heldUntil !== undefined) {
          due(heldUntil);
          if (action.kind === "init") return outcome;
          break;
        }
        const started = await tryStart(services, run, { observed, container: found.container });
        if (!started) {
          const untilMs = services.clock.now() + RETRY_START_MS;
          run.holds.set(action.name, untilMs);
          due(untilMs);
          // What follows an init container waits for it.
          if (action.kind === "init") return outcome;
        }
      }
    }
    observed = await cache.refresh(key);
  }
  return outcome;
}

/** After a start failed; kubelet comes back about as soon. A failed pull is then told as held back. */
const RETRY_START_MS = 5_000;

/** @returns until when the container is not to be started; undefined: it may */
function held(services: PodServices, run: PodRun, observed: ObservedPod, container: AnyContainer): number | undefined {
  const { clock, images } = services;
  const holdMs = run.holds.get(container.name);
  if (holdMs !== undefined && holdMs > clock.now()) return holdMs;
  run.holds.delete(container.name);
  const isPullHeld = run.failures.get(container.name)?.reason === "ImagePullBackOff";
  return (isPullHeld ? images.nextTryMs(run.pod, container) : undefined) ?? backOff(services, run, observed, container);
}

/**
 * No hooks, no grace: what comes next begins from nothing. The container that asked for it goes last, so that a daemon
 * that dies meanwhile still finds it. One that asks again and again is held back as a crashing one is.
 *
 * @returns until when it is held back; undefined: it is done
 */
async function restartAll(
  services: PodServices,
  run: PodRun,
  { trigger, observed }: { trigger: string; observed: ObservedPod },
): Promise<number | undefined> {
  const { pod, reset, signal } = run;
  const { uid, namespace, name } = pod.metadata;
  const found = findContainer(pod, trigger);
  if (!found) return undefined;
  const heldUntil = backOff(services, run, observed, found.container);
  if (heldUntil !== undefined) return heldUntil;
  run.failures.delete(trigger);
  const names = new Set(containersOf(pod).map((each) => each.name));
  const running = runningContainers(observed).filter((container) => names.has(container.name));
  await Promise.all(
    running.map((container) => stopContainer(services, pod, { observed, running: container }, { graceSeconds: 0 })),
  );
  const { containers } = await services.cache.refresh({ uid, namespace, name });
  if (signal.aborted) throw new Interrupted();
  run.tell();
  for (const each of names) reset.add(each);
  const isLast = (container: { name: string }): number => Number(container.name === trigger);
  for (const { id } of containers.filter((c) => names.has(c.name)).sort((a, b) => isLast(a) - isLast(b))) {
    await services.runtime.removeContainer(id);
  }
  await services.cache.refresh({ uid, namespace, name });
  return undefined;
}

const CRASH_LOOP = "CrashLoopBackOff";

/** @returns until when the crashed container is held back; undefined: it may start */
function backOff(
  { clock, events }: PodServices,
  { pod, restarts, failures }: PodRun,
  observed: ObservedPod,
  container: AnyContainer,
): number | undefined {
  const last = observed.containers.find(({ name, state }) => name === container.name && state === "exited");
  if (!last) return undefined;
  const now = clock.now();
  const key = `${pod.metadata.uid}_${container.name}_${containerHash(container)}`;
  const endedMs = last.finishedAtMs || last.createdAtMs;
  const remaining = restarts.remainingMs(key, endedMs, now);
  if (remaining === 0) {
    restarts.next(key, endedMs, now);
    return undefined;
  }
  if (failures.get(container.name)?.reason !== CRASH_LOOP) {
    const message = `Back-off restarting failed container ${container.name} in pod ${describePod(pod)}`;
    events.container(pod, container.name, { type: "Warning", reason: "BackOff", message });
  }
  failures.set(container.name, {
    reason: CRASH_LOOP,
    message: `back-off ${goSeconds(restarts.delayMs(key))} restarting failed container=${container.name} pod=${describePod(pod)}`,
  });
  return now + remaining;
}

async function tryStart(
  services: PodServices,
  { pod, volumes, failures, signal }: PodRun,
  { observed, container }: { observed: ObservedPod; container: AnyContainer },
): Promise<boolean> {
  const [sandbox] = observed.sandboxes;
  if (!sandbox?.ready) return false;
  const podIps = usesHostNetwork(pod) ? services.host().hostIps : podIpsOf(observed);
  const config = configOf(services, pod, sandbox.attempt);
  try {
    const hostsFile = await writeHosts(services, pod, podIps);
    await startContainer(services, {
      pod,
      container,
      observed,
      sandbox: { id: sandbox.id, config, podIps },
      volumes,
      hostsFile,
      signal,
    });
    failures.delete(container.name);
    return true;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    failures.set(container.name, { reason: error.reason, message: error.message });
    return false;
  }
}

function configOf(services: PodServices, pod: NodePod, attempt: number): PodSandboxConfig {
  const { network, paths, cgroups, clusterDomain } = services;
  const { hostname } = hostNames(pod, { clusterDomain, nodeHostname: services.host().hostname });
  return sandboxConfig(pod, {
    attempt,
    hostname,
    logDirectory: paths.podLogs(pod),
    cgroupParent: cgroups.parent(pod.metadata.uid),
    dns: network.resolvConf(pod),
  });
}

/** @returns false when the runtime could not; an event has told of it */
async function createSandbox(
  services: PodServices,
  { pod, signal }: PodRun,
  { attempt, observed }: { attempt: number; observed: ObservedPod },
): Promise<boolean> {
  const { runtime, events, cgroups, network, paths, sandboxSlots } = services;
  if (observed.sandboxes.length > 0) {
    events.pod(pod, "Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
  }
  for (const message of network.resolvConf(pod).omitted ?? []) events.pod(pod, "Warning", "DNSConfigForming", message);
  // Init containers run again in the new sandbox: what the old ones left must not look like the new ones' success.
  const init = new Set((pod.spec.initContainers ?? []).map(({ name }) => name));
  for (const { id, name } of observed.containers) if (init.has(name)) await runtime.removeContainer(id);
  await mkdir(paths.podLogs(pod), { recursive: true, mode: 0o755 });
  const config = configOf(services, pod, attempt);
  try {
    refuseUnbuilt(pod);
    const handler = await runtimeHandler(services, pod);
    await sandboxSlots.run(async () => {
      if (!signal.aborted) await runtime.runSandbox(config, handler);
    });
  } catch (error) {
    const reason =
      error instanceof RuntimeError
        ? `rpc error: code = ${error.code} desc = ${error.message}`
        : (error as Error).message;
    events.pod(pod, "Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${reason}`);
    return false;
  }
  await interruptible(cgroups.limit(pod), signal);
  return true;
}

/** What the daemon cannot give is refused by name, not left out. */
function refuseUnbuilt({ spec }: NodePod): void {
  if (spec.hostUsers === false) throw new Error("user namespaces (hostUsers: false) are not supported by kedge yet");
  if ((spec.resourceClaims ?? []).length > 0) throw new Error("resource claims are not supported by kedge yet");
}

/** The runtime's name for the pod's RuntimeClass; "" without one. @throws ApiCallError */
async function runtimeHandler({ api }: PodServices, { spec }: NodePod): Promise<string> {
  if (!spec.runtimeClassName) return "";
  const path = `/apis/node.k8s.io/v1/runtimeclasses/${spec.runtimeClassName}`;
  return (await api.get<RuntimeClass>(path)).handler;
}

/** The managed /etc/hosts; undefined while there is no address to put in it. */
async function writeHosts(services: PodServices, pod: NodePod, podIps: readonly string[]): Promise<string | undefined> {
  const { paths, clusterDomain } = services;
  const file = paths.hostsFile(pod.metadata.uid);
  const aliases = pod.spec.hostAliases;
  let text: string;
  if (usesHostNetwork(pod)) text = hostNetworkHosts(await readFile("/etc/hosts", "utf8"), aliases);
  else if (podIps.length === 0) return undefined;
  else text = podHosts(hostNames(pod, { clusterDomain, nodeHostname: services.host().hostname }), podIps, aliases);
  await mkdir(dirname(file), { recursive: true, mode: 0o750 });
  await writeFile(file, text, { mode: 0o644 });
  return file;
}
