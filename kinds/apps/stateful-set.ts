/** StatefulSet. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/stateful-set-v1/ */
import { type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1123Label } from "../../machinery/meta/names.ts";
import { checkLabel, checkNonNegative, checkOneOf, checkPresent } from "../common/checks.ts";
import { checkAtMost100Percent, checkIntOrPercent, intOrPercentValue } from "../common/int-or-percent.ts";
import { checkCollisionCount, checkReplicaStatus } from "../common/replicas.ts";
import { age, containerImages, containerNames, nameOf } from "../common/rows.ts";
import { same, without } from "../common/same.ts";
import { checkTemplateSelector } from "../common/selectors.ts";
import { separateStatus } from "../common/status.ts";
import { checkClaimSpec, defaultClaimSpec } from "../core/claim-spec.ts";
import { checkPodTemplate, checkRunsForever, defaultPodTemplate } from "../core/pod-template/template.ts";
import type { PodTemplateSpec, Volume } from "../core/v1-types.ts";
import type { Strategy } from "../kind.ts";
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from "./v1-types.ts";

function defaults(next: StatefulSet): StatefulSet {
  next.spec ??= {} as StatefulSetSpec;
  const { spec } = next;
  spec.template ??= {};
  defaultPodTemplate(spec.template);
  spec.podManagementPolicy ||= "OrderedReady";
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  if (!strategy.type) {
    strategy.type = "RollingUpdate";
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === "RollingUpdate" && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0;
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = "v1";
    claim.kind = "PersistentVolumeClaim";
    claim.spec ??= {};
    defaultClaimSpec(claim.spec);
    claim.status ??= {};
    claim.status.phase ??= "Pending";
  }
  return next;
}

function checkStrategy(errors: FieldError[], strategy: StatefulSetUpdateStrategy): void {
  const path = "spec.updateStrategy";
  const { type, rollingUpdate } = strategy;
  if (type === "OnDelete") {
    if (rollingUpdate) {
      const detail = "only allowed for updateStrategy 'RollingUpdate'";
      errors.push(invalid(`${path}.rollingUpdate`, rollingUpdate, detail));
    }
  } else if (type === "RollingUpdate") {
    if (!rollingUpdate) return;
    checkNonNegative(errors, rollingUpdate.partition, `${path}.rollingUpdate.partition`);
    const { maxUnavailable } = rollingUpdate;
    if (maxUnavailable === undefined) return;
    const at = `${path}.rollingUpdate.maxUnavailable`;
    checkIntOrPercent(errors, maxUnavailable, at);
    if (intOrPercentValue(maxUnavailable) === 0) errors.push(invalid(at, maxUnavailable, "cannot be 0"));
    checkAtMost100Percent(errors, maxUnavailable, at);
  } else errors.push(invalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'"));
}

/** The template as pods have it: a claim's volume stands in for the template's of that name. */
function withClaims({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  if (volumeClaimTemplates.length === 0) return template;
  const claims = new Map<string, Volume>();
  for (const { metadata } of volumeClaimTemplates) {
    const name = metadata?.name ?? "";
    claims.set(name, { name, persistentVolumeClaim: { claimName: name } });
  }
  const volumes = (template.spec?.volumes ?? []).map((volume) => {
    const claim = claims.get(volume.name);
    return claim && claims.delete(volume.name) ? claim : volume;
  });
  volumes.push(...claims.values());
  return { ...template, spec: { ...(template.spec ?? { containers: [] }), volumes } };
}

/** @param prev absent: the set is new. What was stored before some rule was made is not judged by it. */
function specErrors(spec: StatefulSetSpec, prev?: StatefulSetSpec): FieldError[] {
  const errors: FieldError[] = [];
  const policy = spec.podManagementPolicy;
  if (checkPresent(errors, policy, "spec.podManagementPolicy") && policy !== "OrderedReady" && policy !== "Parallel") {
    errors.push(invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  if (spec.updateStrategy?.type) checkStrategy(errors, spec.updateStrategy);
  else errors.push(required("spec.updateStrategy"));
  for (const field of ["whenDeleted", "whenScaled"] as const) {
    const path = `spec.persistentVolumeClaimRetentionPolicy.${field}`;
    checkOneOf(errors, spec.persistentVolumeClaimRetentionPolicy?.[field], path, ["Retain", "Delete"]);
  }
  if (!prev) {
    spec.volumeClaimTemplates?.forEach((claim, i) => {
      checkClaimSpec(errors, claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`);
    });
  }
  checkNonNegative(errors, spec.replicas, "spec.replicas");
  checkNonNegative(errors, spec.minReadySeconds, "spec.minReadySeconds");
  checkNonNegative(errors, spec.ordinals?.start, "spec.ordinals.start");
  if (!prev && spec.serviceName) checkLabel(errors, spec.serviceName, "spec.serviceName");
  const labels = spec.template.metadata?.labels;
  if (checkTemplateSelector(errors, { selector: spec.selector, labels, kind: "statefulset", wrong: "" })) {
    const found: FieldError[] = [];
    checkPodTemplate(found, withClaims(spec), "spec.template");
    // The old spec is looked at only if that can make a difference.
    if (found.length > 0 && (!prev || prev === spec || specErrors(prev, prev).length === 0)) errors.push(...found);
  }
  checkRunsForever(errors, spec.template, "spec.template", "StatefulSet");
  return errors;
}

const MUTABLE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

function updateErrors(next: StatefulSet, prev: StatefulSet): FieldError[] {
  const errors = specErrors(next.spec, prev.spec);
  if (same(without(next.spec, MUTABLE), without(prev.spec, MUTABLE))) return errors;
  const list = `${MUTABLE.slice(0, -1)
    .map((field) => `'${field}'`)
    .join(", ")} and '${MUTABLE.at(-1)}'`;
  errors.push(fieldForbidden("spec", `updates to statefulset spec for fields other than ${list} are forbidden`));
  return errors;
}

function statusErrors(next: StatefulSet, prev: StatefulSet): FieldError[] {
  const errors: FieldError[] = [];
  checkReplicaStatus(errors, next.status ?? {}, "status.readyReplicas");
  checkCollisionCount(errors, next.status, prev.status);
  return errors;
}

export const statefulSet: Strategy<StatefulSet> = {
  generation: true,
  defaults,
  ...separateStatus<StatefulSet>({
    initial: () => ({ replicas: 0, availableReplicas: 0 }),
    check: statusErrors,
  }),
  validateCreate: ({ spec }) => specErrors(spec),
  validateUpdate: updateErrors,
  nameErrors: dns1123Label,
  row: (object, nowMs) => [
    nameOf(object),
    `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`,
    age(object, nowMs),
    containerNames(object.spec.template.spec?.containers),
    containerImages(object.spec.template.spec?.containers),
  ],
};
