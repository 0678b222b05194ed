/** ReplicaSet. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replica-set-v1/ */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { checkNonNegative } from "../common/checks.ts";
import { checkReplicaStatus } from "../common/replicas.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { checkTemplateSelector } from "../common/selectors.ts";
import { separateStatus } from "../common/status.ts";
import { checkPodTemplate, checkRunsForever, defaultPodTemplate } from "../core/pod-template/template.ts";
import type { Strategy } from "../kind.ts";
import { templateCells } from "./rollout.ts";
import type { ReplicaSet } from "./v1-types.ts";

export const replicaSet: Strategy<ReplicaSet> = {
  generation: true,
  defaults(next) {
    next.spec ??= {} as ReplicaSet["spec"];
    next.spec.template ??= {};
    defaultPodTemplate(next.spec.template);
    next.spec.replicas ??= 1;
    return next;
  },
  ...separateStatus<ReplicaSet>({
    initial: () => ({ replicas: 0 }),
    check({ status }) {
      const errors: FieldError[] = [];
      checkReplicaStatus(errors, status ?? {});
      return errors;
    },
  }),
  validate({ spec }) {
    const errors: FieldError[] = [];
    checkNonNegative(errors, spec.replicas, "spec.replicas");
    checkNonNegative(errors, spec.minReadySeconds, "spec.minReadySeconds");
    const template = spec.template ?? {};
    // Upstream's message says deployment here too.
    const labels = template.metadata?.labels;
    if (checkTemplateSelector(errors, { selector: spec.selector, labels, kind: "deployment" })) {
      checkPodTemplate(errors, template, "spec.template");
      checkRunsForever(errors, template, "spec.template", "ReplicaSet");
    }
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec.selector, prev.spec.selector, "spec.selector");
    return errors;
  },
  selectableFields: ({ status }) => ({ "status.replicas": String(status?.replicas ?? 0) }),
  row: (object, nowMs) => [
    nameOf(object),
    object.spec.replicas ?? 0,
    object.status?.replicas ?? 0,
    object.status?.readyReplicas ?? 0,
    age(object, nowMs),
    ...templateCells(object),
  ],
};
