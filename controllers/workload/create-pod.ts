import type { Pod, PodTemplateSpec } from "../../kinds/core/v1-types.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { generateName } from "../../machinery/meta/random.ts";
import type { Action } from "../runner/controller.ts";
import { controllerReference, createOp, deleteOp } from "../runner/ops.ts";
import { PODS } from "../view/resources.ts";

/** Bytes of pods that one plan may ask for: a large template must not make a call that no RPC carries. */
const BURST_BYTES = 6 << 20;
/** Most pods that one plan creates or deletes. */
export const BURST_PODS = 500;

/** How many pods of this template one plan may create. */
export const burstOf = (template: PodTemplateSpec): number =>
  Math.max(1, Math.min(BURST_PODS, Math.floor(BURST_BYTES / JSON.stringify(template).length)));

/** A pod made from a template for its controller. `name` overrides the generated one. */
export function podFromTemplate(options: {
  owner: KubeObject;
  template: PodTemplateSpec;
  random: () => number;
  name?: string;
}): Pod {
  const { owner, template, random, name } = options;
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const base = `${owner.metadata.name}-`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      // The name is made here and not by the server, so that the Event of the same commit can say it.
      ...(name === undefined ? { generateName: base, name: generateName(base, random) } : { name }),
      namespace: owner.metadata.namespace ?? "",
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec,
  } as Pod;
}

/** Creates a pod and tells of it on its owner. */
export const createPod = (owner: KubeObject, pod: Pod): Action => ({
  op: createOp(PODS, pod as unknown as Parameters<typeof createOp>[1]) as WriteOp,
  event: { about: owner, type: "Normal", reason: "SuccessfulCreate", message: `Created pod: ${pod.metadata.name}` },
  failureEvent: ({ message = "" }) => ({
    about: owner,
    type: "Warning",
    reason: "FailedCreate",
    message: `Error creating: ${message}`,
  }),
});

/**
 * Has pods made in batches of 1, 2, 4 and so on, each only if one of the batch before could be made: where a quota is
 * used up or a template is refused, not hundreds are refused again and again.
 *
 * @param base index in the plan that the first will have
 */
export const slowStart = (creates: readonly Action[], base: number): Action[] =>
  creates.map((create, i) => (i === 0 ? create : { ...create, needs: base + ((i - 1) >> 1) }));

/** Deletes a pod and tells of it on its owner. */
export const deletePod = (owner: KubeObject, pod: Pod): Action => ({
  op: deleteOp(PODS, pod),
  event: { about: owner, type: "Normal", reason: "SuccessfulDelete", message: `Deleted pod: ${pod.metadata.name}` },
  failureEvent: ({ message = "" }) => ({
    about: owner,
    type: "Warning",
    reason: "FailedDelete",
    message: `Error deleting: ${message}`,
  }),
});
