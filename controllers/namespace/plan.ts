import type { Namespace, NamespaceCondition, NamespaceStatus } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Action, Failure, Plan } from "../runner/controller.ts";
import { deleteOp, statusOp } from "../runner/ops.ts";
import { EVENTS, NAMESPACES, PODS } from "../view/resources.ts";

/** What a namespace that is being deleted still has of one resource. */
export interface Content {
  resource: string;
  objects: readonly KubeObject[];
}

/** Deletes of one plan: the next ones follow when these are seen. */
const MAX_DELETES = 1_000;
const FINALIZER = "kubernetes";

/**
 * Decides what the deletion of one namespace needs now: pods go first, and only when none is left all else; its
 * conditions tell what it waits for; when nothing is left, the namespace controller gives up its finalizer.
 *
 * @param contents everything in the namespace but Events; resources that have nothing may be left out
 */
export function planNamespace(options: {
  namespace: Namespace;
  contents: readonly Content[];
  failures: readonly Failure[];
  nowMs: number;
}): Plan {
  const { namespace, contents, failures, nowMs } = options;
  if (!namespace.metadata.deletionTimestamp) return { actions: [] };
  const finalizers = namespace.spec?.finalizers ?? [];
  const present = contents
    .filter(({ objects }) => objects.length > 0)
    .sort((a, b) => (a.resource < b.resource ? -1 : 1));
  if (present.length === 0) {
    if (finalizers.includes(FINALIZER)) return { actions: finalize(namespace, finalizers) };
    // Nobody holds it any more: the store should have let it go.
    return { actions: finalizers.length === 0 ? [{ op: deleteOp(NAMESPACES, namespace) }] : [] };
  }
  const pods = present.filter(({ resource }) => resource === PODS);
  const deletes: Action[] = [];
  for (const { resource, objects } of pods.length > 0 ? pods : present) {
    for (const object of objects) {
      if (deletes.length === MAX_DELETES) break;
      if (object.metadata.deletionTimestamp) continue;
      deletes.push({ op: deleteOp(resource, object, { propagationPolicy: "Background" }) });
    }
  }
  const status = statusOp(NAMESPACES, namespace, statusOf(namespace, conditionsOf(present, failures), nowMs));
  return { actions: [...(status ? [{ op: status }] : []), ...deletes] };
}

/** Events are in no view; they go with the last step, all at once. */
function finalize(namespace: Namespace, finalizers: readonly string[]): Action[] {
  const name = namespace.metadata.name ?? "";
  const kept = finalizers.filter((finalizer) => finalizer !== FINALIZER);
  const object = { ...namespace, spec: { ...namespace.spec, finalizers: kept } };
  return [
    { op: { verb: "deletecollection", resource: EVENTS, namespace: name } },
    { op: { verb: "update", resource: NAMESPACES, namespace: "", name, subresource: "finalize", object }, needs: 0 },
  ];
}

type Condition = Pick<NamespaceCondition, "type" | "status" | "reason" | "message">;

function statusOf(namespace: Namespace, wanted: readonly Condition[], nowMs: number): NamespaceStatus {
  const before = namespace.status?.conditions ?? [];
  const conditions = [...before];
  for (const next of wanted) {
    const at = conditions.findIndex(({ type }) => type === next.type);
    const current = conditions[at];
    if (current?.status === next.status && current.reason === next.reason && current.message === next.message) continue;
    const kept = current?.status === next.status ? current.lastTransitionTime : undefined;
    const condition = { ...next, lastTransitionTime: kept ?? formatTime(nowMs) };
    if (at < 0) conditions.push(condition);
    else conditions[at] = condition;
  }
  return { phase: "Terminating", conditions };
}

function conditionsOf(present: readonly Content[], failures: readonly Failure[]): Condition[] {
  const remaining = present.map(
    ({ resource, objects }) => `${dotted(resource)} has ${objects.length} resource instances`,
  );
  const byFinalizer = new Map<string, number>();
  for (const { objects } of present) {
    for (const { metadata } of objects) {
      for (const finalizer of metadata.finalizers ?? [])
        byFinalizer.set(finalizer, (byFinalizer.get(finalizer) ?? 0) + 1);
    }
  }
  const finalizers = [...byFinalizer].sort().map(([name, count]) => `${name} in ${count} resource instances`);
  const fine = (type: string, reason: string, message: string): Condition => ({
    type,
    status: "False",
    reason,
    message,
  });
  return [
    fine("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    fine(
      "NamespaceDeletionGroupVersionParsingFailure",
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ),
    failures.length > 0
      ? {
          type: "NamespaceDeletionContentFailure",
          status: "True",
          reason: "ContentDeletionFailed",
          message: `Failed to delete all resource types, ${failures.length} remaining: ${failures[0]?.status.message}`,
        }
      : fine(
          "NamespaceDeletionContentFailure",
          "ContentDeleted",
          "All content successfully deleted, may be waiting on finalization",
        ),
    remaining.length > 0
      ? {
          type: "NamespaceContentRemaining",
          status: "True",
          reason: "SomeResourcesRemain",
          message: `Some resources are remaining: ${remaining.join(", ")}`,
        }
      : fine("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    finalizers.length > 0
      ? {
          type: "NamespaceFinalizersRemaining",
          status: "True",
          reason: "SomeFinalizersRemain",
          message: `Some content in the namespace has finalizers remaining: ${finalizers.join(", ")}`,
        }
      : fine("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
  ];
}

/** As upstream prints a resource: the group behind the dot, also when it is empty. */
const dotted = (resource: string): string => (resource.includes(".") ? resource : `${resource}.`);
