/** A namespace stays, in phase Terminating, until the namespace controller has emptied it and spec.finalizers. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { StorageHooks } from "./hooks.ts";

const finalizersOf = (object: KubeObject): unknown[] =>
  (object.spec as { finalizers?: unknown[] } | undefined)?.finalizers ?? [];

export const namespaceHooks: StorageHooks = {
  deletionPending: (object) => finalizersOf(object).length > 0,
  markDeleted(object) {
    // As upstream shows it: nothing runs out here.
    delete object.metadata.deletionGracePeriodSeconds;
    object.status = { ...(object.status as object | undefined), phase: "Terminating" };
  },
};
