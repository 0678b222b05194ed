/**
 * Label and field selectors: from queries (text) and from objects (metav1.LabelSelector).
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
import { type FieldError, fieldForbidden, invalid, required } from "./field-error.ts";
import { labelValue, qualifiedName } from "./names.ts";
import type { LabelSelector, LabelSelectorRequirement } from "./object.ts";
import { parseInt64, parseRequirements, type Requirement, SelectorSyntaxError } from "./selector-syntax.ts";
import { badRequest } from "./status.ts";

type Labels = { [key: string]: string };
export type LabelMatcher = (labels: Labels | undefined) => boolean;

const MATCH_ALL: LabelMatcher = () => true;
const MATCH_NONE: LabelMatcher = () => false;

/** Own fields only: a label named like a method of Object.prototype is absent unless set. */
const labelOf = (labels: Labels | undefined, key: string): string | undefined =>
  labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;

function matcherOf({ key, operator, values }: Requirement): LabelMatcher {
  const [only] = values;
  switch (operator) {
    case "exists":
      return (labels) => labelOf(labels, key) !== undefined;
    case "!":
      return (labels) => labelOf(labels, key) === undefined;
    case "=":
    case "==":
      return (labels) => labelOf(labels, key) === only;
    case "!=":
      return (labels) => labelOf(labels, key) !== only;
    case "in": {
      if (values.length === 1) return (labels) => labelOf(labels, key) === only;
      const set = new Set<string | undefined>(values);
      return (labels) => set.has(labelOf(labels, key));
    }
    case "notin": {
      const set = new Set<string | undefined>(values);
      return (labels) => !set.has(labelOf(labels, key));
    }
    case "gt":
    case "lt": {
      const bound = parseInt64(only ?? "");
      return (labels) => {
        const value = parseInt64(labelOf(labels, key) ?? "");
        if (value === undefined || bound === undefined) return false;
        return operator === "gt" ? value > bound : value < bound;
      };
    }
  }
}

function allOf(requirements: readonly Requirement[]): LabelMatcher {
  const matchers = requirements.map(matcherOf);
  if (matchers.length === 0) return MATCH_ALL;
  if (matchers.length === 1) return matchers[0]!;
  return (labels) => {
    for (const matches of matchers) if (!matches(labels)) return false;
    return true;
  };
}

/** A labelSelector query parameter. @throws ApiError 400 with upstream's message */
export function parseLabelSelector(text: string): LabelMatcher {
  try {
    return allOf(parseRequirements(text));
  } catch (error) {
    if (error instanceof SelectorSyntaxError) throw badRequest(error.message);
    throw error;
  }
}

const OPERATORS = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!" } as const;

/** The requirements of a selector object, those of matchLabels first by key. */
function requirementsOf(selector: LabelSelector): Requirement[] {
  const requirements: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "=",
    values: [value],
  }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    if (!Object.hasOwn(OPERATORS, operator))
      throw new RangeError(`"${operator}" is not a valid label selector operator`);
    requirements.push({ key, operator: OPERATORS[operator], values: [...new Set(values ?? [])].sort() });
  }
  return requirements;
}

/**
 * What a selector object selects: undefined nothing, {} everything.
 * @throws RangeError for an unknown operator; validation (`selectorErrors`) comes first
 */
export const compileSelector = (selector: LabelSelector | undefined): LabelMatcher =>
  selector === undefined ? MATCH_NONE : allOf(requirementsOf(selector));

/** As kubectl prints it: `app=web,tier in (a,b),!legacy`; `<none>` when empty. */
export function formatSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return "<none>";
  const requirements = requirementsOf(selector).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const text = requirements.map(formatRequirement).join(",");
  return text === "" ? "<none>" : text;
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

/** Labels on an object, or matchLabels of a selector. */
export function labelsErrors(labels: Labels | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const message of qualifiedName(key)) errors.push(invalid(path, key, message));
    for (const message of labelValue(value)) errors.push(invalid(path, value, message));
  }
  return errors;
}

function expressionErrors(expression: LabelSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const values = expression.values ?? [];
  switch (expression.operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) {
        errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        errors.push(
          fieldForbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      }
      break;
    default:
      errors.push(invalid(`${path}.operator`, expression.operator ?? "", "not a valid selector operator"));
  }
  for (const message of qualifiedName(expression.key ?? "")) {
    errors.push(invalid(`${path}.key`, expression.key ?? "", message));
  }
  for (const [i, value] of values.entries()) {
    for (const message of labelValue(value)) errors.push(invalid(`${path}.values[${i}]`, value, message));
  }
  return errors;
}

/** `path` is that of the selector: "spec.selector". */
export function selectorErrors(selector: LabelSelector | undefined, path: string): FieldError[] {
  if (!selector) return [];
  return [
    ...labelsErrors(selector.matchLabels, `${path}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((expression, i) =>
      expressionErrors(expression, `${path}.matchExpressions[${i}]`),
    ),
  ];
}

export { type FieldRequirement, parseFieldSelector } from "./field-selector.ts";
