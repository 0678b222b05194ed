/** Deployment. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/ */
import { type FieldError, fieldForbidden, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { checkNonNegative } from "../common/checks.ts";
import { checkAtMost100Percent, checkIntOrPercent, intOrPercentValue } from "../common/int-or-percent.ts";
import { checkCollisionCount, checkReplicaStatus } from "../common/replicas.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { checkTemplateSelector } from "../common/selectors.ts";
import { separateStatus } from "../common/status.ts";
import { checkPodTemplate, checkRunsForever, defaultPodTemplate } from "../core/pod-template/template.ts";
import type { Strategy } from "../kind.ts";
import { templateCells } from "./rollout.ts";
import type { Deployment, DeploymentStrategy } from "./v1-types.ts";

function defaults(deployment: Deployment): Deployment {
  deployment.spec ??= {} as Deployment["spec"];
  const { spec } = deployment;
  spec.template ??= {};
  defaultPodTemplate(spec.template);
  spec.replicas ??= 1;
  spec.strategy ??= {};
  const { strategy } = spec;
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= "25%";
    strategy.rollingUpdate.maxSurge ??= "25%";
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  return deployment;
}

function checkStrategy(errors: FieldError[], strategy: DeploymentStrategy): void {
  const path = "spec.strategy";
  if (strategy.type === "Recreate") {
    if (strategy.rollingUpdate) {
      const detail = "may not be specified when strategy `type` is 'Recreate'";
      errors.push(fieldForbidden(`${path}.rollingUpdate`, detail));
    }
    return;
  }
  if (strategy.type !== "RollingUpdate") {
    errors.push(notSupported(path, strategy, ["Recreate", "RollingUpdate"]));
    return;
  }
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate ?? {};
  const at = `${path}.rollingUpdate`;
  checkIntOrPercent(errors, maxUnavailable, `${at}.maxUnavailable`);
  checkIntOrPercent(errors, maxSurge, `${at}.maxSurge`);
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0) {
    errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  checkAtMost100Percent(errors, maxUnavailable, `${at}.maxUnavailable`);
}

function validate({ spec }: Deployment): FieldError[] {
  const errors: FieldError[] = [];
  checkNonNegative(errors, spec.replicas, "spec.replicas");
  const labels = spec.template.metadata?.labels;
  if (checkTemplateSelector(errors, { selector: spec.selector, labels, kind: "deployment" })) {
    checkPodTemplate(errors, spec.template, "spec.template");
    checkRunsForever(errors, spec.template, "spec.template", "ReplicaSet");
  }
  if (spec.strategy) checkStrategy(errors, spec.strategy);
  else errors.push(required("spec.strategy"));
  checkNonNegative(errors, spec.minReadySeconds, "spec.minReadySeconds");
  checkNonNegative(errors, spec.revisionHistoryLimit, "spec.revisionHistoryLimit");
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined) {
    checkNonNegative(errors, deadline, "spec.progressDeadlineSeconds");
    if (deadline <= (spec.minReadySeconds ?? 0)) {
      errors.push(invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"));
    }
  }
  return errors;
}

function statusErrors(next: Deployment, prev: Deployment): FieldError[] {
  const errors: FieldError[] = [];
  checkReplicaStatus(errors, next.status ?? {});
  checkCollisionCount(errors, next.status, prev.status);
  return errors;
}

/** The controller's labels come through the object itself. */
function keepLabels(next: Deployment, prev: Deployment): Deployment {
  const { labels: _labels, ...metadata } = next.metadata;
  next.metadata = prev.metadata.labels ? { ...metadata, labels: prev.metadata.labels } : metadata;
  return next;
}

export const deployment: Strategy<Deployment> = {
  generation: true,
  // They are copied to its replica sets.
  desiredMetadata: "annotations",
  defaults,
  ...separateStatus<Deployment>({ check: statusErrors, prepare: keepLabels }),
  validate,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec.selector, prev.spec.selector, "spec.selector");
    return errors;
  },
  row: (object, nowMs) => [
    nameOf(object),
    `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`,
    object.status?.updatedReplicas ?? 0,
    object.status?.availableReplicas ?? 0,
    age(object, nowMs),
    ...templateCells(object),
  ],
};
