/** pods/binding: assigns a pod to a node. */

import { formatTime } from "../../machinery/clock.ts";
import { invalidObject, notSupported, required } from "../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { conflict, notFound, type Status } from "../../machinery/meta/status.ts";
import { detachedFromStorage, toStorage } from "./convert.ts";
import {
  admitSubresource,
  type Caller,
  committing,
  type Environment,
  keyOf,
  type Outcome,
  subjectOf,
  type Target,
} from "./environment.ts";
import { checkPreconditions } from "./metadata.ts";
import { encodeObject } from "./object-text.ts";

interface Binding extends KubeObject {
  target?: { kind?: string; name?: string };
}

interface Condition {
  type: string;
  status: string;
  [field: string]: unknown;
}

interface PodFields {
  spec: { nodeName?: string; schedulingGates?: unknown[] };
  status?: { conditions?: Condition[]; nominatedNodeName?: string };
}

/** @throws ApiError 404, 409 when the pod has a node already or is being deleted, 422 */
export function bind(
  env: Environment,
  { target, caller, binding }: { target: Target; caller: Caller; binding: Binding },
): Outcome {
  admitSubresource(env, { ...target, subresource: "binding" }, caller, binding);
  const node = nodeOf(binding, target);
  const row = env.store.get(keyOf(target));
  if (!row) throw notFound(subjectOf(target.kind, target.name));
  const { object: pod, managed } = detachedFromStorage(row.value, target.kind);
  const { uid, resourceVersion } = binding.metadata ?? {};
  checkPreconditions({ ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }, pod.metadata, target);
  const subject = { group: "", resource: "pods/binding", name: target.name };
  const { spec } = pod as unknown as PodFields;
  if (pod.metadata.deletionTimestamp !== undefined)
    throw conflict(subject, `pod ${target.name} is being deleted, cannot be assigned to a host`);
  if (spec.nodeName)
    throw conflict(subject, `pod ${target.name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
  if (spec.schedulingGates?.length) throw conflict(subject, `pod ${target.name} has non-empty .spec.schedulingGates`);

  assign(pod, { binding, node, nowMs: env.clock.now() });
  const written = committing(env, caller, () => {
    const stored = toStorage(env, pod, target.kind);
    return env.store.update(keyOf(target), row.revision, (revision) =>
      encodeObject(stored.object, stored.kind, revision, managed),
    );
  });
  const status: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
  return { code: 201, text: JSON.stringify(status), stored: written.value };
}

function nodeOf(binding: Binding, target: Target): string {
  const { kind, name } = binding.target ?? {};
  const errors = [
    ...(kind && kind !== "Node" ? [notSupported("target.kind", kind, ["Node", "<empty>"])] : []),
    ...(name ? [] : [required("target.name")]),
  ];
  if (errors.length > 0) throw invalidObject({ group: "", kind: "Binding", name: target.name }, errors);
  return name!;
}

/**
 * As upstream's assignPod: node, the binding's annotations and labels, and the condition PodScheduled. The pod's
 * generation stays: a node takes a pod of generation 1.
 */
function assign(pod: KubeObject, { binding, node, nowMs }: { binding: Binding; node: string; nowMs: number }): void {
  const fields = pod as unknown as PodFields;
  fields.spec.nodeName = node;
  const { annotations, labels } = binding.metadata ?? {};
  if (annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  if (labels) pod.metadata.labels = { ...pod.metadata.labels, ...labels };
  const { nominatedNodeName: _, ...status } = fields.status ?? {};
  const conditions = [...(status.conditions ?? [])];
  const index = conditions.findIndex(({ type }) => type === "PodScheduled");
  const before = conditions[index];
  const lastTransitionTime = before?.status === "True" ? before.lastTransitionTime : formatTime(nowMs);
  const scheduled = { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime };
  conditions.splice(index < 0 ? conditions.length : index, index < 0 ? 0 : 1, scheduled);
  fields.status = { ...status, conditions };
}
