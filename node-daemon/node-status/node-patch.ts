/** The smallest patch from the node status the API has to the one it should have. Pure. */
import type { NodeCondition, NodeStatus } from "../../kinds/core/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";

const OWNED = [
  "addresses",
  "capacity",
  "allocatable",
  "declaredFeatures",
  "features",
  "runtimeHandlers",
  "images",
  "nodeInfo",
] as const satisfies readonly (keyof NodeStatus)[];

const sameCondition = (a: NodeCondition, b: NodeCondition | undefined): boolean =>
  b !== undefined && a.status === b.status && a.reason === b.reason && a.message === b.message;

/**
 * A strategic merge patch of `status`; undefined when nothing has changed. Heartbeat times alone are no change.
 *
 * @param heartbeat send conditions with their new heartbeat times all the same
 */
export function nodeStatusPatch(
  next: NodeStatus,
  current: NodeStatus | undefined,
  { heartbeat }: { heartbeat: boolean },
): { [field: string]: unknown } | undefined {
  const patch: { [field: string]: unknown } = {};
  for (const field of OWNED) if (!deepEqual(next[field], current?.[field])) patch[field] = next[field];
  const before = new Map((current?.conditions ?? []).map((condition) => [condition.type, condition]));
  const conditions = next.conditions ?? [];
  if (heartbeat || conditions.some((condition) => !sameCondition(condition, before.get(condition.type)))) {
    patch.conditions = conditions;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}
