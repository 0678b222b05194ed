import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { KubeObject, OwnerReference } from "../../machinery/meta/object.ts";
import { type Controller, type EventDraft, NOTHING } from "../runner/controller.ts";
import type { Entry, View } from "../view/view.ts";
import { FOREGROUND, isDeletingDependents, isOrphaning, ORPHAN, type OwnerState, planItem } from "./plan.ts";

/**
 * Deletes what has lost its last owner, and sees to deletions in the foreground and with orphans. The view is the graph:
 * it holds every deletable object at one moment, so an owner that is not in it does not exist. Keys are uids.
 */
export const garbageCollector: Controller = {
  name: "generic-garbage-collector",
  eventSource: "garbage-collector-controller",
  watches: {},
  watchAll: worthLooking,
  plan(uid, view) {
    const item = view.byUid(uid);
    if (!item) return NOTHING;
    const events: EventDraft[] = [];
    const owners = (item.object.metadata.ownerReferences ?? []).map((reference) => ({
      reference,
      state: stateOf(reference, item, view, events),
    }));
    return planItem({ item, owners, dependents: [...view.dependentsOf(uid).values()], events });
  },
};

function* worthLooking(change: Change, view: View): Generator<string> {
  const object = change.object as KubeObject;
  const previous = change.previous as KubeObject | undefined;
  const { uid = "", ownerReferences = [], finalizers } = object.metadata;
  if (change.type === "deleted") {
    yield* view.dependentsOf(uid).keys();
    yield* waitingOwners(ownerReferences, view);
    return;
  }
  if (!previous) {
    if (ownerReferences.length > 0 || finalizers) yield uid;
    return;
  }
  const before = previous.metadata;
  const sameOwners = deepEqual(before.ownerReferences, object.metadata.ownerReferences);
  const sameFate =
    before.deletionTimestamp === object.metadata.deletionTimestamp && deepEqual(before.finalizers, finalizers);
  if (sameOwners && sameFate) return;
  if (ownerReferences.length > 0 || isDeletingDependents(object) || isOrphaning(object)) yield uid;
  if (!sameOwners) {
    yield* waitingOwners(before.ownerReferences ?? [], view);
    yield* waitingOwners(ownerReferences, view);
  }
  if (isDeletingDependents(object) && !isDeletingDependents(previous)) yield* view.dependentsOf(uid).keys();
}

/** Owners that may be rid of their last dependent now. */
function* waitingOwners(references: readonly OwnerReference[], view: View): Generator<string> {
  for (const { uid } of references) {
    const finalizers = view.byUid(uid)?.object.metadata.finalizers;
    if (finalizers?.includes(FOREGROUND) || finalizers?.includes(ORPHAN)) yield uid;
  }
}

function stateOf(reference: OwnerReference, item: Entry, view: View, events: EventDraft[]): OwnerState {
  const kind = view.registry.findKind(reference.apiVersion, reference.kind);
  // A kind that is not served here, or not watched: nobody can say that the owner is gone.
  if (!kind || !view.table(kind.storage)) return "solid";
  const namespace = item.object.metadata.namespace ?? "";
  const owner = view.byUid(reference.uid);
  if (kind.namespaced && namespace === "") {
    // A cluster-scoped object cannot say which namespace it means: never deleted for that.
    events.push(invalidNamespace(reference, item));
    return "solid";
  }
  const isIt =
    owner !== undefined &&
    owner.resource === kind.storage &&
    owner.object.metadata.name === reference.name &&
    (!kind.namespaced || owner.object.metadata.namespace === namespace);
  if (isIt) return isDeletingDependents(owner.object) ? "waiting" : "solid";
  if (owner && kind.namespaced && owner.object.metadata.namespace !== namespace) {
    events.push(invalidNamespace(reference, item));
  }
  return "absent";
}

function invalidNamespace({ apiVersion, kind, name, uid }: OwnerReference, { object }: Entry): EventDraft {
  const namespace = object.metadata.namespace ?? "";
  const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
  return {
    about: object,
    type: "Warning",
    reason: "OwnerRefInvalidNamespace",
    message: `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`,
  };
}
