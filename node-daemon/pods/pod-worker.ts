/**
 * Looks after one pod from its arrival to its removal: compares what it should be with what the runtime has, acts, and
 * tells the API. One run at a time; whatever happens meanwhile leads to another.
 *
 * A pod goes through: running → ending (its containers are stopped) → ended (nothing of it runs; its volumes are gone)
 * → done (it is gone from the API; nothing of it is left).
 */
import type { PodStatus } from "../../kinds/core/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { ApiCallError } from "../contracts.ts";
import { isNotFound } from "../runtime/runtime.ts";
import { type MountedVolumes, VolumeError } from "../volumes/volume-manager.ts";
import { Backoff, MOUNT_BACKOFF, RESTART_BACKOFF } from "./backoff.ts";
import type { StartFailure } from "./container-status.ts";
import { finalStatus, rejectedStatus } from "./final-status.ts";
import { Interrupted, interruptible } from "./interruptible.ts";
import { nothingObserved, type ObservedPod, podIpsOf, runningContainers } from "./observed.ts";
import { planPod } from "./plan-pod.ts";
import { containersOf, isTerminalPhase, type NodePod, usesHostNetwork } from "./pod.ts";
import { PodResize } from "./pod-resize.ts";
import { isRestartingAll, podStatus } from "./pod-status.ts";
import { canBeRecursive } from "./recursive-read-only.ts";
import { removePod } from "./remove-pod.ts";
import { runActions } from "./run-actions.ts";
import { RunLoop } from "./run-loop.ts";
import type { PodServices, Rejection } from "./services.ts";
import { stopPod } from "./stop-pod.ts";

type Stage = "running" | "ending" | "ended" | "done";

/** Until it is looked again whether other pods have made room. */
const RESIZE_RETRY_MS = 10_000;
/** Until the network of a node that has just come up is ready. */
const NETWORK_RETRY_MS = 500;

/** What of a pod may change that its downwardAPI volumes may show. */
const shownToItself = ({ metadata: { labels, annotations }, spec }: NodePod): object => ({
  labels,
  annotations,
  resources: [spec, ...(spec.initContainers ?? []), ...spec.containers].map(({ resources }) => resources),
});

export class PodWorker {
  readonly #services: PodServices;
  /** Newest from the API. */
  #pod: NodePod;
  #stage: Stage = "running";
  /** The API has it no more. */
  #removed = false;
  #admitted: boolean;
  /** Something was started or stopped: the cache may lag behind. */
  #acted = false;
  #verdict: Rejection | undefined;
  readonly #failures = new Map<string, StartFailure>();
  readonly #resize: PodResize;
  readonly #holds = new Map<string, number>();
  /** Containers that are gone because the whole pod restarts, until they are there again. */
  readonly #reset = new Set<string>();
  readonly #restarts = new Backoff(RESTART_BACKOFF);
  readonly #mounts = new Backoff(MOUNT_BACKOFF);
  #mountFailedMs: number | undefined;
  #mounted: MountedVolumes | undefined;
  /** What feeds the volumes may have changed since they were written. */
  #volumesStale = true;
  /** Volumes and cgroup are gone. */
  #released = false;

  readonly #loop: RunLoop;
  /** Aborted when the pod is to end. */
  readonly #end = new AbortController();
  /** Aborted when its grace period is cut. */
  #hurry = new AbortController();
  #graceSeconds: number | undefined;

  readonly #done: () => void;

