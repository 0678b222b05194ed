/** The smallest patch from the status the API has to the one it should have. Pure. */
import type { PodCondition, PodStatus } from "../../kinds/core/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";

/** Fields the daemon owns; others in a status (nominatedNodeName, resourceClaimStatuses) are not touched. */
const OWNED = [
  "observedGeneration",
  "phase",
  "reason",
  "message",
  "hostIP",
  "hostIPs",
  "podIP",
  "podIPs",
  "startTime",
  "initContainerStatuses",
  "containerStatuses",
  "ephemeralContainerStatuses",
  "qosClass",
  "allocatedResources",
  "resources",
] as const satisfies readonly (keyof PodStatus)[];

/** Conditions that are there only while they hold. */
export const PASSING_CONDITIONS: ReadonlySet<string> = new Set(["PodResizePending", "PodResizeInProgress"]);

/** Lists the API merges by key: a patch that does not name it first adds to them. */
const MERGED: ReadonlySet<string> = new Set(["podIPs", "hostIPs"]);

type StatusPatch = { [field: string]: unknown };

/** A strategic merge patch of `status`; undefined when nothing differs. */
export function statusPatch(next: PodStatus, current: PodStatus | undefined): StatusPatch | undefined {
  const patch: StatusPatch = {};
  for (const field of OWNED) {
    if (deepEqual(next[field], current?.[field])) continue;
    const value: unknown = next[field] ?? null;
    patch[field] =
      MERGED.has(field) && Array.isArray(value) && (current?.[field] as unknown[] | undefined)?.length
        ? [...value, { $patch: "replace" }]
        : value;
  }
  const before = new Map((current?.conditions ?? []).map((condition) => [condition.type, condition]));
  const conditions = (next.conditions ?? []).filter(
    (condition) => !sameCondition(condition, before.get(condition.type)),
  );
  const kept = new Set((next.conditions ?? []).map(({ type }) => type));
  const over = [...before.keys()].filter((type) => PASSING_CONDITIONS.has(type) && !kept.has(type));
  if (conditions.length + over.length > 0) {
    patch.conditions = [
      ...conditions.map((condition) => cleared(condition, before.get(condition.type))),
      ...over.map((type) => ({ type, $patch: "delete" })),
    ];
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** Everything but when it was last looked at. */
const sameCondition = (a: PodCondition, b: PodCondition | undefined): boolean =>
  b !== undefined &&
  a.status === b.status &&
  a.reason === b.reason &&
  a.message === b.message &&
  a.observedGeneration === b.observedGeneration;

/** Merging keeps fields the patch does not name: those that went are named as null. */
const cleared = (condition: PodCondition, before: PodCondition | undefined): object => ({
  ...(before?.reason !== undefined && { reason: null }),
  ...(before?.message !== undefined && { message: null }),
  ...condition,
});
