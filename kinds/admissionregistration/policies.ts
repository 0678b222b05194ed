/**
 * Admission policies in CEL, and what binds them.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import { isIdentifier } from "../../machinery/cel/parser.ts";
import { duplicate, type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1035Label, dns1123Subdomain, pathSegmentName, qualifiedName } from "../../machinery/meta/names.ts";
import { addMessages, checkOneOf, checkPresent, checkSubdomain } from "../common/checks.ts";
import { checkConditions } from "../common/conditions.ts";
import { age, nameOf, selectorText } from "../common/rows.ts";
import { checkSelector } from "../common/selectors.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { checkMatchConditions } from "./match-conditions.ts";
import { compilePolicy } from "./policy-expressions.ts";
import { checkMatch, checkMutatingOperations, defaultMatch } from "./rules.ts";
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
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
    checkParamKind(errors, spec.paramKind);
  }
  if (!spec.matchConstraints) errors.push(required("spec.matchConstraints"));
  else {
    checkMatch(errors, spec.matchConstraints, "spec.matchConstraints");
    if (!spec.matchConstraints.resourceRules?.length) errors.push(required("spec.matchConstraints.resourceRules"));
  }
  checkMatchConditions(errors, spec.matchConditions, "spec.matchConditions");
  return errors;
}

function checkParamKind(errors: FieldError[], { apiVersion, kind }: ParamKind): void {
  const path = "spec.paramKind";
  const add = (field: string, value: string, messages: readonly string[], intro = ""): void => {
    if (messages.length > 0) errors.push(invalid(`${path}.${field}`, value, intro + messages.join(",")));
  };
  if (checkPresent(errors, apiVersion, `${path}.apiVersion`)) {
    const parts = apiVersion.split("/");
    const [group, version] = parts.length === 1 ? ["", parts[0]!] : [parts[0]!, parts[1]!];
    if (parts.length > 2) add("apiVersion", apiVersion, [`unexpected GroupVersion string: ${apiVersion}`]);
    else {
      if (group !== "") add("apiVersion", group, dns1123Subdomain(group));
      if (version === "") add("apiVersion", apiVersion, ["version must be specified"]);
      else add("apiVersion", version, dns1035Label(version));
    }
  }
  if (checkPresent(errors, kind, `${path}.kind`))
    add("kind", kind, dns1035Label(kind.toLowerCase()), "may have mixed case, but should otherwise match: ");
}

const MAX_ANNOTATIONS = 20;
const MAX_ANNOTATION_BYTES = 5 * 1024;
const utf8 = new TextEncoder();

const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];

function checkValidations({ spec, metadata }: ValidatingAdmissionPolicy): FieldError[] {
  const errors: FieldError[] = [];
  spec.validations?.forEach(({ message = "", messageExpression, reason }, i) => {
    const path = `spec.validations[${i}]`;
    if (messageExpression !== undefined && messageExpression !== "" && messageExpression.trim() === "")
      errors.push(invalid(`${path}.messageExpression`, messageExpression, "must be non-empty if specified"));
    if (message.trim() === "" && message !== "")
      errors.push(invalid(`${path}.message`, message, "message must be non-empty if specified"));
    else if (/[\r\n]/.test(message.trim()))
      errors.push(invalid(`${path}.message`, message, "message must not contain line breaks"));
    if (reason !== undefined) checkOneOf(errors, reason, `${path}.reason`, REASONS);
  });
  const keys = new Set<string>();
  if ((spec.auditAnnotations?.length ?? 0) > MAX_ANNOTATIONS) {
    const detail = `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`;
    errors.push(invalid("spec.auditAnnotations", spec.auditAnnotations, detail));
  }
  spec.auditAnnotations?.forEach(({ key = "", valueExpression = "" }, i) => {
    const path = `spec.auditAnnotations[${i}].key`;
    const whole = `${metadata.name ?? ""}/${key}`;
    addMessages(errors, path, whole, qualifiedName(whole));
    if (utf8.encode(valueExpression.trim()).length > MAX_ANNOTATION_BYTES) {
      const detail = `must not exceed ${MAX_ANNOTATION_BYTES} bytes in length`;
      errors.push(required(`spec.auditAnnotations[${i}].valueExpression`, detail));
    }
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
  const exclusive = "name and selector are mutually exclusive";
  if (name) {
    addMessages(errors, `${path}.name`, name, pathSegmentName(name));
    if (selector) errors.push(fieldForbidden(`${path}.name`, exclusive));
  }
  if (selector) {
    checkSelector(errors, selector, `${path}.selector`);
    if (name) errors.push(fieldForbidden(`${path}.selector`, exclusive));
  }
  if (!name && !selector) errors.push(required(path, "one of name or selector must be specified"));
  if (parameterNotFoundAction === undefined) errors.push(required(`${path}.parameterNotFoundAction`));
  else checkOneOf(errors, parameterNotFoundAction, `${path}.parameterNotFoundAction`, ["Deny", "Allow"]);
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
  actions?.forEach((action, i) => {
    checkOneOf(errors, action, `${path}[${i}]`, ACTIONS);
    if (actions.indexOf(action) < i) errors.push(duplicate(`${path}[${i}]`, action));
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
  if (!actions?.length) errors.push(required(path, "at least one validation action is required"));
}

function statusErrors({ status }: ValidatingAdmissionPolicy): FieldError[] {
  const errors: FieldError[] = [];
  status?.typeChecking?.expressionWarnings?.forEach(({ fieldRef, warning }, i) => {
    const path = `status.typeChecking.expressionWarnings[${i}]`;
    checkPresent(errors, warning, `${path}.warning`);
    checkPresent(errors, fieldRef?.trim(), `${path}.fieldRef`);
  });
  checkConditions(errors, status?.conditions, "status.conditions");
  return errors;
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
  ...separateStatus<ValidatingAdmissionPolicy>({ keepsMetadata: true, check: statusErrors }),
  validate(next) {
    const errors = checkPolicy(next);
    const { validations, auditAnnotations } = next.spec;
    if (!validations?.length && !auditAnnotations?.length) {
      const detail = "validations or auditAnnotations must contain at least one item";
      errors.push(required("spec.validations", detail), required("spec.auditAnnotations", detail));
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

/** That the expression is there is told with what it says. */
function checkMutation(errors: FieldError[], mutation: Mutation, path: string): void {
  const { patchType } = mutation;
  if (!checkPresent(errors, patchType, `${path}.patchType`)) return;
  checkOneOf(errors, patchType, `${path}.patchType`, ["ApplyConfiguration", "JSONPatch"]);
  for (const [type, field] of [
    ["JSONPatch", "jsonPatch"],
    ["ApplyConfiguration", "applyConfiguration"],
  ] as const) {
    if (patchType === type && !mutation[field])
      errors.push(required(`${path}.${field}`, `must be specified when patchType is ${type}`));
    else if (patchType !== type && mutation[field])
      errors.push(invalid(`${path}.${field}`, `{${field}}`, `must not be specified when patchType is ${patchType}`));
  }
}

export const mutatingAdmissionPolicy: Strategy<MutatingAdmissionPolicy> = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: defaultPolicy,
  validate(next) {
    const errors = checkPolicy(next);
    const { mutations, reinvocationPolicy } = next.spec;
    if (!mutations?.length) errors.push(required("spec.mutations", "mutations must contain at least one item"));
    mutations?.forEach((mutation, i) => {
      checkMutation(errors, mutation, `spec.mutations[${i}]`);
    });
    if (next.spec.matchConstraints)
      checkMutatingOperations(errors, next.spec.matchConstraints, "spec.matchConstraints");
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
  validate(next) {
    const errors = checkBinding(next);
    const match = next.spec.matchResources;
    if (match) checkMutatingOperations(errors, match, "spec.matchResources");
    return errors;
  },
  row: bindingRow,
};
