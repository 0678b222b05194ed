/** PodTemplate, the object. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/ */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { containerImages, containerNames, labelText, nameOf } from "../common/rows.ts";
import type { Strategy } from "../kind.ts";
import { checkPodTemplate, defaultPodTemplate } from "./pod-template/template.ts";
import type { PodTemplate } from "./v1-types.ts";

export const podTemplate: Strategy<PodTemplate> = {
  generation: true,
  defaults(next) {
    next.template ??= {};
    defaultPodTemplate(next.template);
    return next;
  },
  validate({ template }) {
    const errors: FieldError[] = [];
    checkPodTemplate(errors, template ?? {}, "template");
    return errors;
  },
  row: (object) => [
    nameOf(object),
    containerNames(object.template?.spec?.containers),
    containerImages(object.template?.spec?.containers),
    labelText(object.template?.metadata?.labels),
  ],
};
