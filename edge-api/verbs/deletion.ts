/**
 * The rules of deletion: grace periods, finalizers and what propagation policies add to them.
 * Source: registry/rest/delete.go and registry/generic/registry/store.go of apiserver.
 */
import type { Kind } from "../../kinds/kind.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { KubeObject, ObjectMeta } from "../../machinery/meta/object.ts";
import { conflict } from "../../machinery/meta/status.ts";
import type { StoredObject } from "../store/contract.ts";
import { toStorage } from "./convert.ts";
import { type Environment, keyOf, type Target } from "./environment.ts";
import { hooksOf } from "./hooks/index.ts";
import { encodeObject } from "./object-text.ts";

export const ORPHAN_FINALIZER = "orphan";
export const FOREGROUND_FINALIZER = "foregroundDeletion";

export interface DeleteOptions {
  /** Seconds; absent: the kind's default. */
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: "Background" | "Foreground" | "Orphan";
  /** The form before propagationPolicy. */
  orphanDependents?: boolean;
}

/** What a delete does to the live object. */
export type DeletionPlan =
  /** Gone at once. */
  | { do: "remove" }
  /** Stored with these changes, and removed later by whoever empties its finalizers or ends its grace. */
  | { do: "mark"; meta: ObjectMeta }
  /** Already on its way; nothing to write. */
  | { do: "nothing" };

/** Pure. `prev` is not changed. */
export function planDeletion(
  prev: KubeObject,
  {
    options,
    kind,
    pendingBySpec,
    nowMs,
  }: { options: DeleteOptions; kind: Kind; pendingBySpec: boolean; nowMs: number },
): DeletionPlan {
  const grace = planGrace(prev, options, kind, nowMs);
  if (grace === "pending") return { do: "nothing" };
  const meta: ObjectMeta = { ...prev.metadata, ...(grace ?? {}) };
  const finalizers = withPropagation(meta.finalizers ?? [], options, kind);
  const finalizersChanged = finalizers.join() !== (meta.finalizers ?? []).join();
  if (finalizers.length > 0) meta.finalizers = finalizers;
  else delete meta.finalizers;

  const held = finalizers.length > 0 || pendingBySpec;
  if (!held && !(grace?.deletionGracePeriodSeconds ?? 0)) return { do: "remove" };
  if (grace) return { do: "mark", meta: bumped(meta, prev) };
  const alreadyMarked = meta.deletionTimestamp !== undefined && (meta.deletionGracePeriodSeconds ?? 0) === 0;
  if (alreadyMarked && !finalizersChanged) return { do: "nothing" };
  const nowText = formatTime(nowMs);
  if (meta.deletionTimestamp === undefined || meta.deletionTimestamp > nowText) meta.deletionTimestamp = nowText;
  meta.deletionGracePeriodSeconds = 0;
  return { do: "mark", meta: bumped(meta, prev) };
}

/** The first deletion changes what is desired of the object. */
function bumped(meta: ObjectMeta, prev: KubeObject): ObjectMeta {
  if (prev.metadata.deletionTimestamp === undefined && (meta.generation ?? 0) > 0) meta.generation! += 1;
  return meta;
}

/** Undefined: the kind knows no grace, or it is over. "pending": a grace period at most as long already runs. */
function planGrace(
  prev: KubeObject,
  options: DeleteOptions,
  { strategy }: Kind,
  nowMs: number,
): Pick<ObjectMeta, "deletionTimestamp" | "deletionGracePeriodSeconds"> | "pending" | undefined {
  if (!strategy.defaultGraceSeconds) return undefined;
  const { deletionTimestamp, deletionGracePeriodSeconds: running = 0 } = prev.metadata;
  const { gracePeriodSeconds } = options;
  const asked = gracePeriodSeconds === undefined ? undefined : nonNegative(gracePeriodSeconds);
  if (deletionTimestamp !== undefined) {
    if (running === 0) return undefined;
    if (asked === undefined || asked >= running) return "pending";
    const startMs = Date.parse(deletionTimestamp) - running * 1000;
    return { deletionTimestamp: formatTime(startMs + asked * 1000), deletionGracePeriodSeconds: asked };
  }
  const usual = strategy.defaultGraceSeconds(prev);
  // Nothing runs which could use the time: whatever was asked for.
  const seconds = usual === undefined ? 0 : (asked ?? nonNegative(usual));
  return { deletionTimestamp: formatTime(nowMs + seconds * 1000), deletionGracePeriodSeconds: seconds };
}

