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
import { defaultClaimSpec } from "../core/claim-spec.ts";
import { checkRunsForever, checkTemplateMetadata, defaultPodTemplate } from "../core/pod-template/template.ts";
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

function validate({ spec }: StatefulSet): FieldError[] {
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
  checkNonNegative(errors, spec.replicas, "spec.replicas");
  checkNonNegative(errors, spec.minReadySeconds, "spec.minReadySeconds");
  checkNonNegative(errors, spec.ordinals?.start, "spec.ordinals.start");
  const labels = spec.template.metadata?.labels;
  if (checkTemplateSelector(errors, { selector: spec.selector, labels, kind: "statefulset", wrong: "" })) {
    // The volumes of its claims are not in the template, so the template's spec cannot be checked by itself.
    checkTemplateMetadata(errors, spec.template, "spec.template");
  }
  checkRunsForever(errors, spec.template, "spec.template", "StatefulSet");
  return errors;
}

/** Older sets may have any limit, which may stay. */
function checkHistory(
  errors: FieldError[],
  { revisionHistoryLimit: limit }: StatefulSetSpec,
  prev?: StatefulSetSpec,
): void {
  if (!prev || prev.revisionHistoryLimit !== limit) checkNonNegative(errors, limit, "spec.revisionHistoryLimit");
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
  const errors: FieldError[] = [];
  checkHistory(errors, next.spec, prev.spec);
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
  validate,
  // Older sets may have any name there, which cannot change.
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    if (spec.serviceName) checkLabel(errors, spec.serviceName, "spec.serviceName");
    checkHistory(errors, spec);
    return errors;
  },
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
