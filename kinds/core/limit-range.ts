/** LimitRange. Source: https://kubernetes.io/docs/concepts/policy/limit-range/ */
import { duplicate, type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { qualifiedName } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import { compareTexts, quantityOrZero, type ResourceList, roundUpToMilli, showQuantity } from "../common/quantities.ts";
import { nameOf } from "../common/rows.ts";
import type { Strategy } from "../kind.ts";
import { checkContainerResourceName, checkResourceName, isOvercommitAllowed } from "./pod-template/resource-names.ts";
import type { LimitRange, LimitRangeItem } from "./v1-types.ts";

const TYPES = ["Pod", "Container", "PersistentVolumeClaim"];
const LISTS = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;
const ONE = quantityOrZero("1");

/** What `from` has and `to` has not. */
function fill(to: ResourceList | undefined, from: ResourceList | undefined): ResourceList | undefined {
  return from ? { ...from, ...to } : to;
}

function defaultItem(item: LimitRangeItem): void {
  for (const list of LISTS) roundUpToMilli(item[list]);
  if (item.type !== "Container") return;
  const limits = fill(item.default, item.max);
  if (limits) item.default = limits;
  const requests = fill(fill(item.defaultRequest, limits), item.min);
  if (requests) item.defaultRequest = requests;
}

function checkNames(errors: FieldError[], item: LimitRangeItem, path: string): void {
  const check = item.type === "Pod" || item.type === "Container" ? checkContainerResourceName : checkResourceName;
  for (const list of LISTS) {
    if (item.type === "Pod" && (list === "default" || list === "defaultRequest")) {
      if (Object.keys(item[list] ?? {}).length === 0) continue;
      errors.push(fieldForbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"));
    } else {
      for (const name of Object.keys(item[list] ?? {})) check(errors, name, `${path}.${list}[${name}]`);
    }
  }
}

/** What must not be greater than what. `blamed` says whose path and whose value the error shows. */
const ORDERS: readonly {
  low: (typeof LISTS)[number];
  high: (typeof LISTS)[number];
  text: readonly [string, string];
  blamed: { path: (typeof LISTS)[number]; value: "low" | "high" };
}[] = [
  { low: "min", high: "max", text: ["min", "max"], blamed: { path: "min", value: "low" } },
  {
    low: "min",
    high: "defaultRequest",
    text: ["min", "default request"],
    blamed: { path: "defaultRequest", value: "high" },
  },
  {
    low: "defaultRequest",
    high: "max",
    text: ["default request", "max"],
    blamed: { path: "defaultRequest", value: "low" },
  },
  {
    low: "defaultRequest",
    high: "default",
    text: ["default request", "default limit"],
    blamed: { path: "defaultRequest", value: "low" },
  },
  { low: "min", high: "default", text: ["min", "default"], blamed: { path: "default", value: "low" } },
  { low: "default", high: "max", text: ["default", "max"], blamed: { path: "default", value: "high" } },
];

function checkOrder(errors: FieldError[], item: LimitRangeItem, name: string, path: string): void {
  for (const { low, high, text, blamed } of ORDERS) {
    const [small, large] = [item[low]?.[name], item[high]?.[name]];
    if (small === undefined || large === undefined || compareTexts(small, large) <= 0) continue;
    const detail = `${text[0]} value ${showQuantity(small)} is greater than ${text[1]} value ${showQuantity(large)}`;
    const shown = showQuantity(blamed.value === "low" ? small : large);
    errors.push(invalid(`${path}.${blamed.path}[${name}]`, shown, detail));
  }
  checkRatio(errors, item, name, path);
  const [limit, request] = [item.default?.[name], item.defaultRequest?.[name]];
  if (limit === undefined || request === undefined || isOvercommitAllowed(name)) return;
  if (compareTexts(limit, request) === 0) return;
  const detail = `default value ${showQuantity(limit)} must equal to defaultRequest value ${showQuantity(request)} in ${name}`;
  errors.push(invalid(`${path}.defaultRequest[${name}]`, showQuantity(request), detail));
}

function checkRatio(errors: FieldError[], item: LimitRangeItem, name: string, path: string): void {
  const ratio = item.maxLimitRequestRatio?.[name];
  if (ratio === undefined) return;
  const at = `${path}.maxLimitRequestRatio[${name}]`;
  const value = quantityOrZero(ratio);
  if (value < ONE) errors.push(invalid(at, showQuantity(ratio), `ratio ${showQuantity(ratio)} is less than 1`));
  const [min, max] = [quantityOrZero(item.min?.[name]), quantityOrZero(item.max?.[name])];
  if (min <= 0n || max <= 0n) return;
  const most = Number(max) / Number(min);
  if (Number(value) / Number(ONE) > most) {
    const detail = `ratio ${showQuantity(ratio)} is greater than max/min = ${most.toFixed(6)}`;
    errors.push(invalid(at, showQuantity(ratio), detail));
  }
}

function checkType(errors: FieldError[], type: string, path: string): void {
  const messages = qualifiedName(type);
  addMessages(errors, path, type, messages);
  if (messages.length === 0 && !type.includes("/") && !TYPES.includes(type)) {
    errors.push(invalid(path, type, "must be a standard limit type or fully qualified"));
  }
}

function validate({ spec }: LimitRange): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  spec.limits?.forEach((item, i) => {
    const path = `spec.limits[${i}]`;
    const type = item.type ?? "";
    checkType(errors, type, `${path}.type`);
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
    checkNames(errors, item, path);
    if (type === "PersistentVolumeClaim" && item.min?.storage === undefined && item.max?.storage === undefined) {
      const detail = "either minimum or maximum storage value is required, but neither was provided";
      errors.push(required(`${path}.limits`, detail));
    }
    const names = new Set(LISTS.flatMap((list) => Object.keys(item[list] ?? {})));
    for (const name of names) checkOrder(errors, item, name, path);
  });
  return errors;
}

export const limitRange: Strategy<LimitRange> = {
  allowCreateOnUpdate: true,
  defaults(next) {
    next.spec ??= { limits: [] };
    for (const item of next.spec.limits ?? []) defaultItem(item);
    return next;
  },
  validate,
  row: (object) => [nameOf(object), object.metadata.creationTimestamp ?? null],
};
