/**
 * PriorityClass.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import { type FieldError, fieldForbidden } from "../../machinery/meta/field-error.ts";
import { checkRequiredOneOf } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import type { PriorityClass } from "./v1-types.ts";

const HIGHEST_USER_VALUE = 1_000_000_000;
const PREFIX = "system-";

/** The classes that every cluster has. They stand above what users may define. */
export const SYSTEM_PRIORITIES: { readonly [name: string]: { value: number; description: string } } = {
  "system-node-critical": {
    value: 2_000_001_000,
    description: "Used for system critical pods that must not be moved from their current node.",
  },
  "system-cluster-critical": {
    value: 2_000_000_000,
    description:
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  },
};

/** Undefined when it is one of the system's own classes as the system defines it. */
function notSystemClass({ metadata, value, globalDefault }: PriorityClass): string | undefined {
  const name = metadata.name ?? "";
  const known = Object.hasOwn(SYSTEM_PRIORITIES, name) ? SYSTEM_PRIORITIES[name] : undefined;
  if (!known) return `${name} is not a known system priority class`;
  if (known.value !== (value ?? 0)) return `value of ${name} PriorityClass must be ${known.value}`;
  if (globalDefault) return `globalDefault of ${name} PriorityClass must be false`;
  return undefined;
}

function createErrors(next: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  if (next.metadata.name?.startsWith(PREFIX)) {
    const problem = notSystemClass(next);
    if (problem !== undefined) {
      const detail = `priority class names with '${PREFIX}' prefix are reserved for system use only. error: ${problem}`;
      errors.push(fieldForbidden("metadata.name", detail));
    }
  } else if ((next.value ?? 0) > HIGHEST_USER_VALUE) {
    const detail = `maximum allowed value of a user defined priority is ${HIGHEST_USER_VALUE}`;
    errors.push(fieldForbidden("value", detail));
  }
  if (next.preemptionPolicy !== undefined) {
    checkRequiredOneOf(errors, next.preemptionPolicy, "preemptionPolicy", ["PreemptLowerPriority", "Never"]);
  }
  return errors;
}

export const priorityClass: Strategy<PriorityClass> = {
  defaults(next) {
    next.preemptionPolicy ??= "PreemptLowerPriority";
    next.value ??= 0;
    return next;
  },
  // Upstream counts no generation of classes, but has them begin with one.
  prepareForCreate(next) {
    next.metadata.generation = 1;
    return next;
  },
  validateCreate: createErrors,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    if (next.value !== prev.value) errors.push(fieldForbidden("value", "may not be changed in an update."));
    checkImmutable(errors, next.preemptionPolicy, prev.preemptionPolicy, "preemptionPolicy");
    return errors;
  },
  row: (object, nowMs) => [
    nameOf(object),
    object.value ?? 0,
    object.globalDefault ?? false,
    age(object, nowMs),
    object.preemptionPolicy ?? "",
  ],
};
