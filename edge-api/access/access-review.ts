/**
 * What a SubjectAccessReview or one of its kin asks, and what is wrong with it. Pure.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/
 */
import { type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { labelValue, qualifiedName } from "../../machinery/meta/names.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { type FieldRequirement, parseFieldSelector, parseLabelSelector } from "../../machinery/meta/selector.ts";
import { ApiError } from "../../machinery/meta/status.ts";
import type { Access } from "./authorize.ts";

interface Requirement {
  key?: string;
  operator?: string;
  values?: string[];
}

interface SelectorAttributes {
  rawSelector?: string;
  requirements?: Requirement[];
}

interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  fieldSelector?: SelectorAttributes;
  labelSelector?: SelectorAttributes;
}

export interface ReviewSpec {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: { path?: string; verb?: string };
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: { [key: string]: string[] };
}

export type ReviewKind = "SubjectAccessReview" | "SelfSubjectAccessReview" | "LocalSubjectAccessReview";

/** @param review with its namespace filled in, where it has one */
export function reviewErrors(kind: ReviewKind, { metadata, ...review }: KubeObject): FieldError[] {
  const spec = (review.spec ?? {}) as ReviewSpec;
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  const errors: FieldError[] = [];
  if (resource && path)
    errors.push(
      invalid("spec.nonResourceAttributes", path, "cannot be specified in combination with resourceAttributes"),
    );
  if (!resource && !path) {
    const detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    errors.push(invalid("spec.resourceAttributes", null, detail));
  }
  if (resource) errors.push(...selectorsErrors(resource));
  if (kind !== "SelfSubjectAccessReview" && !spec.user && !spec.groups?.length)
    errors.push(invalid("spec.user", spec.user ?? "", "at least one of user or group must be specified"));

  const isLocal = kind === "LocalSubjectAccessReview";
  const { managedFields: _managed, namespace, ...own } = metadata;
  if (Object.keys(own).length > 0 || (!isLocal && namespace))
    errors.push(invalid("metadata", metadata, isLocal ? "must be empty except for namespace" : "must be empty"));
  if (!isLocal) return errors;
  const asked = resource?.namespace ?? "";
  if (resource && asked !== namespace)
    errors.push(invalid("spec.resourceAttributes.namespace", asked, "must match metadata.namespace"));
  if (path) errors.push(invalid("spec.nonResourceAttributes", path, "disallowed on this kind of request"));
  return errors;
}

function selectorsErrors({ fieldSelector, labelSelector }: ResourceAttributes): FieldError[] {
  return [
    ...selectorErrors(fieldSelector, "spec.resourceAttributes.fieldSelector", fieldRequirementErrors),
    ...selectorErrors(labelSelector, "spec.resourceAttributes.labelSelector", labelRequirementErrors),
  ];
}

function selectorErrors(
  selector: SelectorAttributes | undefined,
  path: string,
  requirementErrors: (requirement: Requirement, path: string) => FieldError[],
): FieldError[] {
  if (!selector) return [];
  const { rawSelector = "", requirements = [] } = selector;
  const errors: FieldError[] = [];
  if (rawSelector !== "" && requirements.length > 0)
    errors.push(invalid(`${path}.rawSelector`, rawSelector, "may not specified at the same time as requirements"));
  if (rawSelector === "" && requirements.length === 0)
    errors.push(required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`));
  for (const [i, one] of requirements.entries()) errors.push(...requirementErrors(one, `${path}.requirements[${i}]`));
  return errors;
}

/** Operators nobody knows pass: newer clients may, and what is not understood narrows nothing. */
function valuesErrors({ operator, values = [] }: Requirement, path: string): FieldError[] {
  if ((operator === "In" || operator === "NotIn") && values.length === 0)
    return [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
  if ((operator === "Exists" || operator === "DoesNotExist") && values.length > 0)
    return [fieldForbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
  return [];
}

const fieldRequirementErrors = (requirement: Requirement, path: string): FieldError[] => [
  ...(requirement.key ? [] : [required(`${path}.key`, "must be specified")]),
  ...valuesErrors(requirement, path),
];

function labelRequirementErrors(requirement: Requirement, path: string): FieldError[] {
  const { key = "", values = [] } = requirement;
  return [
    ...valuesErrors(requirement, path),
    ...qualifiedName(key).map((message) => invalid(`${path}.key`, key, message)),
    ...values.flatMap((value, i) =>
      labelValue(value).map((message) => invalid(`${path}.values[${i}]`, value, message)),
    ),
  ];
}

export interface Asked {
  access: Access;
  /** What of it was not understood and is asked without; "" when all was. */
  evaluationError: string;
}

/** @param spec found valid */
export function askedBy({ resourceAttributes: r, nonResourceAttributes: n }: ReviewSpec): Asked {
  const fields = understood(r?.fieldSelector, { parse: parseFieldSelector, convert: fieldOf });
  const labels = understood<unknown>(r?.labelSelector, {
    parse: (text) => [parseLabelSelector(text)],
    convert: (given) => (LABEL_OPERATORS.includes(given.operator ?? "") ? given : undefined),
  });
  const problems = Object.entries({ fieldSelector: fields, labelSelector: labels })
    .filter(([, { isWhole }]) => !isWhole)
    .map(([which, { requirements }]) => {
      const ignored = requirements.length > 0 ? "partially ignored" : "ignored";
      return `spec.resourceAttributes.${which} ${ignored} due to parse error`;
    });
  return {
    access: {
      isResource: r !== undefined,
      verb: r?.verb ?? n?.verb ?? "",
      group: r?.group ?? "",
      resource: r?.resource ?? "",
      subresource: r?.subresource ?? "",
      namespace: r?.namespace ?? "",
      name: r?.name ?? "",
      path: n?.path ?? "",
      ...(fields.requirements.length > 0 && { fields: fields.requirements }),
    },
    evaluationError: problems.join("; "),
  };
}

const LABEL_OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];

interface Understood<T> {
  requirements: readonly T[];
  /** Whether nothing was left out: what is left out narrows less, so that it is safe to ask without. */
  isWhole: boolean;
}

function understood<T>(
  { rawSelector = "", requirements = [] }: SelectorAttributes = {},
  { parse, convert }: { parse(text: string): readonly T[]; convert(given: Requirement): T | undefined },
): Understood<T> {
  if (requirements.length > 0) {
    const kept = requirements.map(convert).filter((one) => one !== undefined);
    return { requirements: kept, isWhole: kept.length === requirements.length };
  }
  try {
    return { requirements: rawSelector === "" ? [] : parse(rawSelector), isWhole: true };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { requirements: [], isWhole: false };
  }
}

function fieldOf({ key = "", operator, values = [] }: Requirement): FieldRequirement | undefined {
  const [value] = values;
  if (values.length !== 1 || value === undefined) return undefined;
  if (operator === "In") return { field: key, operator: "=", value };
  return operator === "NotIn" ? { field: key, operator: "!=", value } : undefined;
}
