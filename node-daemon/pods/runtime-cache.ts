/**
 * What the runtime has, by pod: relisted when it says that something ended, after our own actions, and every 10 s for
 * whatever was missed. Details are asked only of what has changed.
 */
import type { Clock } from "../../machinery/clock.ts";
import type { Log } from "../contracts.ts";
import {
  type Container,
  type ContainerStatus,
  isNotFound,
  type Runtime,
  type Sandbox,
  type SandboxStatus,
} from "../runtime/runtime.ts";
import { CONTAINER_NAME, POD_NAME, POD_NAMESPACE, POD_UID, readNotes } from "./labels.ts";
import { nothingObserved, type ObservedContainer, type ObservedPod } from "./observed.ts";

const RELIST_MS = 10_000;
/** The runtime tells of an exit a little before its lists do: how long and how often we look again. */
const CONFIRM_MS = [5, 15, 30, 60, 120, 250, 500, 1000] as const;

interface Known {
  pod: ObservedPod;
  /** The request that showed it; an answer to an earlier request is stale. */
  sequence: number;
}

export interface RuntimeCacheOptions {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  /** Reads an ended container's last words. */
  terminationMessage(status: ContainerStatus): Promise<string>;
}

export class RuntimeCache {
  readonly #options: RuntimeCacheOptions;
  readonly #pods = new Map<string, Known>();
  /** Details by id, with the state they were read in. */
  readonly #sandboxes = new Map<string, SandboxStatus>();
  readonly #containers = new Map<string, ObservedContainer>();
  readonly #listeners: ((uid: string) => void)[] = [];
  #sequence = 0;
  #relisting: Promise<void> | undefined;
  #relistAgain = false;
  #stop: (() => void) | undefined;
  #away = false;
  #returned = (): void => {};
  /** When the last complete list succeeded; 0 before the first. */
  lastRelistMs = 0;

  constructor(options: RuntimeCacheOptions) {
    this.#options = options;
  }

  /** Calls back with the uid of each pod whose sandboxes or containers have changed. */
  onChange(listener: (uid: string) => void): void {
    this.#listeners.push(listener);
  }

  get(uid: string): ObservedPod | undefined {
    return this.#pods.get(uid)?.pod;
  }

