/**
 * ValidatingAdmissionPolicy: expressions that must hold for what is written.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../../../kinds/admissionregistration/v1-types.ts";
import type { ApiError } from "../../../machinery/meta/status.ts";
import type { AdmissionPlugin, Attributes } from "../admission/plugin.ts";
import { type Bound, boundPolicies } from "./bound.ts";
import { conditionsHold, Evaluation } from "./evaluation.ts";
import { policyRefusal } from "./refusal.ts";

type BoundPolicy = Bound<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>;

const MAX_MESSAGE_LENGTH = 5 * 1024;
const MAX_ANNOTATION_LENGTH = 10 * 1024;
const PLURALS = { policies: "validatingadmissionpolicies", bindings: "validatingadmissionpolicybindings" };

interface Failure {
  message: string;
  reason: string;
  expressionIndex?: number;
  /** What could not be evaluated at all; absent: it was, and did not hold. */
  error?: "invalid_error" | "out_of_budget";
}

export const validatingAdmissionPolicies: AdmissionPlugin = {
  name: "ValidatingAdmissionPolicy",
  connects: true,
  validate(attributes, env) {
    const bound = boundPolicies<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>(attributes, env, PLURALS);
    if (bound.length === 0) return;
    const annotations = new Map<string, string[]>();
    const audited: object[] = [];
    let denied: ApiError | undefined;
    for (const each of bound) {
      for (const failure of failuresOf(each, annotations)) {
        const actions = each.binding?.spec.validationActions ?? ["Deny"];
        for (const action of actions) env.counts?.policyChecks.add(checkLabels(each, failure, action));
        if (actions.includes("Deny")) denied ??= refusal(attributes, each, failure);
        if (actions.includes("Warn")) attributes.warn(warningOf(each, failure));
        if (actions.includes("Audit")) audited.push(auditOf(each, failure, actions));
      }
    }
    for (const [key, values] of annotations) attributes.annotate?.(key, values.join(", "));
    if (audited.length > 0)
      attributes.annotate?.("validation.policy.admission.k8s.io/validation_failure", JSON.stringify(audited));
    if (denied) throw denied;
  },
};

function failuresOf(
  { policy, compiled, bindings, problem }: BoundPolicy,
  annotations: Map<string, string[]>,
): Failure[] {
  const isStrict = policy.spec.failurePolicy !== "Ignore";
  const failed = (message: string, expressionIndex?: number): Failure[] =>
    isStrict
      ? [
          {
            message,
            reason: "Invalid",
            error: errorOf(message),
            ...(expressionIndex !== undefined && { expressionIndex }),
          },
        ]
      : [];
  if (problem !== undefined) return failed(`failed to configure binding: ${problem}`);
  const holds = conditionsHold(compiled, bindings);
  if (holds === false) return [];
  if (typeof holds === "object") return failed(holds.error);
  const evaluation = new Evaluation(compiled, bindings);
  const failures = compiled.validations.flatMap((validation, i): Failure[] => {
    const { expression, program, reason } = validation;
    const outcome = evaluation.evaluate(program);
    if (!outcome.ok) return failed(`expression '${expression.trim()}' resulted in error: ${outcome.error}`, i);
    return outcome.value === true ? [] : [{ message: messageOf(validation, evaluation), reason, expressionIndex: i }];
  });
  for (const { key, program } of compiled.annotations) {
    const outcome = evaluation.evaluate(program);
    if (!outcome.ok) failures.push(...failed(`expression resulted in error: ${outcome.error}`));
    else if (typeof outcome.value === "string" && outcome.value.trim() !== "") {
      const full = `${policy.metadata.name}/${key}`;
      const value = outcome.value.trim().slice(0, MAX_ANNOTATION_LENGTH);
      const values = annotations.get(full) ?? [];
      if (!values.includes(value)) annotations.set(full, [...values, value]);
    }
  }
  return failures;
}

/** As its expression says; else as it says itself; else the expression. */
function messageOf(
  { says, message, expression }: BoundPolicy["compiled"]["validations"][number],
  evaluation: Evaluation,
): string {
  const said = says && evaluation.evaluate(says);
  if (said?.ok && typeof said.value === "string") {
    const text = said.value.trim();
    if (text !== "" && text.length <= MAX_MESSAGE_LENGTH && !text.includes("\n")) return text;
  }
  return message.trim() || `failed expression: ${expression.trim()}`;
}

function refusal(attributes: Attributes, { policy, binding }: BoundPolicy, { message, reason }: Failure): ApiError {
  const by = binding ? ` with binding '${binding.metadata.name}'` : "";
  const full = `ValidatingAdmissionPolicy '${policy.metadata.name}'${by} denied request: ${message}`;
  return policyRefusal(attributes, full, reason);
}

const errorOf = (message: string): NonNullable<Failure["error"]> =>
  /cost (?:limit|budget)/.test(message) ? "out_of_budget" : "invalid_error";

/** Labels of kube-apiserver's counter. */
const checkLabels = ({ policy, binding }: BoundPolicy, { error }: Failure, action: string) => ({
  enforcement_action: action.toLowerCase(),
  error_type: error ?? "no_error",
  policy: policy.metadata.name ?? "",
  policy_binding: binding?.metadata.name ?? "",
});

const warningOf = ({ policy, binding }: BoundPolicy, { message }: Failure): string =>
  `Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding?.metadata.name}': ${message}`;

const auditOf = (
  { policy, binding }: BoundPolicy,
  { message, expressionIndex }: Failure,
  actions: readonly string[],
) => ({
  message,
  policy: policy.metadata.name,
  binding: binding?.metadata.name,
  expressionIndex: expressionIndex ?? 0,
  validationActions: actions,
});
