/** How much of a device's capacity a request may take. Source: KEP-5075. */
import { type FieldError, fieldForbidden, invalid, required, tooMany } from "../../machinery/meta/field-error.ts";
import { compareTexts, quantityOrZero, showQuantity } from "../common/quantities.ts";
import type { CapacityRequestPolicyRange, DeviceCapacity } from "./v1-types.ts";

const MAX_VALUES = 10;
const NANO_PER_UNIT = 1_000_000_000n;

function checkValues(
  errors: FieldError[],
  values: readonly string[],
  path: string,
  { chosen, most }: { chosen: string; most: string },
): void {
  values.slice(1).forEach((value, i) => {
    if (compareTexts(values[i], value) > 0) {
      errors.push(invalid(`${path}[${i + 1}]`, showQuantity(value), "values must be sorted in ascending order"));
    }
  });
  if (values.length > MAX_VALUES) errors.push(tooMany(path, values.length, MAX_VALUES));
  else {
    values.forEach((value, i) => {
      if (compareTexts(value, most) <= 0) return;
      const detail = `option is larger than capacity value: ${showQuantity(most)}`;
      errors.push(invalid(`${path}[${i}]`, showQuantity(value), detail));
    });
    values.forEach((value, i) => {
      if (values.findIndex((other) => compareTexts(other, value) === 0) === i) return;
      const shown = String(quantityOrZero(value) / NANO_PER_UNIT);
      errors.push({ reason: "FieldValueDuplicate", field: `${path}[${i}]`, message: `Duplicate value: "${shown}"` });
    });
  }
  if (!values.some((value) => compareTexts(value, chosen) === 0)) {
    errors.push(invalid(path, showQuantity(chosen), "default value is not valid according to the requestPolicy"));
  }
}

function checkRange(
  errors: FieldError[],
  { min, max, step }: CapacityRequestPolicyRange,
  path: string,
  { chosen, most }: { chosen: string; most: string },
): void {
  if (min === undefined) {
    errors.push(required(`${path}.min`, "required when validRange is defined"));
    return;
  }
  const say = (field: string, value: string, detail: string): void => {
    errors.push(invalid(`${path}.${field}`, showQuantity(value), detail));
  };
  const limit = showQuantity(most);
  if (compareTexts(min, most) > 0) say("min", min, `min is larger than capacity value: ${limit}`);
  if (compareTexts(chosen, min) < 0) say("min", chosen, `default is less than min: ${showQuantity(min)}`);
  if (max !== undefined) {
    if (compareTexts(min, max) > 0) say("max", min, `min is larger than max: ${showQuantity(max)}`);
    if (compareTexts(max, most) > 0) say("max", max, `max is larger than capacity value: ${limit}`);
    if (compareTexts(chosen, max) > 0) say("max", chosen, `default is more than max: ${showQuantity(max)}`);
  }
  if (step === undefined) return;
  const [first, by] = [quantityOrZero(min), quantityOrZero(step)];
  if (by <= 0n) {
    say("step", step, "must be greater than zero");
    return;
  }
  if (first + by > quantityOrZero(most)) {
    const reached = showQuantity(`${first + by}n`);
    say("step", step, `one step ${reached} is larger than capacity value: ${limit}`);
  }
  for (const value of max === undefined ? [chosen] : [chosen, max]) {
    if ((quantityOrZero(value) - first) % by === 0n) continue;
    say("step", value, `value is not a multiple of a given step (${showQuantity(step)}) from (${showQuantity(min)})`);
  }
}

export function checkCapacity(
  errors: FieldError[],
  { value: most, requestPolicy }: DeviceCapacity,
  path: string,
): void {
  if (!requestPolicy) return;
  const at = `${path}.requestPolicy`;
  const { default: chosen, validValues = [], validRange } = requestPolicy;
  if (validValues.length > 0 && validRange) {
    const detail =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    errors.push(fieldForbidden(at, detail));
  } else if (validValues.length > 0) {
    if (chosen === undefined) errors.push(required(`${at}.default`, "required when validValues is defined"));
    else checkValues(errors, validValues, `${at}.validValues`, { chosen, most });
  } else if (validRange) {
    if (chosen === undefined) errors.push(required(`${at}.default`, "required when validRange is defined"));
    else checkRange(errors, validRange, `${at}.validRange`, { chosen, most });
  }
}
