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

interface TemplateSelector {
  selector: LabelSelector | undefined;
  labels: StringMap | undefined;
  /** How the message calls the kind. */
  kind: string;
  /** What is said besides of a selector that is wrong in itself. */
  wrong?: string;
}

/**
 * A selector that is required, not empty, and matches `labels`.
 * @returns whether it can be used, so that looking at the template makes sense
 */
export function checkTemplateSelector(
  errors: FieldError[],
  { selector, labels, kind, wrong = "invalid label selector" }: TemplateSelector,
): boolean {
  if (!selector) {
    errors.push(required("spec.selector"));
    // Upstream's nil selector selects nothing, so it does not match the labels either.
    errors.push(mismatch(labels));
    return true;
  }
  const before = errors.length;
  checkSelector(errors, selector, "spec.selector");
  const isWrong = errors.length > before;
  if (isEmptySelector(selector)) {
    errors.push(invalid("spec.selector", selector, `empty selector is invalid for ${kind}`));
  }
  if (isWrong) errors.push(invalid("spec.selector", selector, wrong));
  else if (!compileSelector(selector)(labels)) errors.push(mismatch(labels));
  return !isWrong;
}

export const mismatch = (labels: StringMap | undefined, path = "spec.template.metadata.labels"): FieldError =>
  invalid(path, labels ?? null, "`selector` does not match template `labels`");
