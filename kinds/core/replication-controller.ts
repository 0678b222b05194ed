/** ReplicationController. Source: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/ */
import { type FieldError, required } from "../../machinery/meta/field-error.ts";
import { checkNonNegative } from "../common/checks.ts";
import { checkReplicaStatus } from "../common/replicas.ts";
import { age, containerImages, containerNames, labelText, nameOf } from "../common/rows.ts";
import { mismatch } from "../common/selectors.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { checkPodTemplate, checkRunsForever, defaultPodTemplate } from "./pod-template/template.ts";
import type { ReplicationController } from "./v1-types.ts";

const isEmpty = (map: object | undefined): boolean => Object.keys(map ?? {}).length === 0;

function defaults(next: ReplicationController): ReplicationController {
  next.spec ??= {};
  const { spec, metadata } = next;
  spec.replicas ??= 1;
  if (!spec.template) return next;
  defaultPodTemplate(spec.template);
  const labels = spec.template.metadata?.labels;
  if (labels) {
    if (isEmpty(spec.selector)) spec.selector = { ...labels };
    if (isEmpty(metadata.labels)) metadata.labels = { ...labels };
  }
  return next;
}

function validate({ spec }: ReplicationController): FieldError[] {
  const errors: FieldError[] = [];
  checkNonNegative(errors, spec.minReadySeconds, "spec.minReadySeconds");
  if (isEmpty(spec.selector)) errors.push(required("spec.selector"));
  checkNonNegative(errors, spec.replicas, "spec.replicas");
  const { template, selector = {} } = spec;
  if (!template) {
    errors.push(required("spec.template"));
    return errors;
  }
  const labels = template.metadata?.labels;
  if (Object.entries(selector).some(([key, value]) => labels?.[key] !== value)) errors.push(mismatch(labels));
  checkPodTemplate(errors, template, "spec.template");
  checkRunsForever(errors, template, "spec.template", "ReplicationController");
  return errors;
}

export const replicationController: Strategy<ReplicationController> = {
  generation: true,
  defaults,
  ...separateStatus<ReplicationController>({
    initial: () => ({ replicas: 0 }),
    check({ status }) {
      const errors: FieldError[] = [];
      if (status) checkReplicaStatus(errors, status);
      return errors;
    },
  }),
  validate,
  selectableFields: ({ status }) => ({ "status.replicas": String(status?.replicas ?? 0) }),
  row: (object, nowMs) => [
    nameOf(object),
    object.spec.replicas ?? 0,
    object.status?.replicas ?? 0,
    object.status?.readyReplicas ?? 0,
    age(object, nowMs),
    containerNames(object.spec.template?.spec?.containers),
    containerImages(object.spec.template?.spec?.containers),
    labelText(object.spec.selector),
  ],
};
