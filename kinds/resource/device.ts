/** A device of a ResourceSlice: attributes, capacity, counters, where it is. */
import {
  duplicate,
  type FieldError,
  fieldForbidden,
  invalid,
  required,
  tooLong,
  tooMany,
} from "../../machinery/meta/field-error.ts";
import { checkLabel, checkLabelName, checkSubdomain } from "../common/checks.ts";
import { checkList, checkSet } from "../common/lists.ts";
import { same } from "../common/same.ts";
import { checkNodeSelector } from "../core/pod-template/affinity.ts";
import { checkCapacity } from "./capacity.ts";
import { checkAttributeName } from "./names.ts";
import { checkTaint } from "./taints.ts";
import type { Counter, Device, DeviceAttribute, DeviceCounterConsumption } from "./v1-types.ts";

const MAX_ATTRIBUTES_AND_CAPACITIES = 32;
const MAX_ATTRIBUTE_TEXT = 64;
const MAX_TAINTS = 16;
const MAX_COUNTER_SETS = 2;
const MAX_COUNTERS = 32;
const MAX_BINDING_CONDITIONS = 4;

const NUMERIC = "(0|[1-9]\\d*)";
const PRE_RELEASE = "(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
const BUILD = "[0-9a-zA-Z-]+";
const SEMANTIC_VERSION = new RegExp(
  `^${NUMERIC}\\.${NUMERIC}\\.${NUMERIC}(-${PRE_RELEASE}(\\.${PRE_RELEASE})*)?(\\+${BUILD}(\\.${BUILD})*)?$`,
);

const VALUES = ["bool", "int", "string", "version"] as const;

function checkAttribute(errors: FieldError[], attribute: DeviceAttribute, path: string): void {
  const { string, version } = attribute;
  if (string !== undefined && string.length > MAX_ATTRIBUTE_TEXT) {
    errors.push(tooLong(`${path}.string`, MAX_ATTRIBUTE_TEXT));
  }
  if (version !== undefined) {
    const isShort = version.length <= MAX_ATTRIBUTE_TEXT;
    if (!isShort || !SEMANTIC_VERSION.test(version)) {
      if (isShort)
        errors.push(invalid(`${path}.version`, version, "must be a string compatible with semver.org spec 2.0.0"));
      else errors.push(tooLong(`${path}.version`, MAX_ATTRIBUTE_TEXT));
    }
  }
  const count = VALUES.filter((field) => attribute[field] !== undefined).length;
  if (count === 0) errors.push(invalid(path, "", "exactly one value must be specified"));
  if (count > 1) errors.push(invalid(path, attribute, "exactly one value must be specified"));
}

export function checkCounters(
  errors: FieldError[],
  counters: { [name: string]: Counter } | undefined,
  path: string,
): void {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) errors.push(required(path));
  else if (names.length > MAX_COUNTERS) errors.push(tooMany(path, names.length, MAX_COUNTERS));
  else for (const name of names) checkLabel(errors, name, path);
}

function checkConsumption(errors: FieldError[], consumption: DeviceCounterConsumption, path: string): void {
  if (!consumption.counterSet) errors.push(required(`${path}.counterSet`));
  else checkLabel(errors, consumption.counterSet, `${path}.counterSet`);
  checkCounters(errors, consumption.counters, `${path}.counters`);
}

/** Conditions that tell whether a device may be bound come in pairs with those that tell that it may not. */
export function checkBindingConditions(
  errors: FieldError[],
  { bindingConditions: good = [], bindingFailureConditions: bad = [] }: Partial<Device>,
  path: string,
): void {
  const lists = [
    ["bindingConditions", good],
    ["bindingFailureConditions", bad],
  ] as const;
  for (const [field, list] of lists) {
    checkList(errors, list, `${path}.${field}`, { max: MAX_BINDING_CONDITIONS, each: checkLabelName });
  }
  for (const [field, list] of lists) {
    list.forEach((condition, i) => {
      const at = `${path}.${field}[${i}]`;
      if (list.indexOf(condition) < i) errors.push(duplicate(at, condition));
      if (list === bad && good.includes(condition)) {
        errors.push(invalid(at, condition, "bindingFailureConditions must not overlap with bindingConditions"));
      }
    });
  }
  if (good.length === 0 && bad.length > 0) {
    const detail = "bindingConditions are required to use bindingFailureConditions";
    errors.push(invalid(`${path}.bindingConditions`, good, detail));
  }
  if (bad.length === 0 && good.length > 0) {
    const detail = "bindingFailureConditions are required to use bindingConditions";
    errors.push(invalid(`${path}.bindingFailureConditions`, bad, detail));
  }
}

const WHERE =
  "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
const ONLY_PER_DEVICE =
  "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec";

function checkWhere(errors: FieldError[], device: Device, path: string, isPerDevice: boolean): void {
  const { nodeName, nodeSelector, allNodes } = device;
  if (!isPerDevice) {
    if (nodeName !== undefined || nodeSelector || allNodes !== undefined) {
      errors.push(invalid(path, "null", ONLY_PER_DEVICE));
    }
    return;
  }
  const set: string[] = [];
  if (nodeName) {
    set.push("`nodeName`");
    checkSubdomain(errors, nodeName, `${path}.nodeName`);
  } else if (nodeName === "") errors.push(invalid(`${path}.nodeName`, "", "must not be empty"));
  if (nodeSelector) {
    set.push("`nodeSelector`");
    checkNodeSelector(errors, nodeSelector, `${path}.nodeSelector`);
  }
  if (allNodes) set.push("`allNodes`");
  else if (allNodes === false) errors.push(invalid(`${path}.allNodes`, false, "must be either unset or set to true"));
  if (set.length === 0) errors.push(required(path, WHERE));
  if (set.length > 1) errors.push(invalid(path, `{${set.join(", ")}}`, WHERE));
}

/** What has not changed since `before` is not looked at again. */
export function checkDevice(
  errors: FieldError[],
  device: Device,
  path: string,
  { before, isPerDevice }: { before: Device | undefined; isPerDevice: boolean },
): void {
  checkLabel(errors, device.name, `${path}.name`);
  const { attributes = {}, capacity = {} } = device;
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > MAX_ATTRIBUTES_AND_CAPACITIES) {
    const detail = `the total number of attributes and capacities must not exceed ${MAX_ATTRIBUTES_AND_CAPACITIES}`;
    errors.push(invalid(path, count, detail));
  }
  for (const [name, attribute] of Object.entries(attributes)) {
    checkAttributeName(errors, name, `${path}.attributes`);
    checkAttribute(errors, attribute, `${path}.attributes[${name}]`);
  }
  if (!before || !same(before.capacity, device.capacity)) {
    for (const [name, amount] of Object.entries(capacity)) {
      checkAttributeName(errors, name, `${path}.capacity`);
      const at = `${path}.capacity[${name}]`;
      if (device.allowMultipleAllocations) checkCapacity(errors, amount, at);
      else if (amount.requestPolicy) {
        errors.push(fieldForbidden(`${at}.requestPolicy`, "allowMultipleAllocations must be true"));
      }
    }
  }
  if (!before || !same(before.taints, device.taints)) {
    checkList(errors, device.taints, `${path}.taints`, {
      max: MAX_TAINTS,
      each: (found, taint, at) => checkTaint(found, taint, at),
    });
  }
  checkSet(errors, device.consumesCounters, `${path}.consumesCounters`, {
    max: MAX_COUNTER_SETS,
    key: ({ counterSet }) => counterSet,
    each: checkConsumption,
  });
  checkWhere(errors, device, path, isPerDevice);
  checkBindingConditions(errors, device, path);
}
