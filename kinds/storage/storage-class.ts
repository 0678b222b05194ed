/** StorageClass. Source: https://kubernetes.io/docs/concepts/storage/storage-classes/ */
import { duplicate, type FieldError, fieldForbidden, required } from "../../machinery/meta/field-error.ts";
import { checkLabelName, checkOneOf, checkRequiredOneOf } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable, same } from "../common/same.ts";
import type { TopologySelectorTerm } from "../core/v1-types.ts";
import type { Strategy } from "../kind.ts";
import { checkParameters, checkProvisioner } from "./parameters.ts";
import type { StorageClass } from "./v1-types.ts";

const DEFAULT_ANNOTATIONS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

/** Claims that name no class get this one. */
export const isDefaultClass = ({ metadata }: StorageClass): boolean =>
  DEFAULT_ANNOTATIONS.some((annotation) => metadata.annotations?.[annotation] === "true");

function checkTopology(errors: FieldError[], term: TopologySelectorTerm, path: string): void {
  const keys = new Set<string>();
  term.matchLabelExpressions?.forEach(({ key = "", values = [] }, i) => {
    const at = `${path}.matchLabelExpressions[${i}]`;
    if (values.length === 0) errors.push(required(`${at}.values`));
    const seen = new Set<string>();
    values.forEach((value, j) => {
      if (seen.has(value)) errors.push(duplicate(`${at}.values[${j}]`, value));
      seen.add(value);
    });
    checkLabelName(errors, key, `${at}.key`);
    if (keys.has(key)) errors.push(duplicate(`${at}.key`, key));
    keys.add(key);
  });
}

function validate(next: StorageClass): FieldError[] {
  const errors: FieldError[] = [];
  checkProvisioner(errors, next.provisioner, "provisioner");
  checkParameters(errors, next.parameters, "parameters");
  if (next.reclaimPolicy) checkOneOf(errors, next.reclaimPolicy, "reclaimPolicy", ["Delete", "Retain"]);
  const modes = ["Immediate", "WaitForFirstConsumer"];
  checkRequiredOneOf(errors, next.volumeBindingMode, "volumeBindingMode", modes);
  next.allowedTopologies?.forEach((term, i) => {
    const path = `allowedTopologies[${i}]`;
    checkTopology(errors, term, path);
    if (next.allowedTopologies?.slice(0, i).some((earlier) => same(earlier, term))) {
      errors.push(duplicate(`${path}.matchLabelExpressions`, ""));
    }
  });
  return errors;
}

export const storageClass: Strategy<StorageClass> = {
  defaults(next) {
    next.reclaimPolicy ??= "Delete";
    next.volumeBindingMode ??= "Immediate";
    return next;
  },
  validate,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    for (const field of ["parameters", "provisioner", "reclaimPolicy"] as const) {
      if (!same(next[field], prev[field])) errors.push(fieldForbidden(field, `updates to ${field} are forbidden.`));
    }
    checkImmutable(errors, next.volumeBindingMode, prev.volumeBindingMode, "volumeBindingMode");
    return errors;
  },
  row: (object, nowMs) => [
    isDefaultClass(object) ? `${nameOf(object)} (default)` : nameOf(object),
    object.provisioner ?? "",
    object.reclaimPolicy ?? "Delete",
    object.volumeBindingMode ?? "Immediate",
    object.allowVolumeExpansion ?? false,
    age(object, nowMs),
  ],
};
