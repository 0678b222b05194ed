/**
 * Writes pods' statuses to the API: the newest one of each pod, one request at a time per pod, as few as will do. A
 * status that says only that a pod is still starting waits a moment, as the next one usually follows at once. What
 * somebody else has made of a status stands until the pod has news, or for RECONCILE_MS.
 */
import type { PodStatus } from "../../kinds/core/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { ApiCallError, type ApiClient, type Log } from "../contracts.ts";
import { isTerminalPhase, type NodePod } from "./pod.ts";
import { PASSING_CONDITIONS, statusPatch } from "./status-patch.ts";

/** How long a status without news (still Pending) may wait for a better one. */
const SETTLE_MS = 1_000;
/**
 * Before what somebody else has written is set right: time for whoever acts on it, such as a controller that replaces
 * a failed pod. The period of kubelet's status manager.
 */
const RECONCILE_MS = 10_000;
/** Gathers changes of one moment. */
const GATHER_MS = 15;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface StatusWriter {
  /**
   * Takes a pod's new status; writes it soon if it differs from what the API has.
   *
   * @param options.patient it may wait: the next one follows soon, and nobody acts on this one
   */
  set(pod: NodePod, status: PodStatus, options?: { patient?: boolean }): void;
  /** What is known of a pod's status: the API's, and over it what was decided here, written or not yet. */
  current(pod: NodePod): PodStatus | undefined;
  /** Resolves once the last `set` of this pod is in the API, or the pod is gone. */
  flushed(uid: string): Promise<void>;
  forget(uid: string): void;
}

interface Entry {
  pod: NodePod;
  wanted: PodStatus;
  /** As the API answered our last write, with its resourceVersion; the informer may lag behind it. */
  written: { status: PodStatus; resourceVersion: string; sent: PodStatus } | undefined;
  busy: boolean;
  cancelTimer: (() => void) | undefined;
  /** The timer only waits to set right what somebody else has written. */
  reconciling: boolean;
  retryMs: number;
  waiters: (() => void)[];
}

/** Revisions are decimal numbers in this API; elsewhere they compare as unknown, and the informer's is taken. */
const isOlder = (a: string | undefined, b: string): boolean => Number(a ?? 0) < Number(b);

