/**
 * The scale subresource: replicas of a workload as autoscaling/v1 Scale.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/autoscaling-resources/scale-v1/
 */

import { applyConfiguration } from "../../machinery/apply/apply.ts";
import { NO_OWNERS, type Ownership } from "../../machinery/apply/ownership.ts";
import { scaleManagedFields, workloadOwnership } from "../../machinery/apply/scale.ts";
import { applyTypeOf } from "../../machinery/apply/schema.ts";
import { type FieldWrite, ownershipAfterUpdate } from "../../machinery/apply/update.ts";
import { invalid, invalidObject } from "../../machinery/meta/field-error.ts";
import type { KubeObject, LabelSelector } from "../../machinery/meta/object.ts";
import { formatSelector } from "../../machinery/meta/selector.ts";
import { conflict, notFound } from "../../machinery/meta/status.ts";
import { asConfiguration, reportDuplicates } from "./apply.ts";
import { fromStorage } from "./convert.ts";
import { type DecodeOptions, decodeShape, type Shape } from "./decode.ts";
import {
  apiVersionOf,
  type Caller,
  type Environment,
  keyOf,
  type Outcome,
  subjectOf,
  type Target,
} from "./environment.ts";
import { otherUid } from "./metadata.ts";
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

/** A Scale that is to be, and who owns what of it; absent: the caller, what has changed. */
export interface WantedScale {
  scale: Scale;
  ownership?: Ownership;
}

/**
 * Sets a workload's replicas through its Scale.
 * @param transform from the Scale as it is, with its managedFields as text, to the Scale as it should be, decoded
 * @throws ApiError 404, 409, 422
 */
export function setScale(
  env: Environment,
  {
    target,
    caller,
    transform,
  }: { target: Target; caller: Caller; transform: (scale: Scale, managed: string | undefined) => WantedScale },
): Outcome {
  const mapping = { apiVersion: apiVersionOf(target.kind), path: ["f:spec", "f:replicas"] };
  let ownership = NO_OWNERS;
  const outcome = update(env, {
    target: { ...target, subresource: "" },
    caller,
    isPatch: true,
    ownership: () => ownership,
    shown: {
      subresource: "scale",
      show: scaleOf,
      take(scale, workload) {
        const replicas = (scale as Scale).spec?.replicas ?? 0;
        if (replicas < 0) throw negative(target, replicas);
        (workload as Scalable).spec.replicas = replicas;
      },
    },
    transform(prev, managed) {
      const live = { object: scaleOf(prev!), managed: scaleManagedFields(managed, mapping) };
      const { scale: wanted, ownership: given } = transform(scaleOf(prev!), live.managed);
      // A workload that is not tracked is not for being scaled.
      if (managed !== undefined || given) {
        const owners = given ?? ownershipAfterUpdate(live, wanted, scaleWrite(env, caller));
        ownership = workloadOwnership(managed, owners.managed, mapping);
      }
      const replicas = wanted.spec?.replicas ?? 0;
      const workload = prev as Scalable;
      workload.spec.replicas = replicas;
      const { resourceVersion } = wanted.metadata;
      if (resourceVersion) workload.metadata.resourceVersion = resourceVersion;
      checkUid(wanted, workload, target);
      return workload;
    },
  });
  return { code: 200, text: JSON.stringify(scaleOf(parseObject(outcome.text))), stored: outcome.text };
}

/** @throws ApiError 409 for a Scale of another object */
function checkUid(scale: Scale, workload: KubeObject, { kind, name }: Target): void {
  const { uid } = scale.metadata;
  if (!uid || uid === workload.metadata.uid) return;
  const subject = { group: kind.group, resource: `${kind.plural}/scale`, name };
  throw conflict(subject, otherUid(uid, workload.metadata.uid));
}

/** @throws ApiError 400, 409; 500 (as upstream) for a configuration that is no Scale */
export function appliedScale(
  env: Environment,
  live: { object: Scale; managed: string | undefined },
  { config, caller, force, decoding }: { config: unknown; caller: Caller; force: boolean; decoding: DecodeOptions },
): WantedScale {
  const request = { ...scaleWrite(env, caller), kind: SCALE.kind, group: SCALE.group, force };
  const { object, ownership } = applyConfiguration(live, asConfiguration(config), request);
  reportDuplicates(decoding);
  const scale = decodeShape(env, object, SCALE, { fieldValidation: "Ignore", warn: decoding.warn }) as Scale;
  return { scale, ownership };
}

/** A write to a Scale, as field ownership sees it. */
export function scaleWrite(env: Environment, caller: Caller): FieldWrite {
  const type = applyTypeOf(env.types, SCALE.type);
  return {
    type,
    apiVersion: apiVersionOf(SCALE),
    subresource: "scale",
    manager: caller.fieldManager ?? "",
    nowMs: env.clock.now(),
    versions: { type: () => undefined, convert: (scale) => scale },
  };
}

const negative = (target: Target, replicas: number) =>
  invalidObject({ group: "autoscaling", kind: "Scale", name: target.name }, [
    invalid("spec.replicas", replicas, "must be greater than or equal to 0"),
  ]);
