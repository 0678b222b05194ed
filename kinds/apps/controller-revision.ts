/** ControllerRevision. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/controller-revision-v1/ */
import { type FieldError, required } from "../../machinery/meta/field-error.ts";
import { checkNonNegative } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import type { ControllerRevision } from "./v1-types.ts";

/** `statefulset.apps/web` */
function controller({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller);
  if (!owner) return "<none>";
  const slash = owner.apiVersion.indexOf("/");
  const group = slash < 0 ? "" : `.${owner.apiVersion.slice(0, slash)}`;
  return `${owner.kind}${group}`.toLowerCase().concat(`/${owner.name}`);
}

export const controllerRevision: Strategy<ControllerRevision> = {
  defaults(next) {
    next.revision ??= 0;
    return next;
  },
  validate({ revision }) {
    const errors: FieldError[] = [];
    checkNonNegative(errors, revision, "revision");
    return errors;
  },
  validateCreate({ data }) {
    if (data === undefined || data === null) return [required("data", "data is mandatory")];
    if (typeof data === "object" && !Array.isArray(data)) return [];
    return [required("data", "data must be a valid JSON object")];
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.data, prev.data, "data");
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), controller(object), object.revision, age(object, nowMs)],
};
