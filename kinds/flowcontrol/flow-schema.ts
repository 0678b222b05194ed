/** FlowSchema. Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ */
import { deepEqual } from "../../machinery/meta/equality.ts";
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages, checkOneOf, checkPresent } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { MANDATORY_SCHEMAS } from "./built-in.ts";
import { checkConditions, checkRule } from "./rules.ts";
import type { FlowSchema } from "./v1-types.ts";

const MAX_PRECEDENCE = 10_000;
const DEFAULT_PRECEDENCE = 1000;
const EXEMPT = "exempt";

function validate({ metadata, spec, status }: FlowSchema): FieldError[] {
  const errors: FieldError[] = [];
  const precedence = spec.matchingPrecedence ?? 0;
  const path = "spec.matchingPrecedence";
  if (precedence <= 0) errors.push(invalid(path, precedence, "must be a positive value"));
  if (precedence > MAX_PRECEDENCE) {
    errors.push(invalid(path, precedence, `must not be greater than ${MAX_PRECEDENCE}`));
  }
  if (precedence === 1 && metadata.name !== EXEMPT) {
    errors.push(invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  }
  if (spec.distinguisherMethod) {
    checkOneOf(errors, spec.distinguisherMethod.type, "spec.distinguisherMethod.type", ["ByNamespace", "ByUser"]);
  }
  const level = spec.priorityLevelConfiguration?.name;
  const at = "spec.priorityLevelConfiguration.name";
  if (checkPresent(errors, level, at, "must reference a priority level")) {
    addMessages(errors, at, level, dns1123Subdomain(level));
  }
  spec.rules?.forEach((rule, i) => {
    checkRule(errors, rule, `spec.rules[${i}]`);
  });
  const fixed = MANDATORY_SCHEMAS.find(({ metadata: { name } }) => name === metadata.name);
  if (fixed && !deepEqual(fixed.spec, withoutFalse(spec))) {
    errors.push(invalid("spec", spec, `spec of '${metadata.name}' must equal the fixed value`));
  }
  checkConditions(errors, status?.conditions);
  return errors;
}

/** The encoding leaves out what is false. */
const withoutFalse = (spec: FlowSchema["spec"]): FlowSchema["spec"] =>
  JSON.parse(JSON.stringify(spec), (_key, value) => (value === false ? undefined : value));

export const flowSchema: Strategy<FlowSchema> = {
  generation: true,
  defaults(next) {
    next.spec ??= { priorityLevelConfiguration: { name: "" } };
    next.spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
    return next;
  },
  ...separateStatus<FlowSchema>(),
  validate,
  row: (object, nowMs) => [
    nameOf(object),
    object.spec.priorityLevelConfiguration?.name ?? "",
    String(object.spec.matchingPrecedence ?? 0),
    object.spec.distinguisherMethod?.type ?? "<none>",
    age(object, nowMs),
    object.status?.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?",
  ],
};
