/** Taints of devices and what tolerates them. */
import { type FieldError, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { labelValue } from "../../machinery/meta/names.ts";
import { addMessages, checkLabelName } from "../common/checks.ts";
import type { DeviceTaint, DeviceToleration } from "./v1-types.ts";

const EFFECTS = ["NoExecute", "NoSchedule", "None"];
const OPERATORS = ["Equal", "Exists"];

/** An effect that is stored already may be one of a newer version. */
export function checkTaint(errors: FieldError[], taint: DeviceTaint, path: string, before?: DeviceTaint): void {
  checkLabelName(errors, taint.key, `${path}.key`);
  if (taint.value) addMessages(errors, `${path}.value`, taint.value, labelValue(taint.value));
  if (before && before.effect === taint.effect) return;
  if (!taint.effect) errors.push(required(`${path}.effect`));
  else if (!EFFECTS.includes(taint.effect)) errors.push(notSupported(`${path}.effect`, taint.effect, EFFECTS));
}

export function checkToleration(errors: FieldError[], toleration: DeviceToleration, path: string): void {
  const { key, operator, value = "", effect } = toleration;
  if (key) checkLabelName(errors, key, `${path}.key`);
  if (operator === "Exists") {
    if (value !== "") errors.push(invalid(`${path}.value`, value, "must be empty for operator `Exists`"));
  } else if (operator === "Equal") addMessages(errors, `${path}.value`, value, labelValue(value));
  else if (!operator) errors.push(required(`${path}.operator`));
  else errors.push(notSupported(`${path}.operator`, operator, OPERATORS));
  if (effect && !EFFECTS.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, EFFECTS));
}