/** Upstream takes a negative grace period for one second. */
const nonNegative = (seconds: number): number => (seconds < 0 ? 1 : seconds);

/** Kinds whose dependents stay unless the client says otherwise, for the sake of old clients. */
const ORPHANS_BY_DEFAULT: ReadonlySet<string> = new Set(["jobs.batch", "replicationcontrollers"]);
/** Kinds that the garbage collector never looks at: its finalizers would hold them for ever. */
const NEVER_COLLECTED: ReadonlySet<string> = new Set(["events"]);

const saysNothingOfDependents = ({ orphanDependents, propagationPolicy }: DeleteOptions): boolean =>
  orphanDependents === undefined && propagationPolicy === undefined;

/** Tells who deletes a Job without saying what should become of its pods that they stay. */
export function warnOfOrphans(warn: (message: string) => void, options: DeleteOptions, kind: Kind): void {
  if (kind.storage !== "jobs.batch" || !saysNothingOfDependents(options)) return;
  warn(
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
  );
}

/** Finalizers after the propagation policy has added or taken away the garbage collector's. */
function withPropagation(finalizers: readonly string[], options: DeleteOptions, { storage }: Kind): string[] {
  const kept = finalizers.filter((f) => f !== ORPHAN_FINALIZER && f !== FOREGROUND_FINALIZER);
  const added = NEVER_COLLECTED.has(storage) ? undefined : collectorsFinalizer(finalizers, options, storage);
  if (added !== undefined) kept.push(added);
  return kept.length === finalizers.length && kept.every((f) => finalizers.includes(f)) ? [...finalizers] : kept;
}

/** The one the garbage collector is asked by, if any: what the client says, else what is there, else the kind's own. */
function collectorsFinalizer(
  finalizers: readonly string[],
  options: DeleteOptions,
  storage: string,
): string | undefined {
  const { orphanDependents, propagationPolicy } = options;
  if (orphanDependents !== undefined) return orphanDependents ? ORPHAN_FINALIZER : undefined;
  if (propagationPolicy !== undefined) return FINALIZER_OF[propagationPolicy];
  const present = finalizers.find((f) => f === ORPHAN_FINALIZER || f === FOREGROUND_FINALIZER);
  return present ?? (ORPHANS_BY_DEFAULT.has(storage) ? ORPHAN_FINALIZER : undefined);
}

const FINALIZER_OF = { Background: undefined, Foreground: FOREGROUND_FINALIZER, Orphan: ORPHAN_FINALIZER } as const;

/** @throws ApiError 409, which names the kind as upstream does here, when the object is not the one that was meant */
export function checkDeletionPreconditions(
  { preconditions }: DeleteOptions,
  { uid, resourceVersion, name = "" }: ObjectMeta,
  { group, kind }: Kind,
): void {
  const { uid: wantedUid, resourceVersion: wantedVersion } = preconditions ?? {};
  const subject = { group, resource: kind, name };
  if (wantedUid !== undefined && wantedUid !== uid)
    throw conflict(
      subject,
      `the UID in the precondition (${wantedUid}) does not match the UID in record (${uid ?? ""}). The object might have been deleted and then recreated`,
    );
  if (wantedVersion !== undefined && wantedVersion !== resourceVersion)
    throw conflict(
      subject,
      `the ResourceVersion in the precondition (${wantedVersion}) does not match the ResourceVersion in record (${resourceVersion ?? ""}). The object might have been modified`,
    );
}

/** Whether an update leaves an object that is being deleted with nothing to wait for. */
export function nothingHoldsIt(next: KubeObject, prev: KubeObject, kind: Kind): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = prev.metadata;
  if (deletionTimestamp === undefined || (deletionGracePeriodSeconds ?? 0) !== 0) return false;
  return (next.metadata.finalizers ?? []).length === 0 && !hooksOf(kind.storage).deletionPending?.(next);
}

/** Takes the row away, inside a transaction of the caller's. Returns the last version, with the deletion's revision. */
export function removeRow(
  env: Environment,
  target: Target,
  { object, managed, revision }: { object: KubeObject; managed?: string | undefined; revision: number },
): StoredObject {
  const stored = toStorage(env, object, target.kind);
  const removed = env.store.delete(keyOf(target), revision, (at) =>
    encodeObject(stored.object, stored.kind, at, managed),
  );
  hooksOf(target.kind.storage).afterDelete?.(object, env);
  return removed;
}
