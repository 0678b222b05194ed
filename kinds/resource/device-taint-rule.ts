/** DeviceTaintRule, which taints devices from outside their driver. Source: KEP-5055. */
import { type FieldError, tooMany } from "../../machinery/meta/field-error.ts";
import { checkLabel } from "../common/checks.ts";
import { checkConditions } from "../common/conditions.ts";
import { age, nameOf, since } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import type { DeviceTaintRule, DeviceTaintRuleSpec } from "../generated/api/resource-v1beta2.ts";
import type { Strategy } from "../kind.ts";
import { checkDriverName, checkPoolName } from "./names.ts";
import { checkTaint } from "./taints.ts";

const MAX_CONDITIONS = 8;

function checkSpec({ taint, deviceSelector }: DeviceTaintRuleSpec, before?: DeviceTaintRuleSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { driver, pool, device } = deviceSelector ?? {};
  if (driver !== undefined) checkDriverName(errors, driver, "spec.deviceSelector.driver");
  if (pool !== undefined) checkPoolName(errors, pool, "spec.deviceSelector.pool");
  if (device !== undefined) checkLabel(errors, device, "spec.deviceSelector.device");
  checkTaint(errors, taint, "spec.taint", before?.taint);
  return errors;
}

export const deviceTaintRule: Strategy<DeviceTaintRule> = {
  generation: true,
  defaults(next) {
    next.spec ??= {} as DeviceTaintRuleSpec;
    next.spec.taint ??= {} as DeviceTaintRuleSpec["taint"];
    return next;
  },
  ...separateStatus<DeviceTaintRule>({
    keepsMetadata: true,
    check({ status }) {
      const errors: FieldError[] = [];
      const { conditions = [] } = status ?? {};
      checkConditions(errors, conditions, "status.conditions");
      if (conditions.length > MAX_CONDITIONS) {
        errors.push(tooMany("status.conditions", conditions.length, MAX_CONDITIONS));
      }
      return errors;
    },
  }),
  validateCreate: ({ spec }) => checkSpec(spec),
  validateUpdate: (next, prev) => checkSpec(next.spec, prev.spec),
  row: (object, nowMs) => {
    const { key = "", value = "", effect = "", timeAdded } = object.spec?.taint ?? {};
    return [nameOf(object), key, value, effect, timeAdded ? since(timeAdded, nowMs) : "", age(object, nowMs)];
  },
};
