import type { KubeObject } from "../../machinery/meta/object.ts";
import { notFound, type Status } from "../../machinery/meta/status.ts";
import type { StoredObject } from "../store/contract.ts";
import { fromStorage, textFromStorage, toStorage } from "./convert.ts";
import { checkDeletionPreconditions, type DeleteOptions, planDeletion, removeRow, warnOfOrphans } from "./deletion.ts";
import {
  type Caller,
  committing,
  type Environment,
  keyOf,
  type Outcome,
  subjectOf,
  type Target,
} from "./environment.ts";
import { hooksOf } from "./hooks/index.ts";
import { encodeObject } from "./object-text.ts";

/** Kinds whose delete answers with the object; the others answer with a Status once the object is gone. */
export const RETURNS_OBJECT: ReadonlySet<string> = new Set([
  "pods",
  "podtemplates",
  "persistentvolumes",
  "persistentvolumeclaims",
  "resourcequotas",
  "serviceaccounts",
  "services",
  "csidrivers.storage.k8s.io",
  "csinodes.storage.k8s.io",
  "csistoragecapacities.storage.k8s.io",
  "storageclasses.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
  "volumeattributesclasses.storage.k8s.io",
  "resourceclaims.resource.k8s.io",
  "resourceclaimtemplates.resource.k8s.io",
  "resourceslices.resource.k8s.io",
  "deviceclasses.resource.k8s.io",
]);

/**
 * Deletes one object, or marks it for deletion where a grace period or finalizers hold it.
 * @throws ApiError, StoreError; then nothing was written
 */
export function remove(
  env: Environment,
  { target, caller, options }: { target: Target; caller: Caller; options: DeleteOptions },
): Outcome {
  warnOfOrphans(caller.warn, options, target.kind);
  const row = env.store.get(keyOf(target));
  if (!row) throw notFound(subjectOf(target.kind, target.name));
  return removeStored(env, { target, caller, options, row });
}

export function removeStored(
  env: Environment,
  {
    target,
    caller,
    options,
    row,
    isAdmitted = false,
  }: {
    target: Target;
    caller: Caller;
    options: DeleteOptions;
    row: StoredObject;
    /** Whether admission has had its say already, as at an eviction. */
    isAdmitted?: boolean;
  },
): Outcome {
  const { kind } = target;
  const prev = fromStorage(row.value, kind);
  checkDeletionPreconditions(options, prev.metadata, kind);
  if (!isAdmitted) admit(env, { target, caller, prev });

  const hooks = hooksOf(kind.storage);
  const plan = planDeletion(prev, {
    options,
    kind,
    pendingBySpec: hooks.deletionPending?.(prev) ?? false,
    nowMs: env.clock.now(),
  });
  switch (plan.do) {
    case "nothing":
      return { code: codeOf(options), text: textFromStorage(row.value, kind) };
    case "mark":
      return { code: codeOf(options), text: mark(env, { target, caller, row, prev, meta: plan.meta }) };
    case "remove": {
      const removed = committing(env, caller, () => removeRow(env, target, { object: prev, revision: row.revision }));
      const stored = textFromStorage(removed.value, kind);
      if (RETURNS_OBJECT.has(kind.storage)) return { code: 200, text: stored };
      return { code: 200, text: JSON.stringify(deleted(target, prev)), stored };
    }
  }
}

/** Upstream says 202 to whoever asked by orphanDependents=false and has to wait. */
const codeOf = (options: DeleteOptions): number => (options.orphanDependents === false ? 202 : 200);

function mark(
  env: Environment,
  change: { target: Target; caller: Caller; row: StoredObject; prev: KubeObject; meta: KubeObject["metadata"] },
): string {
  const { target, row, prev } = change;
  const next: KubeObject = { ...prev, metadata: change.meta };
  hooksOf(target.kind.storage).markDeleted?.(next);
  const text = committing(env, change.caller, () => {
    const stored = toStorage(env, next, target.kind);
    return env.store.update(keyOf(target), row.revision, (revision) =>
      encodeObject(stored.object, stored.kind, change.caller.dryRun ? row.revision : revision),
    ).value;
  });
  return textFromStorage(text, target.kind);
}

function deleted({ kind }: Target, prev: KubeObject): Status {
  const { name, uid } = prev.metadata;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      ...(name && { name }),
      ...(kind.group && { group: kind.group }),
      kind: kind.plural,
      ...(uid && { uid }),
    },
  } as Status;
}

function admit(env: Environment, { target, caller, prev }: { target: Target; caller: Caller; prev: KubeObject }): void {
  const attributes = {
    operation: "DELETE" as const,
    kind: target.kind,
    namespace: target.namespace,
    name: target.name,
    subresource: "",
    old: prev,
    identity: caller.identity,
    dryRun: caller.dryRun,
    warn: caller.warn,
    ...(caller.annotate && { annotate: caller.annotate }),
  };
  env.admission.admit(attributes);
  env.admission.validate(attributes);
}
