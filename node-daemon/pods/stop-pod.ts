/** Stops containers with their grace period: preStop hook first, sidecars last. */
import type { Container, Probe } from "../../kinds/core/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Log } from "../contracts.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { EventRecorder } from "./events.ts";
import { runHook } from "./lifecycle-hooks.ts";
import { type ObservedContainer, type ObservedPod, podIpsOf, runningContainers } from "./observed.ts";
import type { KillReason } from "./plan-pod.ts";
import { DEFAULT_GRACE_SECONDS, findContainer, isSidecar, type NodePod } from "./pod.ts";

/** Every container gets this long, however little grace is left. */
const MIN_GRACE_SECONDS = 2;

export interface Stopper {
  runtime: Runtime;
  clock: Clock;
  events: EventRecorder;
  log: Log;
}

export interface StopRequest {
  message?: string;
  reason?: KillReason;
  /** Instead of what the pod says. */
  graceSeconds?: number | undefined;
  /** Aborted when the pod's grace was cut: waiting ends, and what still runs is stopped by a new request. */
  hurry?: AbortSignal;
  /** Resolves when it is this container's turn to go. */
  turn?: Promise<unknown>;
}

/** The grace period of a container that is stopped for `reason`. */
export function graceOf(pod: NodePod, container: Container | undefined, reason: KillReason | undefined): number {
  const { deletionGracePeriodSeconds, deletionTimestamp } = pod.metadata;
  if (deletionTimestamp && deletionGracePeriodSeconds !== undefined) return deletionGracePeriodSeconds;
  const probes: { readonly [reason: string]: Probe | undefined } = {
    livenessProbe: container?.livenessProbe,
    startupProbe: container?.startupProbe,
  };
  const ofProbe = reason && probes[reason]?.terminationGracePeriodSeconds;
  return ofProbe ?? pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
}

/** Stops one container; resolves once it has ended. */
export async function stopContainer(
  stopper: Stopper,
  pod: NodePod,
  { observed, running }: { observed: ObservedPod; running: ObservedContainer },
  request: StopRequest,
): Promise<void> {
  const { runtime, clock, events } = stopper;
  const container = findContainer(pod, running.name)?.container as Container | undefined;
  const startedMs = clock.now();
  const graceSeconds = request.graceSeconds ?? graceOf(pod, container, request.reason);
  const leftMs = (): number => graceSeconds * 1000 - (clock.now() - startedMs);
  const message = request.message ?? `Stopping container ${running.name}`;
  if (container) events.container(pod, running.name, { type: "Normal", reason: "Killing", message });

  const preStop = container?.lifecycle?.preStop;
  if (container && preStop && graceSeconds > 0 && !request.hurry?.aborted) {
    const hook = runHook(stopper, preStop, {
      pod,
      container,
      containerId: running.id,
      podIp: podIpsOf(observed)[0] ?? "",
      timeoutMs: leftMs(),
    }).catch((error: Error) => {
      stopper.log.debug("preStop hook failed", {
        pod: pod.metadata.name,
        container: running.name,
        error: error.message,
      });
      events.container(pod, running.name, {
        type: "Warning",
        reason: "FailedPreStopHook",
        message: "PreStopHook failed",
      });
    });
    await atMost(stopper, leftMs(), hook, request.hurry);
  }
  if (request.turn) await atMost(stopper, leftMs(), request.turn, request.hurry);
  // A cut grace period is served by the request that cut it.
  const seconds = request.hurry?.aborted ? MIN_GRACE_SECONDS : Math.max(MIN_GRACE_SECONDS, Math.floor(leftMs() / 1000));
  await runtime.stopContainer(running.id, seconds);
}

/** Resolves with `work`, after `limitMs`, or when hurried: whichever is first. */
function atMost(
  { clock }: Stopper,
  limitMs: number,
  work: Promise<unknown>,
  hurry: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    if (limitMs <= 0 || hurry?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      hurry?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(limitMs, done);
    hurry?.addEventListener("abort", done);
    work.then(done, done);
  });
}

/**
 * Stops all of a pod's containers, then its sandboxes. Sidecars wait for the regular containers, and for the sidecars
 * that were started after them.
 *
 * @throws RuntimeError when something could not be stopped; to be called again
 */
export async function stopPod(
  stopper: Stopper,
  pod: NodePod,
  observed: ObservedPod,
  request: StopRequest = {},
): Promise<void> {
  const running = runningContainers(observed);
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const order = (name: string): number => sidecars.indexOf(name);
  const stopped = new Map<string, Promise<void>>();
  // Regular containers first, then sidecars from the last to the first: whom each must wait for is then known.
  const inOrder = [...running].sort((a, b) => rank(order(a.name)) - rank(order(b.name)));
  for (const container of inOrder) {
    const before = [...stopped.values()];
    const turn = order(container.name) >= 0 && before.length > 0 ? Promise.allSettled(before) : undefined;
    stopped.set(
      container.id,
      stopContainer(stopper, pod, { observed, running: container }, { ...request, ...(turn && { turn }) }),
    );
  }
  const results = await Promise.allSettled(stopped.values());
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  await Promise.all(observed.sandboxes.filter(({ ready }) => ready).map(({ id }) => stopper.runtime.stopSandbox(id)));
}

const rank = (sidecarIndex: number): number => (sidecarIndex < 0 ? -1 : 1_000 - sidecarIndex);
