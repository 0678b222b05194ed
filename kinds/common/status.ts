/** What a main resource and its status may change of each other. */
import type { KubeObject } from "../../machinery/meta/object.ts";

/** Clients never write status through the main resource. Changes `next`. */
export function keepStatus<T extends KubeObject>(next: T, prev: T): T {
  if (prev.status === undefined) delete next.status;
  else next.status = prev.status;
  return next;
}

/** Kinds are created without a status; Go writes the empty one. Changes `next`. */
export function emptyStatus<T extends KubeObject>(next: T): T {
  next.status = {};
  return next;
}

/** The status subresource changes nothing but status and metadata. */
export function onlyStatus<T extends KubeObject>(next: T, prev: T): T {
  const result: T = { ...prev, metadata: next.metadata };
  if (next.status === undefined) delete result.status;
  else result.status = next.status;
  return result;
}
