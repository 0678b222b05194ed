/** ResourceQuota. Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import {
  checkNonNegativeQuantity,
  isWhole,
  type ResourceList,
  roundUpToMilli,
  showQuantity,
} from "../common/quantities.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { checkQuotaResourceName, isInteger } from "./pod-template/resource-names.ts";
import { checkQuotaScopes } from "./quota-scopes.ts";
import type { ResourceQuota } from "./v1-types.ts";

function checkAmounts(errors: FieldError[], amounts: ResourceList | undefined, path: string): void {
  for (const name of Object.keys(amounts ?? {})) {
    const at = `${path}[${name}]`;
    const text = amounts?.[name] ?? "";
    checkQuotaResourceName(errors, name, at);
    const value = checkNonNegativeQuantity(errors, text, at);
    if (value !== undefined && isInteger(name) && !isWhole(value)) {
      errors.push(invalid(at, showQuantity(text), "must be an integer"));
    }
  }
}

function row(object: ResourceQuota, nowMs: number): Cell[] {
  const { hard = {}, used = {} } = object.status ?? {};
  const names = Object.keys(hard).sort();
  const text = (wanted: readonly string[]): string =>
    wanted.map((name) => `${name}: ${showQuantity(used[name])}/${showQuantity(hard[name])}`).join(", ");
  const isLimit = (name: string): boolean => name.startsWith("limits.");
  return [
    nameOf(object),
    text(names.filter((name) => !isLimit(name))),
    text(names.filter(isLimit)),
    age(object, nowMs),
  ];
}

const sorted = (scopes: readonly string[] | undefined): string[] => [...new Set(scopes)].sort();

export const resourceQuota: Strategy<ResourceQuota> = {
  defaults(next) {
    next.spec ??= {};
    roundUpToMilli(next.spec.hard);
    return next;
  },
  ...separateStatus<ResourceQuota>({
    check({ status }) {
      const errors: FieldError[] = [];
      checkAmounts(errors, status?.hard, "status.hard");
      checkAmounts(errors, status?.used, "status.used");
      return errors;
    },
  }),
  validate({ spec }) {
    const errors: FieldError[] = [];
    checkAmounts(errors, spec.hard, "spec.hard");
    checkQuotaScopes(errors, spec);
    return errors;
  },
  validateUpdate(next, prev) {
    if (same(sorted(next.spec.scopes), sorted(prev.spec.scopes))) return [];
    return [invalid("spec.scopes", next.spec.scopes ?? null, "field is immutable")];
  },
  row,
};
