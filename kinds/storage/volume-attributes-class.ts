/** VolumeAttributesClass. Source: https://kubernetes.io/docs/concepts/storage/volume-attributes-classes/ */
import { type FieldError, fieldForbidden, required } from "../../machinery/meta/field-error.ts";
import { age, nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import { checkParameters, checkProvisioner } from "./parameters.ts";
import type { VolumeAttributesClass } from "./v1-types.ts";

export const volumeAttributesClass: Strategy<VolumeAttributesClass> = {
  validate({ driverName, parameters }) {
    const errors: FieldError[] = [];
    checkProvisioner(errors, driverName, "driverName");
    checkParameters(errors, parameters, "parameters");
    if (Object.keys(parameters ?? {}).length === 0) {
      errors.push(required("parameters", "must contain at least one key/value pair"));
    }
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    for (const field of ["driverName", "parameters"] as const) {
      if (!same(next[field], prev[field])) errors.push(fieldForbidden(field, `updates to ${field} are forbidden.`));
    }
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), object.driverName ?? "", age(object, nowMs)],
};
