/**
 * The rules of deletion: grace periods, finalizers and what propagation policies add to them.
 * Source: registry/rest/delete.go and registry/generic/registry/store.go of apiserver.
 */
import type { Kind } from "../../kinds/kind.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { KubeObject, ObjectMeta } from "../../machinery/meta/object.ts";
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
  const finalizers = withPropagation(meta.finalizers ?? [], options);
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

/** Undefined: the kind knows no grace. "pending": a grace period at most as long already runs. */
function planGrace(
  prev: KubeObject,
  options: DeleteOptions,
  { strategy }: Kind,
  nowMs: number,
): Pick<ObjectMeta, "deletionTimestamp" | "deletionGracePeriodSeconds"> | "pending" | undefined {
  if (!strategy.defaultGraceSeconds) return undefined;
  const { deletionTimestamp, deletionGracePeriodSeconds: running } = prev.metadata;
  const asked = options.gracePeriodSeconds;
  if (deletionTimestamp !== undefined) {
    if (running === undefined) return undefined;
    if (asked === undefined || asked >= running) return "pending";
    const seconds = Math.max(asked, 0);
    const startMs = Date.parse(deletionTimestamp) - running * 1000;
    return { deletionTimestamp: formatTime(startMs + seconds * 1000), deletionGracePeriodSeconds: seconds };
  }
  const usual = strategy.defaultGraceSeconds(prev);
  // A default of 0 says that nothing runs which could use the time, whatever was asked for.
  const seconds = usual === 0 ? 0 : nonNegative(asked ?? usual);
  return { deletionTimestamp: formatTime(nowMs + seconds * 1000), deletionGracePeriodSeconds: seconds };
}

/** Upstream takes a negative grace period for one second. */
const nonNegative = (seconds: number): number => (seconds < 0 ? 1 : seconds);

/** Finalizers after the propagation policy has added or taken away the garbage collector's. */
function withPropagation(finalizers: readonly string[], options: DeleteOptions): string[] {
  const orphan = options.orphanDependents ?? wanted(options, "Orphan") ?? finalizers.includes(ORPHAN_FINALIZER);
  const foreground =
    options.orphanDependents !== undefined
      ? false
      : (wanted(options, "Foreground") ?? finalizers.includes(FOREGROUND_FINALIZER));
  const kept = finalizers.filter((f) => f !== ORPHAN_FINALIZER && f !== FOREGROUND_FINALIZER);
  if (orphan) kept.push(ORPHAN_FINALIZER);
  if (foreground) kept.push(FOREGROUND_FINALIZER);
  return kept.length === finalizers.length && kept.every((f) => finalizers.includes(f)) ? [...finalizers] : kept;
}

const wanted = ({ propagationPolicy }: DeleteOptions, policy: string): boolean | undefined =>
  propagationPolicy === undefined ? undefined : propagationPolicy === policy;

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
