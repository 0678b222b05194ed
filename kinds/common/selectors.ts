/** Selectors that must match the labels of the template beside them. */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";
import { compileSelector, selectorErrors } from "../../machinery/meta/selector.ts";
import type { StringMap } from "./checks.ts";

export function checkSelector(errors: FieldError[], selector: LabelSelector | undefined, path: string): void {
  if (selector) for (const error of selectorErrors(selector, path)) errors.push(error);
}

export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions?.length ?? 0) === 0;

/** A selector that is required, not empty, and matches `labels`. `kind` is how the message calls the kind. */
export function checkTemplateSelector(
  errors: FieldError[],
  { selector, labels, kind }: { selector: LabelSelector | undefined; labels: StringMap | undefined; kind: string },
): void {
  if (!selector) {
    errors.push(required("spec.selector"));
    // Upstream's nil selector selects nothing, so it does not match the labels either.
    errors.push(mismatch(labels));
    return;
  }
  const before = errors.length;
  checkSelector(errors, selector, "spec.selector");
  if (isEmptySelector(selector)) {
    errors.push(invalid("spec.selector", selector, `empty selector is invalid for ${kind}`));
  } else if (errors.length > before) {
    errors.push(invalid("spec.selector", selector, "invalid label selector"));
  } else if (!compileSelector(selector)(labels)) {
    errors.push(mismatch(labels));
  }
}

export const mismatch = (labels: StringMap | undefined, path = "spec.template.metadata.labels"): FieldError =>
  invalid(path, labels ?? null, "`selector` does not match template `labels`");
