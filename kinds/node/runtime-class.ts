/** RuntimeClass. Source: https://kubernetes.io/docs/concepts/containers/runtime-class/ */
import { duplicate, type FieldError } from "../../machinery/meta/field-error.ts";
import { checkLabel, checkLabels } from "../common/checks.ts";
import { checkNonNegativeQuantity, roundUpToMilli } from "../common/quantities.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable, same, without } from "../common/same.ts";
import { checkContainerResourceName } from "../core/pod-template/resource-names.ts";
import { checkTolerations } from "../core/pod-template/tolerations.ts";
import type { Toleration } from "../core/v1-types.ts";
import type { Strategy } from "../kind.ts";
import type { RuntimeClass, Scheduling } from "./v1-types.ts";

function checkScheduling(errors: FieldError[], { nodeSelector, tolerations }: Scheduling): void {
  checkLabels(errors, nodeSelector, "scheduling.nodeSelector");
  // The path is upstream's.
  checkTolerations(errors, tolerations, "scheduling.tolerations.tolerations");
  const timeless = (toleration: Toleration): object => without(toleration, ["tolerationSeconds"]);
  tolerations?.forEach((toleration, i) => {
    if (tolerations.slice(0, i).some((earlier) => same(timeless(earlier), timeless(toleration)))) {
      errors.push(duplicate(`scheduling.tolerations[${i}]`, toleration));
    }
  });
}

export const runtimeClass: Strategy<RuntimeClass> = {
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  defaults(next) {
    roundUpToMilli(next.overhead?.podFixed);
    return next;
  },
  validate({ handler, overhead, scheduling }) {
    const errors: FieldError[] = [];
    checkLabel(errors, handler ?? "", "handler");
    const amounts = overhead?.podFixed ?? {};
    for (const name of Object.keys(amounts)) {
      const path = `overhead.limits[${name}]`;
      checkContainerResourceName(errors, name, path);
      checkNonNegativeQuantity(errors, amounts[name] ?? "", path);
    }
    if (scheduling) checkScheduling(errors, scheduling);
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.handler, prev.handler, "handler");
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), object.handler ?? "", age(object, nowMs)],
};
