/** Which config maps and secrets the pods of a node refer to, as the watch hub asks. */
import type { ObjectKey } from "../../store/contract.ts";
import type { WatchFilter, WatchSpec } from "../../store/watch-types.ts";
import type { ReferenceKind } from "./pod-references.ts";
import type { NodeReferences } from "./references.ts";

/** Storage keys of what a node may follow as a whole. */
export const FOLLOWED: ReadonlyMap<string, ReferenceKind> = new Map([
  ["configmaps", "configMap"],
  ["secrets", "secret"],
]);

const NONE: readonly string[] = [];

/** The nodes whose pods refer to an object. */
export function readersOf(references: NodeReferences, { resource, namespace, name }: ObjectKey): Iterable<string> {
  const what = FOLLOWED.get(resource);
  return what ? references.nodesWith({ what, namespace, name }) : NONE;
}

/** Undefined for a watch that is not of one node's objects. */
export function readerFilter(references: NodeReferences, { reader, resource }: WatchSpec): WatchFilter | undefined {
  if (reader === undefined) return undefined;
  const what = FOLLOWED.get(resource);
  return { matches: ({ namespace, name }) => what !== undefined && references.has(reader, { what, namespace, name }) };
}