  /**
   * @param known it ran here before the daemon started: it is not asked again whether it may
   * @param done  called once nothing is left of it
   */
  constructor(services: PodServices, pod: NodePod, { known, done }: { known: boolean; done: () => void }) {
    this.#services = services;
    this.#pod = pod;
    this.#admitted = known;
    this.#done = done;
    this.#resize = new PodResize(services.events);
    if (isRestartingAll(pod.status)) for (const { name } of containersOf(pod)) this.#reset.add(name);
    this.#loop = new RunLoop({
      clock: services.clock,
      run: () => this.#sync(),
      failed: (error) => {
        if (error instanceof Interrupted) return "again";
        const { name, namespace } = this.#pod.metadata;
        services.log.warn("pod sync failed", { pod: name, namespace, error: String(error) });
        return "later";
      },
    });
  }

  get pod(): NodePod {
    return this.#pod;
  }

  /** Whether it takes up the node's resources. */
  get active(): boolean {
    return (this.#stage === "running" || this.#stage === "ending") && !this.#verdict;
  }

  /** The pod with the resources it has: those of its spec, unless they cannot be given yet. */
  get allocated(): NodePod {
    return this.#resize.allocated(this.#pod);
  }

  /** Whether it would take more of the node if others left. */
  get waitsForRoom(): boolean {
    return this.#resize.state.pending?.reason === "Deferred";
  }

  get removed(): boolean {
    return this.#removed;
  }

  /** A newer version from the API. */
  update(pod: NodePod): void {
    if (!deepEqual(shownToItself(this.#pod), shownToItself(pod))) this.#volumesStale = true;
    this.#pod = pod;
    this.#noticeDeletion();
    this.wake();
  }

  /** The API has it no more. */
  remove(last: NodePod): void {
    this.#pod = last;
    this.#removed = true;
    this.#noticeDeletion();
    this.wake();
  }

  #noticeDeletion(): void {
    const { deletionTimestamp, deletionGracePeriodSeconds } = this.#pod.metadata;
    if (!deletionTimestamp && !this.#removed) return;
    this.#end.abort();
    const graceSeconds = this.#removed && !deletionTimestamp ? 0 : (deletionGracePeriodSeconds ?? 0);
    if (this.#graceSeconds !== undefined && graceSeconds < this.#graceSeconds) {
      this.#hurry.abort();
      this.#hurry = new AbortController();
      // Beside the stop under way, which waits for the longer grace.
      if (this.#stage === "ending") void this.#stopRunning().catch(() => this.#loop.retry());
    }
    this.#graceSeconds = graceSeconds;
  }

  /** Ends it at once, as Failed. @param message why, for its status */
  evict(message: string): void {
    if (this.#stage !== "running" || this.#verdict) return;
    this.#verdict = { reason: "Evicted", message };
    this.#services.events.pod(this.#pod, "Warning", "Evicted", message);
    this.#graceSeconds = 0;
    this.#end.abort();
    this.wake();
  }

  /** A ConfigMap, Secret or token in its volumes has changed. */
  refreshVolumes(): void {
    this.#volumesStale = true;
    this.wake();
  }

  /** Something has changed: look again. */
  wake(): void {
    if (this.#stage === "done") return;
    // Its stop is under way, and may take its whole grace period: containers that have ended are told meanwhile.
    if (this.#stage === "ending" && !this.#released) this.#tell({ terminal: false });
    this.#loop.wake();
  }

  /** The daemon ends; the pod goes on. */
  stop(): Promise<void> {
    const stopped = this.#loop.stop();
    this.#end.abort();
    return stopped;
  }

  #observed(): ObservedPod {
    const { uid, namespace, name } = this.#pod.metadata;
    return this.#services.cache.get(uid) ?? nothingObserved({ uid, namespace, name });
  }

  #status({ terminal }: { terminal: boolean }): PodStatus {
    const { status, probes, clock, host } = this.#services;
    const known = status.current(this.#pod);
    const pod = this.allocated;
    return podStatus({
      pod: known ? { ...pod, status: known } : pod,
      resize: this.#resize.state,
      resized: this.#resize.resized,
      reset: this.#stillReset(),
      observed: this.#observed(),
      failures: this.#failures,
      readiness: probes.readiness(this.#pod.metadata.uid),
      hostIps: host().hostIps,
      recursiveReadOnly: canBeRecursive(this.#pod, host().runtimeHandlers),
      terminal,
      verdict: this.#verdict && { phase: "Failed", ...this.#verdict },
      nowMs: clock.now(),
    });
  }

  #stillReset(): ReadonlySet<string> {
    if (this.#reset.size > 0) for (const { name } of this.#observed().containers) this.#reset.delete(name);
    return this.#reset;
  }

  #tell(options: { terminal: boolean }): PodStatus {
    const next = this.#status(options);
    // While it ends, containers go one after the other, and endpoints have left it out since its deletion.
    const patient = this.#stage === "ending" && this.#pod.metadata.deletionTimestamp !== undefined;
    if (!this.#removed) this.#services.status.set(this.#pod, next, { patient });
    return next;
  }

  async #sync(): Promise<"done" | "retry"> {
    if (this.#stage === "running") {
      this.#judgeResize();
      this.#track();
      if (await this.#mustEnd()) this.#stage = "ending";
      else return this.#keepRunning();
    }
    if (this.#stage === "ending" && (await this.#stopAll()) === "retry") return "retry";
    if (this.#stage === "ended") await this.#finish();
    return "done";
  }

  #judgeResize(): void {
    const { status, mayResize } = this.#services;
    this.#resize.judge(this.#pod, status.current(this.#pod), mayResize);
    if (this.#resize.state.pending) this.#loop.wakeIn(RESIZE_RETRY_MS);
  }

  #track(): void {
    const observed = this.#observed();
    const ip = usesHostNetwork(this.#pod) ? this.#services.host().hostIps[0] : podIpsOf(observed)[0];
    this.#services.probes.track(this.#withStatus(), observed, ip ?? "");
  }

  #withStatus(): NodePod {
    const known = this.#services.status.current(this.#pod);
    return known ? { ...this.#pod, status: known } : this.#pod;
  }

  /** Deleted, out of time, refused, or finished. */
  async #mustEnd(): Promise<boolean> {
    const { clock, events, admit } = this.#services;
    const pod = this.#pod;
    if (this.#removed || pod.metadata.deletionTimestamp || this.#verdict) return true;
    if (isTerminalPhase(this.#withStatus().status?.phase)) return true;
    if (!this.#admitted) {
      this.#verdict = admit(pod);
      this.#admitted = true;
      if (this.#verdict) {
        events.pod(pod, "Warning", this.#verdict.reason, this.#verdict.message);
        this.#services.status.set(pod, rejectedStatus(pod, this.#verdict, clock.now()));
        this.#released = true;
        return true;
      }
    }
    const { activeDeadlineSeconds } = pod.spec;
    const status = this.#tell({ terminal: false });
    if (activeDeadlineSeconds !== undefined && status.startTime && !isTerminalPhase(status.phase)) {
      const leftMs = Date.parse(status.startTime) + activeDeadlineSeconds * 1000 - clock.now();
      if (leftMs <= 0) {
        const message = "Pod was active on the node longer than the specified deadline";
        this.#verdict = { reason: "DeadlineExceeded", message };
        events.pod(pod, "Normal", "DeadlineExceeded", message);
        return true;
      }
      this.#loop.wakeIn(leftMs);
    }
    return isTerminalPhase(status.phase);
  }

  async #keepRunning(): Promise<"done" | "retry"> {
    const { network, events, clock, probes } = this.#services;
    const pod = this.allocated;
    const { uid } = pod.metadata;
    const ready = network.status();
    if (!ready.ready && !usesHostNetwork(pod) && this.#observed().sandboxes.length === 0) {
      events.pod(pod, "Warning", "NetworkNotReady", `network is not ready: ${ready.reason}`);
      this.#loop.wakeIn(NETWORK_RETRY_MS);
      return "done";
    }
    const volumes = await this.#mountVolumes();
    if (!volumes) return "done";

    const actions = planPod({
      pod,
      observed: this.#observed(),
      probes: probes.verdicts(uid),
      resized: this.#resize.resized,
    });
    if (actions.length === 0) {
      if (this.#resize.state.progress) {
        this.#resize.tried(pod, this.#observed(), undefined);
        this.#tell({ terminal: false });
      }
      return "done";
    }
    this.#acted = true;
    const outcome = await runActions(
      this.#services,
      {
        pod,
        volumes,
        failures: this.#failures,
        holds: this.#holds,
        restarts: this.#restarts,
        resized: this.#resize.resized,
        reset: this.#reset,
        tell: () => void this.#tell({ terminal: false }),
        signal: this.#end.signal,
      },
      actions,
    );
    this.#track();
    this.#resize.tried(pod, this.#observed(), outcome.resizeError);
    const status = this.#tell({ terminal: false });
    if (outcome.dueMs !== undefined) this.#loop.wakeIn(outcome.dueMs - clock.now());
    if (outcome.again || isTerminalPhase(status.phase)) this.wake();
    return outcome.retry ? "retry" : "done";
  }

  /** @returns undefined when they are not ready: then an event says why, and we come back */
  async #mountVolumes(): Promise<MountedVolumes | undefined> {
    const { volumes, events, clock } = this.#services;
    const pod = this.#pod;
    const { uid } = pod.metadata;
    if (this.#mounted && !this.#volumesStale) return this.#mounted;
    this.#volumesStale = false;
    try {
      this.#mounted = await interruptible(volumes.mount(pod, podIpsOf(this.#observed())), this.#end.signal);
      this.#mountFailedMs = undefined;
      return this.#mounted;
    } catch (error) {
      this.#volumesStale = true;
      if (!(error instanceof VolumeError)) throw error;
      // Volumes that were ready stay as they are.
      if (this.#mounted) this.#services.log.debug("volumes not brought up to date", { uid, error: error.message });
      const now = clock.now();
      events.pod(pod, "Warning", "FailedMount", error.message);
      this.#mounts.next(uid, this.#mountFailedMs ?? now, now);
      this.#mountFailedMs = now;
      this.#loop.wakeIn(this.#mounts.delayMs(uid));
      return this.#mounted;
    }
  }

  async #stopAll(): Promise<"done" | "retry"> {
    this.#end.abort();
    this.#services.probes.end(this.#pod.metadata.uid);
    await this.#stopRunning();
    const { uid, namespace, name } = this.#pod.metadata;
    // What was never touched here is as the first list had it: a node's many finished pods need no look each.
    const observed = this.#acted ? await this.#services.cache.refresh({ uid, namespace, name }) : this.#observed();
    if (runningContainers(observed).length > 0 || observed.sandboxes.some(({ ready }) => ready)) {
      return "retry";
    }
    this.#stage = "ended";
    return "done";
  }

  async #stopRunning(): Promise<void> {
    const before = this.#observed();
    if (runningContainers(before).length > 0 || before.sandboxes.some(({ ready }) => ready)) this.#acted = true;
    const atOnce = (this.#removed && !this.#pod.metadata.deletionTimestamp) || this.#verdict?.reason === "Evicted";
    const graceSeconds = atOnce ? 0 : undefined;
    await stopPod(this.#services, this.#pod, this.#observed(), { hurry: this.#hurry.signal, graceSeconds });
  }

  /** Tells the end, frees what it held, and removes it from the API when it was deleted. */
  async #finish(): Promise<void> {
    const { status, volumes, cgroups, probes, api, log } = this.#services;
    const pod = this.#pod;
    const { uid, namespace, name, deletionTimestamp } = pod.metadata;
    if (!this.#released) {
      probes.untrack(uid);
      // What was over before this daemon saw it has been told, and the runtime may have forgotten it.
      const wasOver = !this.#acted && isTerminalPhase(pod.status?.phase);
      if (!this.#removed && !wasOver) status.set(pod, finalStatus(pod, this.#status({ terminal: true })));
      await volumes.unmount({ uid });
      await cgroups.remove(uid);
      this.#released = true;
    }
    if (!this.#removed) {
      if (!deletionTimestamp) return;
      await status.flushed(uid);
      try {
        const options = { gracePeriodSeconds: 0, preconditions: { uid } };
        await api.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, options);
        log.debug("pod removed", { pod: name, namespace });
      } catch (error) {
        // 404, or 409: another pod has its name.
        if (!(error instanceof ApiCallError && (error.code === 404 || error.code === 409))) throw error;
        this.#removed = true;
      }
      // Finalizers may keep it; the informer says when it is gone.
      if (!this.#removed) return;
    }
    await this.#forget();
  }

  async #forget(): Promise<void> {
    const { status, images } = this.#services;
    const { uid } = this.#pod.metadata;
    try {
      await removePod(this.#services, this.#observed());
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    status.forget(uid);
    images.forget(uid);
    this.#loop.end();
    this.#stage = "done";
    this.#done();
  }
}
