/** Tolerations of pods, and the taints of nodes they answer to. */
import {
  duplicate,
  type FieldError,
  fieldForbidden,
  invalid,
  notSupported,
  required,
} from "../../../machinery/meta/field-error.ts";
import { labelValue } from "../../../machinery/meta/names.ts";
import { checkLabelName } from "../../common/checks.ts";
import { same, without } from "../../common/same.ts";
import type { Taint, Toleration } from "../v1-types.ts";

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

function checkEffect(errors: FieldError[], effect: string, path: string): void {
  if (!(EFFECTS as readonly string[]).includes(effect)) errors.push(notSupported(path, effect, EFFECTS));
}

export function checkTolerations(
  errors: FieldError[],
  tolerations: readonly Toleration[] | undefined,
  path: string,
): void {
  tolerations?.forEach((toleration, i) => {
    const item = `${path}[${i}]`;
    const { key = "", operator = "", value = "", effect = "" } = toleration;
    if (key) checkLabelName(errors, key, `${item}.key`);
    else if (operator !== "Exists") {
      const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalid(`${item}.operator`, operator, detail));
    }
    if (toleration.tolerationSeconds !== undefined && effect !== "NoExecute") {
      errors.push(invalid(`${item}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    if (operator === "" || operator === "Equal") {
      const messages = labelValue(value);
      if (messages.length > 0) errors.push(invalid(`${item}.operator`, value, messages.join(";")));
    } else if (operator === "Exists") {
      if (value) errors.push(invalid(`${item}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else if (operator === "Lt" || operator === "Gt") {
      // Known, but behind a feature gate that is closed by default.
      errors.push(notSupported(`${item}.operator`, operator, ["Equal", "Exists", "Lt", "Gt"]));
    } else errors.push(notSupported(`${item}.operator`, operator, ["Equal", "Exists"]));
    if (effect) checkEffect(errors, effect, `${item}.effect`);
  });
}

/** A running pod may be given more tolerations, and other times, but lose none. */
export function checkOnlyAddedTolerations(
  errors: FieldError[],
  next: readonly Toleration[] = [],
  prev: readonly Toleration[] = [],
): void {
  const key = (toleration: Toleration): object => without(toleration, ["tolerationSeconds"]);
  if (prev.every((old) => next.some((candidate) => same(key(candidate), key(old))))) return;
  const detail = "existing toleration can not be modified except its tolerationSeconds";
  errors.push(fieldForbidden("spec.tolerations", detail));
}

export function checkTaints(errors: FieldError[], taints: readonly Taint[] | undefined, path: string): void {
  const seen = new Set<string>();
  taints?.forEach((taint, i) => {
    const item = `${path}[${i}]`;
    checkLabelName(errors, taint.key ?? "", `${item}.key`);
    const messages = labelValue(taint.value ?? "");
    if (messages.length > 0) errors.push(invalid(`${item}.value`, taint.value, messages.join(";")));
    if (!taint.effect) errors.push(required(`${item}.effect`));
    else checkEffect(errors, taint.effect, `${item}.effect`);
    const id = `${taint.effect}/${taint.key}`;
    if (seen.has(id)) {
      const error = duplicate(item, taint);
      errors.push({ ...error, message: `${error.message}: taints must be unique by key and effect pair` });
    }
    seen.add(id);
  });
}
