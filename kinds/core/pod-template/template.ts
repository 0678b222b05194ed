/** Pod templates, as Deployments and their like carry them. */
import { type FieldError, fieldForbidden, notSupported } from "../../../machinery/meta/field-error.ts";
import { checkAnnotations, checkLabels } from "../../common/checks.ts";
import type { PodTemplateSpec } from "../v1-types.ts";
import { checkAnnotationsMatchFields, checkPodAnnotations } from "./annotations.ts";
import { defaultPodSpec } from "./defaults.ts";
import { checkPodSpec } from "./spec.ts";

export function defaultPodTemplate(template: PodTemplateSpec): void {
  template.metadata ??= {};
  template.spec ??= { containers: [] };
  defaultPodSpec(template.spec);
}

/** Labels and annotations only. */
function checkTemplateMetadata(errors: FieldError[], template: PodTemplateSpec, path: string): void {
  checkLabels(errors, template.metadata?.labels, `${path}.labels`);
  checkAnnotations(errors, template.metadata?.annotations, `${path}.annotations`);
  if (template.spec) {
    checkPodAnnotations(errors, template.metadata?.annotations, template.spec, `${path}.annotations`);
  }
}

export function checkPodTemplate(errors: FieldError[], template: PodTemplateSpec, path: string): void {
  checkTemplateMetadata(errors, template, path);
  const spec = template.spec ?? { containers: [] };
  checkPodSpec(errors, spec, { path: `${path}.spec`, isPod: false, podName: undefined });
  checkAnnotationsMatchFields(errors, template.metadata?.annotations, spec, `${path}.spec`);
  if (spec.ephemeralContainers?.length) {
    errors.push(fieldForbidden(`${path}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template"));
  }
}

/** Pods of a controller that always replaces them restart always and have no deadline. */
export function checkRunsForever(errors: FieldError[], template: PodTemplateSpec, path: string, kind: string): void {
  if (template.spec?.restartPolicy !== "Always") {
    errors.push(notSupported(`${path}.spec.restartPolicy`, template.spec?.restartPolicy ?? "", ["Always"]));
  }
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(fieldForbidden(`${path}.spec.activeDeadlineSeconds`, detail));
  }
}
