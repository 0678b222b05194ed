/** metav1.Condition lists in status. Source: k8s.io/apimachinery/pkg/apis/meta/v1/validation (rules and messages). */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../machinery/meta/field-error.ts";
import { patternMessage } from "../../machinery/meta/names.ts";
import type { Condition } from "../meta/v1-types.ts";
import { checkLabelName } from "./checks.ts";

const MAX_REASON = 1024;
const MAX_MESSAGE = 32 * 1024;
const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const REASON_MESSAGE = patternMessage(
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?",
  "my_name",
  "MY_NAME",
  "MyName",
  "ReasonA,ReasonB",
  "ReasonA:ReasonB",
);

function checkReason(errors: FieldError[], reason: string, path: string): void {
  if (reason === "") {
    errors.push(required(path, "must be set"));
    return;
  }
  if (reason.length > MAX_REASON) errors.push(tooLong(path, MAX_REASON));
  else if (!REASON.test(reason)) errors.push(invalid(path, reason, REASON_MESSAGE));
}

export function checkConditions(
  errors: FieldError[],
  conditions: readonly Condition[] | undefined,
  path: string,
): void {
  const seen = new Set<string>();
  conditions?.forEach((condition, i) => {
    const at = `${path}[${i}]`;
    const { type = "", status, reason = "", message = "" } = condition as Partial<Condition>;
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
    checkLabelName(errors, type, `${at}.type`);
    if (!["True", "False", "Unknown"].includes(status ?? "")) {
      errors.push(notSupported(`${at}.status`, status ?? "", ["False", "True", "Unknown"]));
    }
    const { observedGeneration = 0 } = condition;
    if (observedGeneration < 0) {
      errors.push(invalid(`${at}.observedGeneration`, observedGeneration, "must be greater than or equal to zero"));
    }
    if (!condition.lastTransitionTime) errors.push(required(`${at}.lastTransitionTime`, "must be set"));
    checkReason(errors, reason, `${at}.reason`);
    if (message.length > MAX_MESSAGE) errors.push(tooLong(`${at}.message`, MAX_MESSAGE));
  });
}
