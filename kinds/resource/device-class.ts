/** DeviceClass. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/device-class-v1/ */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { checkList } from "../common/lists.ts";
import { age, nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import { isExtended } from "../core/pod-template/resource-names.ts";
import type { Strategy } from "../kind.ts";
import { checkOpaque, checkSelectors, MAX_CONFIGS } from "./claim-spec.ts";
import type { DeviceClass, DeviceClassSpec } from "./v1-types.ts";

function checkSpec(spec: DeviceClassSpec, before: DeviceClassSpec | undefined): FieldError[] {
  const errors: FieldError[] = [];
  checkSelectors(errors, spec.selectors, "spec.selectors");
  const isStored = before !== undefined && same(spec.config, before.config);
  checkList(errors, spec.config, "spec.config", {
    max: MAX_CONFIGS,
    each: (found, config, path) => checkOpaque(found, config, path, { isStored }),
  });
  const name = spec.extendedResourceName;
  if (name !== undefined && !isExtended(name)) {
    errors.push(invalid("spec.extendedResourceName", name, "must be a valid extended resource name"));
  }
  return errors;
}

export const deviceClass: Strategy<DeviceClass> = {
  generation: true,
  defaults(next) {
    next.spec ??= {};
    return next;
  },
  validateCreate: ({ spec }) => checkSpec(spec, undefined),
  validateUpdate: (next, prev) => checkSpec(next.spec, prev.spec),
  row: (object, nowMs) => [nameOf(object), age(object, nowMs)],
};
