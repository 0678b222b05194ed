/**
 * The scale subresource: replicas of a workload as autoscaling/v1 Scale.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/autoscaling-resources/scale-v1/
 */
import { invalid, invalidObject } from "../../machinery/meta/field-error.ts";
import type { KubeObject, LabelSelector } from "../../machinery/meta/object.ts";
import { formatSelector } from "../../machinery/meta/selector.ts";
import { notFound } from "../../machinery/meta/status.ts";
import { fromStorage } from "./convert.ts";
import type { Shape } from "./decode.ts";
import { type Caller, type Environment, keyOf, type Outcome, subjectOf, type Target } from "./environment.ts";
import { parseObject } from "./object-text.ts";
import { update } from "./update.ts";

export const SCALE: Shape = {
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  type: "io.k8s.api.autoscaling.v1.Scale",
};

export interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

interface Scalable extends KubeObject {
  spec: { replicas?: number; selector?: LabelSelector | { [label: string]: string } };
  status?: { replicas?: number };
}

/** A workload's Scale. Pure. */
export function scaleOf(workload: KubeObject): Scale {
  const { spec, status, metadata } = workload as Scalable;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = selectorText(spec.selector);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject["metadata"],
    spec: { ...(spec.replicas !== undefined && { replicas: spec.replicas }) },
    status: { replicas: status?.replicas ?? 0, ...(selector && { selector }) },
  };
}

/** As a query would have it. A ReplicationController's selector is a plain map. */
function selectorText(selector: Scalable["spec"]["selector"]): string {
  if (!selector) return "";
  const isLabelSelector = "matchLabels" in selector || "matchExpressions" in selector;
  const text = formatSelector(
    isLabelSelector ? (selector as LabelSelector) : { matchLabels: selector as { [label: string]: string } },
  );
  return text === "<none>" ? "" : text;
}

/** @throws ApiError 404 */
export function getScale(env: Environment, target: Target): Scale {
  const row = env.store.get(keyOf(target));
  if (!row) throw notFound(subjectOf(target.kind, target.name));
  return scaleOf(fromStorage(row.value, target.kind));
}

/**
 * Sets a workload's replicas through its Scale.
 * @param transform from the Scale as it is to the Scale as it should be, decoded
 * @throws ApiError 404, 409, 422
 */
export function setScale(
  env: Environment,
  { target, caller, transform }: { target: Target; caller: Caller; transform: (scale: Scale) => Scale },
): Outcome {
  const outcome = update(env, {
    target: { ...target, subresource: "" },
    caller,
    isPatch: true,
    transform(prev) {
      const wanted = transform(scaleOf(prev!));
      const replicas = wanted.spec?.replicas ?? 0;
      if (replicas < 0) throw negative(target, replicas);
      const workload = prev as Scalable;
      workload.spec.replicas = replicas;
      const { resourceVersion } = wanted.metadata;
      if (resourceVersion) workload.metadata.resourceVersion = resourceVersion;
      const { uid } = wanted.metadata;
      if (uid) workload.metadata.uid = uid;
      return workload;
    },
  });
  return { code: 200, text: JSON.stringify(scaleOf(parseObject(outcome.text))), stored: outcome.text };
}

const negative = (target: Target, replicas: number) =>
  invalidObject({ group: "autoscaling", kind: "Scale", name: target.name }, [
    invalid("spec.replicas", replicas, "must be greater than or equal to 0"),
  ]);
