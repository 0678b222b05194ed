/** PriorityLevelConfiguration. Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ */
import { deepEqual } from "../../machinery/meta/equality.ts";
import { type FieldError, fieldForbidden, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { checkRange } from "../common/checks.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { MANDATORY_LEVELS } from "./built-in.ts";
import { checkConditions } from "./rules.ts";
import type {
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from "./v1-types.ts";

const QUEUING = { handSize: 8, queues: 64, queueLengthLimit: 50 };
const DEFAULT_SHARES = 30;
const MAX_QUEUES = 10_000_000;
const MAX_HASH_BITS = 60;
const PATH = "spec.limited";

function defaults(next: PriorityLevelConfiguration): PriorityLevelConfiguration {
  next.spec ??= { type: "" };
  const { limited, exempt } = next.spec;
  if (exempt) {
    exempt.nominalConcurrencyShares ??= 0;
    exempt.lendablePercent ??= 0;
  }
  if (limited) {
    limited.nominalConcurrencyShares ??= DEFAULT_SHARES;
    limited.lendablePercent ??= 0;
    const queuing = limited.limitResponse?.queuing;
    if (queuing) {
      queuing.handSize ||= QUEUING.handSize;
      queuing.queues ||= QUEUING.queues;
      queuing.queueLengthLimit ||= QUEUING.queueLengthLimit;
    }
  }
  return next;
}

function checkQueuing(errors: FieldError[], queuing: QueuingConfiguration): void {
  const path = `${PATH}.limitResponse.queuing`;
  const { queueLengthLimit = 0, queues = 0, handSize = 0 } = queuing;
  if (queueLengthLimit <= 0) errors.push(invalid(`${path}.queueLengthLimit`, queueLengthLimit, "must be positive"));
  if (queues <= 0) errors.push(invalid(`${path}.queues`, queues, "must be positive"));
  else if (queues > MAX_QUEUES)
    errors.push(invalid(`${path}.queues`, queues, `must not be greater than ${MAX_QUEUES}`));
  if (handSize <= 0) errors.push(invalid(`${path}.handSize`, handSize, "must be positive"));
  else if (handSize > queues) {
    errors.push(invalid(`${path}.handSize`, handSize, `should not be greater than queues (${queues})`));
  } else if (entropyBits(queues, handSize) > MAX_HASH_BITS) {
    const detail = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`;
    errors.push(invalid(`${path}.handSize`, handSize, detail));
  }
}

/** Bits of a hash that dealing a hand of so many queues uses up. */
const entropyBits = (queues: number, handSize: number): number => Math.ceil(Math.log2(queues) * handSize);

function checkExempt(errors: FieldError[], exempt: NonNullable<PriorityLevelConfiguration["spec"]["exempt"]>): void {
  const { nominalConcurrencyShares: shares = 0, lendablePercent = 0 } = exempt;
  if (shares < 0) {
    errors.push(invalid("spec.exempt.nominalConcurrencyShares", shares, "must be a non-negative integer"));
  }
  checkRange(errors, lendablePercent, "spec.exempt.lendablePercent", 0, 100);
}

function checkLimited(errors: FieldError[], limited: LimitedPriorityLevelConfiguration): void {
  const shares = limited.nominalConcurrencyShares ?? 0;
  if (shares < 0) {
    errors.push(invalid(`${PATH}.nominalConcurrencyShares`, shares, "must be a non-negative integer"));
  }
  checkRange(errors, limited.lendablePercent ?? 0, `${PATH}.lendablePercent`, 0, 100);
  const borrowing = limited.borrowingLimitPercent;
  if (borrowing !== undefined && borrowing < 0) {
    const detail = "if specified, must be a non-negative integer";
    errors.push(invalid(`${PATH}.borrowingLimitPercent`, borrowing, detail));
  }
  const { type = "", queuing } = limited.limitResponse ?? {};
  const at = `${PATH}.limitResponse`;
  if (type === "Queue") {
    if (queuing) checkQueuing(errors, queuing);
    else errors.push(required(`${at}.queuing`, "must not be empty if limitResponse.type is Limited"));
  } else if (type !== "Reject") errors.push(notSupported(`${at}.type`, type, ["Queue", "Reject"]));
  else if (queuing)
    errors.push(fieldForbidden(`${at}.queuing`, "must be nil if limited.limitResponse.type is not Limited"));
}

function checkFixed(errors: FieldError[], { metadata, spec }: PriorityLevelConfiguration): void {
  const fixed = MANDATORY_LEVELS.find(({ metadata: { name } }) => name === metadata.name);
  if (!fixed) return;
  const isExempt = fixed.spec.type === "Exempt";
  const same = isExempt
    ? spec.type === "Exempt" && spec.limited === undefined
    : deepEqual(fixed.spec, JSON.parse(JSON.stringify(spec)));
  if (same) return;
  const what = isExempt ? " except the 'spec.exempt' field" : "";
  errors.push(invalid("spec", spec, `spec of '${metadata.name}'${what} must equal the fixed value`));
}

function validate(object: PriorityLevelConfiguration): FieldError[] {
  const { spec, metadata } = object;
  const errors: FieldError[] = [];
  if ((metadata.name === "exempt") !== (spec.type === "Exempt")) {
    errors.push(invalid("spec.type", spec.type ?? "", "type must be 'Exempt' if and only if `name` is 'exempt'"));
  }
  if (spec.type === "Limited") {
    if (spec.exempt) errors.push(fieldForbidden("spec.exempt", "must be nil if the type is Limited"));
    if (spec.limited) checkLimited(errors, spec.limited);
    else errors.push(required(PATH, "must not be empty when type is Limited"));
  } else if (spec.type === "Exempt") {
    if (spec.exempt) checkExempt(errors, spec.exempt);
    if (spec.limited) errors.push(fieldForbidden(PATH, "must be nil if the type is not Limited"));
  } else errors.push(notSupported("spec.type", spec.type ?? "", ["Exempt", "Limited"]));
  checkFixed(errors, object);
  checkConditions(errors, object.status?.conditions);
  return errors;
}

function row(object: PriorityLevelConfiguration, nowMs: number): Cell[] {
  const { type, limited } = object.spec;
  const queuing = limited?.limitResponse?.queuing;
  const text = (value: number | undefined): string => (value === undefined ? "<none>" : String(value));
  return [
    nameOf(object),
    type ?? "",
    text(limited?.nominalConcurrencyShares),
    text(queuing?.queues),
    text(queuing?.handSize),
    text(queuing?.queueLengthLimit),
    age(object, nowMs),
  ];
}

export const priorityLevelConfiguration: Strategy<PriorityLevelConfiguration> = {
  generation: true,
  defaults,
  ...separateStatus<PriorityLevelConfiguration>(),
  validate,
  row,
};
