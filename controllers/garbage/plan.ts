import type { KubeObject, OwnerReference } from "../../machinery/meta/object.ts";
import type { Action, EventDraft, Plan } from "../runner/controller.ts";
import { deleteOp, patchOp, removeFinalizerOp } from "../runner/ops.ts";
import type { Entry } from "../view/view.ts";

export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";

/**
 * How an owner stands. `solid`: it is there, or of a kind nobody here can look up. `absent`: it is not, or the
 * reference points into another namespace. `waiting`: it is being deleted in the foreground and waits for dependents.
 */
export type OwnerState = "solid" | "absent" | "waiting";

export interface SeenItem {
  item: Entry;
  owners: readonly { reference: OwnerReference; state: OwnerState }[];
  dependents: readonly Entry[];
  /** To be told: references that can never be right. */
  events?: readonly EventDraft[];
}

/** Writes of one plan for one item; what is left comes when these are seen. */
const MAX_WRITES = 500;

export const isBeingDeleted = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;

/** Deleted in the foreground: it stays until the dependents that block it are gone. */
export const isDeletingDependents = (object: KubeObject): boolean =>
  isBeingDeleted(object) && (object.metadata.finalizers?.includes(FOREGROUND) ?? false);

/** Deleted without its dependents: it stays until they have forgotten it. */
export const isOrphaning = (object: KubeObject): boolean =>
  isBeingDeleted(object) && (object.metadata.finalizers?.includes(ORPHAN) ?? false);

/** Decides what the garbage collector does about one object. */
export function planItem({ item, owners, dependents, events = [] }: SeenItem): Plan {
  const { object } = item;
  if (isOrphaning(object)) return { actions: orphanDependents(item, dependents) };
  if (isDeletingDependents(object)) {
    const isBlocked = dependents.some((dependent) => blocks(dependent, object));
    return { actions: isBlocked ? [] : [removeFinalizer(item, FOREGROUND)] };
  }
  if (isBeingDeleted(object) || owners.length === 0) return { actions: [], events };
  const solid = owners.filter(({ state }) => state === "solid");
  if (solid.length > 0) {
    return {
      actions:
        solid.length === owners.length
          ? []
          : [
              setOwners(
                item,
                solid.map(({ reference }) => reference),
              ),
            ],
      events,
    };
  }
  return { actions: collect(item, owners, dependents), events };
}

/** No owner is left that would keep it. */
function collect(item: Entry, owners: SeenItem["owners"], dependents: readonly Entry[]): Action[] {
  const { object, resource } = item;
  const isWaitedFor = owners.some(({ state }) => state === "waiting");
  const actions: Action[] = [];
  let policy: "Background" | "Foreground" | "Orphan" = "Background";
  let preconditions = { uid: object.metadata.uid ?? "", resourceVersion: object.metadata.resourceVersion ?? "" };
  if (isWaitedFor && dependents.length > 0) {
    policy = "Foreground";
    // Two that wait for each other would wait for ever: this one lets its owners go first.
    if (dependents.some(({ object: dependent }) => isDeletingDependents(dependent))) {
      const references = owners.map(({ reference }) => ({ ...reference, blockOwnerDeletion: false }));
      actions.push(setOwners(item, references));
      preconditions = { uid: preconditions.uid, resourceVersion: "" };
    }
  } else if (object.metadata.finalizers?.includes(ORPHAN)) {
    policy = "Orphan";
  } else if (object.metadata.finalizers?.includes(FOREGROUND)) {
    policy = "Foreground";
  }
  // With the version seen: somebody may have given it another owner since.
  const { uid, resourceVersion } = preconditions;
  const options = {
    propagationPolicy: policy,
    preconditions: { uid, ...(resourceVersion && { resourceVersion }) },
  } as const;
  return [...actions, { op: deleteOp(resource, object, options), ...(actions.length > 0 && { needs: 0 }) }];
}

function orphanDependents(item: Entry, dependents: readonly Entry[]): Action[] {
  if (dependents.length === 0) return [removeFinalizer(item, ORPHAN)];
  return dependents.slice(0, MAX_WRITES).map((dependent) => {
    const kept = dependent.object.metadata.ownerReferences?.filter(({ uid }) => uid !== item.object.metadata.uid) ?? [];
    return setOwners(dependent, kept);
  });
}

const blocks = ({ object }: Entry, owner: KubeObject): boolean =>
  object.metadata.ownerReferences?.some(
    ({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion === true,
  ) ?? false;

const setOwners = ({ resource, object }: Entry, ownerReferences: OwnerReference[]): Action => ({
  op: patchOp(resource, object, {
    metadata: { ownerReferences: ownerReferences.length > 0 ? ownerReferences : null },
  }),
});

const removeFinalizer = ({ resource, object }: Entry, finalizer: string): Action => ({
  op: removeFinalizerOp(resource, object, finalizer),
});