  *all(): Iterable<ObservedPod> {
    for (const { pod } of this.#pods.values()) yield pod;
  }

  /** Calls back when the runtime is there again after it was away: what failed meanwhile is worth another try. */
  onReturn(listener: () => void): void {
    this.#returned = listener;
  }

  /** Resolves after the first list. @throws RuntimeError when the runtime does not answer */
  async start(): Promise<void> {
    const { runtime, clock, log } = this.#options;
    await this.relist();
    const subscription = runtime.subscribe((event) => {
      if (event.type === "resync") this.#relistSoon();
      else if (event.type === "exit") void this.#confirmExit(event.id);
    });
    let cancel = (): void => {};
    const tick = (): void => {
      cancel = clock.after(RELIST_MS, () => {
        this.relist()
          .catch((error) => log.warn("runtime does not answer", { error: String(error) }))
          .finally(tick);
      });
    };
    tick();
    this.#stop = () => {
      subscription.close();
      cancel();
    };
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Lists everything. Calls made while one runs share the next. */
  relist(): Promise<void> {
    if (this.#relisting) {
      this.#relistAgain = true;
      return this.#relisting;
    }
    this.#relisting = (async () => {
      try {
        do {
          this.#relistAgain = false;
          await this.#list();
        } while (this.#relistAgain);
        if (this.#away) this.#returned();
        this.#away = false;
      } catch (error) {
        this.#away = true;
        throw error;
      } finally {
        this.#relisting = undefined;
      }
    })();
    return this.#relisting;
  }

  #relistSoon(): void {
    this.relist().catch((error) => this.#options.log.debug("relist failed", { error: String(error) }));
  }

  /** Looks at one pod again, after something was done to it. */
  async refresh(pod: { uid: string; namespace: string; name: string }): Promise<ObservedPod> {
    const { runtime } = this.#options;
    const sequence = ++this.#sequence;
    const labels = { [POD_UID]: pod.uid };
    const [sandboxes, containers] = await Promise.all([runtime.listSandboxes(labels), runtime.listContainers(labels)]);
    await this.#apply(pod.uid, { sandboxes, containers, sequence });
    return this.get(pod.uid) ?? nothingObserved(pod);
  }

  async #list(): Promise<void> {
    const { runtime, clock } = this.#options;
    const sequence = ++this.#sequence;
    const [sandboxes, containers] = await Promise.all([runtime.listSandboxes(), runtime.listContainers()]);
    this.lastRelistMs = clock.now();
    const groups = new Map<string, { sandboxes: Sandbox[]; containers: Container[] }>();
    const group = (uid: string): { sandboxes: Sandbox[]; containers: Container[] } => {
      let found = groups.get(uid);
      if (!found) {
        found = { sandboxes: [], containers: [] };
        groups.set(uid, found);
      }
      return found;
    };
    for (const sandbox of sandboxes) {
      const uid = sandbox.labels[POD_UID];
      if (uid) group(uid).sandboxes.push(sandbox);
    }
    for (const container of containers) {
      const uid = container.labels[POD_UID];
      if (uid) group(uid).containers.push(container);
    }
    for (const uid of this.#pods.keys()) group(uid);
    await Promise.all([...groups].map(([uid, found]) => this.#apply(uid, { ...found, sequence })));
  }

  async #apply(
    uid: string,
    { sandboxes, containers, sequence }: { sandboxes: Sandbox[]; containers: Container[]; sequence: number },
  ): Promise<void> {
    const before = this.#pods.get(uid);
    if (before && before.sequence > sequence) return;
    // Whoever is told of a change looks again, so no change must not be told.
    if (!before && sandboxes.length + containers.length === 0) return;
    if (before && sameAs(before.pod, sandboxes, containers)) {
      before.sequence = sequence;
      return;
    }
    const [sandboxDetails, containerDetails] = await Promise.all([
      Promise.all(sandboxes.map((sandbox) => this.#sandbox(sandbox))),
      Promise.all(containers.map((container) => this.#container(container))),
    ]);
    const now = this.#pods.get(uid);
    if (now && now.sequence > sequence) return;
    for (const { id } of now?.pod.sandboxes ?? []) if (!sandboxes.some((s) => s.id === id)) this.#sandboxes.delete(id);
    for (const { id } of now?.pod.containers ?? [])
      if (!containers.some((c) => c.id === id)) this.#containers.delete(id);
    const labels = (sandboxes[0] ?? containers[0])?.labels;
    if (!labels) this.#pods.delete(uid);
    else {
      const pod: ObservedPod = {
        uid,
        namespace: labels[POD_NAMESPACE] ?? "",
        name: labels[POD_NAME] ?? "",
        sandboxes: sandboxDetails
          .filter((s) => s !== undefined)
          .sort((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt),
        containers: containerDetails
          .filter((c) => c !== undefined)
          .sort((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt),
      };
      this.#pods.set(uid, { pod, sequence });
    }
    for (const listener of this.#listeners) listener(uid);
  }

  async #sandbox(sandbox: Sandbox): Promise<SandboxStatus | undefined> {
    const known = this.#sandboxes.get(sandbox.id);
    if (known && known.ready === sandbox.ready) return known;
    try {
      const status = await this.#options.runtime.sandboxStatus(sandbox.id);
      this.#sandboxes.set(sandbox.id, status);
      return status;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #container(container: Container): Promise<ObservedContainer | undefined> {
    const known = this.#containers.get(container.id);
    if (known && known.state === container.state) return known;
    try {
      const status = await this.#options.runtime.containerStatus(container.id);
      const message = status.state === "exited" ? await this.#options.terminationMessage(status) : "";
      const observed = observedContainer(container.sandboxId, status, message);
      this.#containers.set(container.id, observed);
      return observed;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /**
   * Looks at an ended container or sandbox until the runtime's list shows the end. One that ended at once may not be
   * listed yet, or only as created.
   */
  async #confirmExit(id: string): Promise<void> {
    const { clock, log } = this.#options;
    for (const delayMs of CONFIRM_MS) {
      try {
        const pod = this.#podOf(id);
        if (!pod) await this.relist();
        else if (hasEnded(await this.refresh(pod), id)) return;
      } catch (error) {
        log.debug("refresh after exit failed", { error: String(error) });
      }
      await new Promise<void>((resolve) => clock.after(delayMs, resolve));
    }
  }

  #podOf(id: string): ObservedPod | undefined {
    for (const pod of this.all()) {
      if (pod.containers.some((c) => c.id === id) || pod.sandboxes.some((s) => s.id === id)) return pod;
    }
    return undefined;
  }
}

const hasEnded = ({ containers, sandboxes }: ObservedPod, id: string): boolean =>
  !containers.some((c) => c.id === id && c.state !== "exited") && !sandboxes.some((s) => s.id === id && s.ready);

function sameAs(pod: ObservedPod, sandboxes: Sandbox[], containers: Container[]): boolean {
  if (pod.sandboxes.length !== sandboxes.length || pod.containers.length !== containers.length) return false;
  return (
    sandboxes.every(({ id, ready }) => pod.sandboxes.some((s) => s.id === id && s.ready === ready)) &&
    containers.every(({ id, state }) => pod.containers.some((c) => c.id === id && c.state === state))
  );
}

function observedContainer(sandboxId: string, status: ContainerStatus, message: string): ObservedContainer {
  const notes = readNotes(status.annotations);
  return {
    id: status.id,
    sandboxId,
    name: status.labels[CONTAINER_NAME] ?? status.name,
    attempt: status.attempt,
    state: status.state,
    createdAtMs: status.createdAtMs,
    startedAtMs: status.startedAtMs,
    finishedAtMs: status.finishedAtMs,
    exitCode: status.exitCode,
    reason: status.reason,
    message,
    image: status.image,
    imageRef: status.imageRef,
    hash: notes.hash,
    restartCount: notes.restartCount,
    gracePeriodSeconds: notes.gracePeriodSeconds,
    resources: notes.resources,
    logPath: status.logPath,
    ...(status.user && {
      user: {
        uid: Number(status.user.uid),
        gid: Number(status.user.gid),
        supplementalGroups: status.user.supplementalGroups.map(Number),
      },
    }),
    ...(status.stopSignal && { stopSignal: status.stopSignal }),
  };
}
