import type { Resource } from "../../machinery/cluster/contract.ts";
import type { KubeObject, LabelSelector } from "../../machinery/meta/object.ts";
import { compileSelector } from "../../machinery/meta/selector.ts";
import type { Action } from "../runner/controller.ts";
import { controllerReference, patchOp } from "../runner/ops.ts";

/**
 * Sorts out what belongs to `owner`: of what it controls, what its selector no longer matches is released; of what
 * nobody controls, what it matches is adopted. An owner that is being deleted does neither. What is adopted counts as
 * owned from now on: the adoption is among the actions of the same commit.
 */
export function claim<T extends KubeObject>(options: {
  owner: KubeObject;
  selector: LabelSelector | undefined;
  resource: Resource;
  controlled: readonly T[];
  orphans: Iterable<T>;
  /** Whether an orphan may be adopted at all; a finished pod is not worth it for some owners. */
  mayAdopt?(orphan: T): boolean;
}): { owned: T[]; actions: Action[] } {
  const { owner, selector, resource, controlled, orphans, mayAdopt } = options;
  const matches = compileSelector(selector);
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  const owned: T[] = [];
  const actions: Action[] = [];
  for (const object of controlled) {
    if (matches(object.metadata.labels)) owned.push(object);
    else if (!deleting) actions.push(release(resource, object, owner));
  }
  if (deleting) return { owned, actions };
  for (const object of orphans) {
    if (object.metadata.deletionTimestamp || !matches(object.metadata.labels) || mayAdopt?.(object) === false) continue;
    owned.push(object);
    const ownerReferences = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)];
    actions.push({ op: patchOp(resource, object, { metadata: { ownerReferences } }) });
  }
  return { owned, actions };
}

/** Takes the reference to `owner` off an object. */
export function release(resource: Resource, object: KubeObject, owner: KubeObject): Action {
  const kept = object.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? [];
  return { op: patchOp(resource, object, { metadata: { ownerReferences: kept.length > 0 ? kept : null } }) };
}
