/** Kubernetes' quantities: `quantity("1.5Gi").isGreaterThan(quantity("1Gi"))`. */
import { parseQuantity, quantityErrors } from "../../meta/quantity.ts";
import { BOOL, DOUBLE, INT, opaque, STRING } from "../types.ts";
import { CelError, MAX_INT, MIN_INT, type OpaqueValue } from "../values.ts";
import { overText } from "./cost.ts";
import { global, member, type Overload } from "./function.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

const NAME = "kubernetes.Quantity";
const QUANTITY = opaque(NAME);
const NANOS = 1_000_000_000n;

export class QuantityValue implements OpaqueValue {
  readonly opaqueType = NAME;
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof QuantityValue && other.nanos === this.nanos;
  }
}

/** The type, for declaring variables. */
export const QUANTITY_TYPE = QUANTITY;

export const quantityOf = (text: string): QuantityValue => new QuantityValue(parseQuantity(text));

function quantity(text: string): QuantityValue {
  const [problem] = quantityErrors(text, "");
  if (problem)
    throw new CelError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  return quantityOf(text);
}

function asInteger({ nanos }: QuantityValue): bigint {
  const whole = nanos / NANOS;
  if (nanos % NANOS !== 0n || whole > MAX_INT || whole < MIN_INT) throw new CelError("cannot convert value to integer");
  return whole;
}

const isInteger = ({ nanos }: QuantityValue): boolean =>
  nanos % NANOS === 0n && nanos / NANOS <= MAX_INT && nanos / NANOS >= MIN_INT;

const compare = (a: QuantityValue, b: QuantityValue): number => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0);
const plus = (a: QuantityValue, nanos: bigint): QuantityValue => new QuantityValue(a.nanos + nanos);

export const QUANTITIES: readonly Overload[] = [
  global("quantity", [STRING], QUANTITY, (text: Any) => quantity(text), { cost: overText }),
  global("isQuantity", [STRING], BOOL, (text: Any) => quantityErrors(text, "").length === 0, { cost: overText }),
  member("sign", [QUANTITY], INT, (value: Any) => BigInt(compare(value, new QuantityValue(0n)))),
  member("isInteger", [QUANTITY], BOOL, (value: Any) => isInteger(value)),
  member("asInteger", [QUANTITY], INT, (value: Any) => asInteger(value)),
  member("asApproximateFloat", [QUANTITY], DOUBLE, (value: Any) => Number(value.nanos) / 1e9),
  member("isLessThan", [QUANTITY, QUANTITY], BOOL, (a: Any, b: Any) => compare(a, b) < 0),
  member("isGreaterThan", [QUANTITY, QUANTITY], BOOL, (a: Any, b: Any) => compare(a, b) > 0),
  member("compareTo", [QUANTITY, QUANTITY], INT, (a: Any, b: Any) => BigInt(compare(a, b))),
  member("add", [QUANTITY, QUANTITY], QUANTITY, (a: Any, b: Any) => plus(a, b.nanos)),
  member("add", [QUANTITY, INT], QUANTITY, (a: Any, b: Any) => plus(a, (b as bigint) * NANOS)),
  member("sub", [QUANTITY, QUANTITY], QUANTITY, (a: Any, b: Any) => plus(a, 0n - (b.nanos as bigint))),
  member("sub", [QUANTITY, INT], QUANTITY, (a: Any, b: Any) => plus(a, (0n - (b as bigint)) * NANOS)),
];
