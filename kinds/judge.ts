/** What the verbs would say of an object: for tests of single kinds. */
import { deepClone } from "../machinery/meta/equality.ts";
import type { FieldError } from "../machinery/meta/field-error.ts";
import type { KubeObject } from "../machinery/meta/object.ts";
import type { Strategy } from "./kind.ts";

/** `spec.replicas: Invalid value: -1: must be …`, as clients read it. */
const lines = (errors: readonly FieldError[]): string[] => errors.map(({ field, message }) => `${field}: ${message}`);

export function created<T extends KubeObject>(strategy: Strategy<T>, object: T): T {
  const copy = deepClone(object);
  const next = strategy.defaults?.(copy) ?? copy;
  return strategy.prepareForCreate?.(next) ?? next;
}

export function createErrors<T extends KubeObject>(strategy: Strategy<T>, object: T): string[] {
  const next = created(strategy, object);
  return lines([...(strategy.validate?.(next) ?? []), ...(strategy.validateCreate?.(next) ?? [])]);
}

/** `change` gets a copy of the stored object. */
export function updateErrors<T extends KubeObject>(
  strategy: Strategy<T>,
  prev: T,
  change: (next: T) => void,
): string[] {
  const stored = created(strategy, prev);
  const copy = deepClone(stored);
  change(copy);
  const asked = strategy.defaults?.(copy) ?? copy;
  const next = strategy.prepareForUpdate?.(asked, stored) ?? asked;
  return lines([...(strategy.validate?.(next) ?? []), ...(strategy.validateUpdate?.(next, stored) ?? [])]);
}
