/**
 * Admission policies in CEL, and what binds them.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import { isIdentifier } from "../../machinery/cel/parser.ts";
import { duplicate, type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { qualifiedName } from "../../machinery/meta/names.ts";
import { addMessages, checkOneOf, checkPresent, checkSubdomain } from "../common/checks.ts";
import { age, nameOf, selectorText } from "../common/rows.ts";
import { checkSelector } from "../common/selectors.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { checkMatchConditions } from "./match-conditions.ts";
import { compilePolicy } from "./policy-expressions.ts";
import { checkMatch, defaultMatch } from "./rules.ts";
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "./v1-types.ts";

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

const ACTIONS = ["Audit", "Deny", "Warn"];

function checkPolicy({ spec }: Policy): FieldError[] {
  const errors: FieldError[] = [];
  checkOneOf(errors, spec.failurePolicy, "spec.failurePolicy", ["Fail", "Ignore"]);
  if (spec.paramKind) {
    checkPresent(errors, spec.paramKind.apiVersion, "spec.paramKind.apiVersion");
    checkPresent(errors, spec.paramKind.kind, "spec.paramKind.kind");
  }
  if (!spec.matchConstraints) errors.push(required("spec.matchConstraints"));
  else {
    checkMatch(errors, spec.matchConstraints, "spec.matchConstraints");
    if (!spec.matchConstraints.resourceRules?.length) errors.push(required("spec.matchConstraints.resourceRules"));
  }
  checkMatchConditions(errors, spec.matchConditions, "spec.matchConditions");
  return errors;
}

const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];

function checkValidations({ spec }: ValidatingAdmissionPolicy): FieldError[] {
  const errors: FieldError[] = [];
  spec.validations?.forEach(({ message = "", messageExpression, reason }, i) => {
    const path = `spec.validations[${i}]`;
    if (messageExpression !== undefined && messageExpression !== "" && messageExpression.trim() === "")
      errors.push(invalid(`${path}.messageExpression`, messageExpression, "must be non-empty if specified"));
    if (message.trim() === "" && message !== "")
      errors.push(invalid(`${path}.message`, message, "message must be non-empty if specified"));
    else if (/[\r\n]/.test(message))
      errors.push(invalid(`${path}.message`, message, "message must not contain line breaks"));
    if (reason !== undefined) checkOneOf(errors, reason, `${path}.reason`, REASONS);
  });
  const keys = new Set<string>();
  spec.auditAnnotations?.forEach(({ key = "" }, i) => {
    const path = `spec.auditAnnotations[${i}].key`;
    addMessages(errors, path, key, qualifiedName(`policy/${key}`));
    if (keys.has(key)) errors.push(duplicate(path, key));
    keys.add(key);
  });
  return [...errors, ...checkVariables({ spec } as Policy)];
}

function checkVariables({ spec }: Policy): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  spec.variables?.forEach(({ name = "" }, i) => {
    const path = `spec.variables[${i}].name`;
    if (name === "") errors.push(required(path, "name is not specified"));
    else if (!isIdentifier(name)) errors.push(invalid(path, name, "name is not a valid CEL identifier"));
    else if (names.has(name)) errors.push(duplicate(path, name));
    names.add(name);
  });
  return errors;
}

function defaultPolicy<T extends Policy>(next: T): T {
  next.spec ??= {};
  next.spec.failurePolicy ??= "Fail";
  defaultMatch(next.spec.matchConstraints);
  return next;
}

function defaultBinding<T extends Binding>(next: T): T {
  next.spec ??= {} as T["spec"];
  defaultMatch(next.spec.matchResources);
  return next;
}

function checkParamRef(errors: FieldError[], { name, selector, parameterNotFoundAction }: ParamRef): void {
  const path = "spec.paramRef";
  if (name) {
    checkSubdomain(errors, name, `${path}.name`);
    if (selector) errors.push(fieldForbidden(`${path}.name`, "name and selector are mutually exclusive"));
  } else if (selector) checkSelector(errors, selector, `${path}.selector`);
  else errors.push(required(path, "one of name or selector must be specified"));
  if (parameterNotFoundAction === undefined) errors.push(required(`${path}.parameterNotFoundAction`));
  else checkOneOf(errors, parameterNotFoundAction, `${path}.parameterNotFoundAction`, ["Allow", "Deny"]);
}

function checkBinding({ spec }: Binding): FieldError[] {
  const errors: FieldError[] = [];
  if (checkPresent(errors, spec.policyName, "spec.policyName")) {
    checkSubdomain(errors, spec.policyName, "spec.policyName");
  }
  if (spec.paramRef) checkParamRef(errors, spec.paramRef);
  if (spec.matchResources) checkMatch(errors, spec.matchResources, "spec.matchResources");
  return errors;
}

function checkActions(errors: FieldError[], actions: readonly string[] | undefined): void {
  const path = "spec.validationActions";
  if (!actions?.length) errors.push(required(path));
  actions?.forEach((action, i) => {
    checkOneOf(errors, action, `${path}[${i}]`, ACTIONS);
    if (actions.indexOf(action) < i) {
      const detail = "must not contain duplicate validation actions";
      errors.push(invalid(`${path}[${i}]`, action, detail));
    }
  });
  if (actions?.includes("Deny") && actions.includes("Warn")) {
    errors.push(
      invalid(
        path,
        actions,
        "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
      ),
    );
  }
}

const kindText = (kind: ParamKind | undefined): string =>
  kind ? `${kind.apiVersion ?? ""}/${kind.kind ?? ""}` : "<unset>";

function refText(ref: ParamRef | undefined): string {
  if (ref?.name) return `${ref.namespace || "*"}/${ref.name}`;
  return ref?.selector ? selectorText(ref.selector) : "<unset>";
}

const bindingRow = (object: Binding, nowMs: number): (string | number)[] => [
  nameOf(object),
  object.spec.policyName ?? "",
  refText(object.spec.paramRef),
  age(object, nowMs),
];

export const validatingAdmissionPolicy: Strategy<ValidatingAdmissionPolicy> = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: defaultPolicy,
  ...separateStatus<ValidatingAdmissionPolicy>({ keepsMetadata: true }),
  validate(next) {
    const errors = checkPolicy(next);
    const { validations, auditAnnotations } = next.spec;
    if (!validations?.length && !auditAnnotations?.length) {
      const detail = "validations or auditAnnotations must contain at least one item";
      errors.push(required("spec.validations", detail));
    }
    return [...errors, ...checkValidations(next), ...compilePolicy(next).errors];
  },
  row: (object, nowMs) => [
    nameOf(object),
    object.spec.validations?.length ?? 0,
    kindText(object.spec.paramKind),
    age(object, nowMs),
  ],
};

export const mutatingAdmissionPolicy: Strategy<MutatingAdmissionPolicy> = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: defaultPolicy,
  validate(next) {
    const errors = checkPolicy(next);
    const { mutations, reinvocationPolicy } = next.spec;
    if (!mutations?.length) errors.push(required("spec.mutations", "mutations must contain at least one item"));
    mutations?.forEach(({ patchType }, i) => {
      checkOneOf(errors, patchType, `spec.mutations[${i}].patchType`, ["ApplyConfiguration", "JSONPatch"]);
    });
    errors.push(...checkVariables(next), ...compilePolicy(next).errors);
    if (reinvocationPolicy === undefined) errors.push(required("spec.reinvocationPolicy"));
    else checkOneOf(errors, reinvocationPolicy, "spec.reinvocationPolicy", ["IfNeeded", "Never"]);
    return errors;
  },
  row: (object, nowMs) => [
    nameOf(object),
    object.spec.mutations?.length ?? 0,
    kindText(object.spec.paramKind),
    age(object, nowMs),
  ],
};

export const validatingAdmissionPolicyBinding: Strategy<ValidatingAdmissionPolicyBinding> = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: defaultBinding,
  validate(next) {
    const errors = checkBinding(next);
    checkActions(errors, next.spec.validationActions);
    return errors;
  },
  row: bindingRow,
};

export const mutatingAdmissionPolicyBinding: Strategy<MutatingAdmissionPolicyBinding> = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: defaultBinding,
  validate: checkBinding,
  row: bindingRow,
};