export function createStatusWriter({ api, clock, log }: { api: ApiClient; clock: Clock; log: Log }): StatusWriter {
  const entries = new Map<string, Entry>();

  const base = (pod: NodePod, entry: Entry | undefined): PodStatus | undefined =>
    entry?.written && isOlder(pod.metadata.resourceVersion, entry.written.resourceVersion)
      ? entry.written.status
      : pod.status;

  /** What to send; undefined when the API has it, or has been sent just this and made of it what it has. */
  const due = (pod: NodePod, entry: Entry): ReturnType<typeof statusPatch> => {
    const { written, wanted } = entry;
    const untouched = written && !isOlder(written.resourceVersion, pod.metadata.resourceVersion ?? "0");
    if (untouched && deepEqual(wanted, written.sent)) return undefined;
    return statusPatch(wanted, base(pod, entry));
  };

  const settle = (entry: Entry): void => {
    for (const resolve of entry.waiters.splice(0)) resolve();
  };

  const schedule = (uid: string, entry: Entry, delayMs: number): void => {
    if (entry.busy) return;
    entry.cancelTimer?.();
    entry.reconciling = false;
    entry.cancelTimer = clock.after(delayMs, () => {
      entry.cancelTimer = undefined;
      void write(uid, entry);
    });
  };

  const reconcile = (uid: string, entry: Entry): void => {
    if (entry.busy || entry.cancelTimer) return;
    schedule(uid, entry, RECONCILE_MS);
    entry.reconciling = true;
  };

  async function write(uid: string, entry: Entry): Promise<void> {
    const { pod, wanted } = entry;
    const patch = due(pod, entry);
    if (!patch) {
      settle(entry);
      return;
    }
    entry.busy = true;
    let again: number | undefined;
    try {
      const { namespace, name } = pod.metadata;
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
      const answer = await api.patch<NodePod>(path, "strategic", { metadata: { uid }, status: patch });
      const { resourceVersion = "0" } = answer.metadata;
      entry.written = { status: answer.status ?? {}, resourceVersion, sent: wanted };
      entry.retryMs = RETRY_FIRST_MS;
      if (entry.wanted !== wanted) again = GATHER_MS;
    } catch (error) {
      const code = error instanceof ApiCallError ? error.code : -1;
      if (code !== 404 && code !== 409) {
        log.warn("pod status not written", {
          pod: pod.metadata.name,
          namespace: pod.metadata.namespace,
          error: String(error),
        });
        // Refused: trying the same again soon will not help, and nobody should wait for it.
        const refused = code >= 400 && code < 500 && code !== 429;
        if (refused) settle(entry);
        again = refused ? RETRY_MAX_MS : entry.retryMs;
        entry.retryMs = Math.min(RETRY_MAX_MS, entry.retryMs * 2);
      }
      // Else gone, or another pod has its name: nobody asks for this status any more.
    } finally {
      entry.busy = false;
    }
    if (again === undefined) settle(entry);
    else if (entries.get(uid) === entry) schedule(uid, entry, again);
  }

  return {
    set(pod, status, { patient = false } = {}) {
      const { uid } = pod.metadata;
      let entry = entries.get(uid);
      // An equal status is the same one: what is on its way need not be sent again.
      const isNew = !entry || !deepEqual(entry.wanted, status);
      if (!entry) {
        entry = {
          pod,
          wanted: status,
          written: undefined,
          busy: false,
          cancelTimer: undefined,
          reconciling: false,
          retryMs: RETRY_FIRST_MS,
          waiters: [],
        };
        entries.set(uid, entry);
      }
      entry.pod = pod;
      if (isNew) entry.wanted = status;
      const known = base(pod, entry);
      if (!entry.busy && !due(pod, entry)) {
        entry.cancelTimer?.();
        entry.cancelTimer = undefined;
        settle(entry);
        return;
      }
      if (!isNew) {
        reconcile(uid, entry);
        return;
      }
      const urgent = !patient && isNews(status, known);
      if (urgent || entry.reconciling || !entry.cancelTimer) schedule(uid, entry, urgent ? GATHER_MS : SETTLE_MS);
    },
    current(pod) {
      const entry = entries.get(pod.metadata.uid);
      const known = base(pod, entry);
      if (!entry) return known;
      const decided = new Set(entry.wanted.conditions?.map(({ type }) => type));
      const others = (known?.conditions ?? []).filter(
        ({ type }) => !decided.has(type) && !PASSING_CONDITIONS.has(type),
      );
      return { ...known, ...entry.wanted, conditions: [...(entry.wanted.conditions ?? []), ...others] };
    },
    flushed(uid) {
      const entry = entries.get(uid);
      if (!entry || (!entry.busy && !entry.cancelTimer)) return Promise.resolve();
      if (entry.reconciling) schedule(uid, entry, GATHER_MS);
      return new Promise((resolve) => entry.waiters.push(resolve));
    },
    forget(uid) {
      const entry = entries.get(uid);
      if (!entry) return;
      entry.cancelTimer?.();
      entries.delete(uid);
      settle(entry);
    },
  };
}

/** Whether somebody waits for it: anything but a pod that is still starting as it was. */
function isNews(next: PodStatus, known: PodStatus | undefined): boolean {
  if (next.phase !== "Pending") return true;
  if (isTerminalPhase(known?.phase)) return true;
  const reasons = (status: PodStatus | undefined): string =>
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
      .map(({ name, state }) => `${name}:${state?.waiting?.reason ?? Object.keys(state ?? {})[0]}`)
      .filter((text) => !/:(ContainerCreating|PodInitializing)$/.test(text))
      .join();
  return reasons(next) !== reasons(known);
}
