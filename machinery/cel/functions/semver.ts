/** Kubernetes' semantic versions: `semver("1.2.3").isLessThan(semver("1.10.0"))`. Source: https://semver.org */
import { BOOL, INT, opaque, STRING } from "../types.ts";
import { CelError, MAX_INT, type OpaqueValue } from "../values.ts";
import { overText } from "./cost.ts";
import { global, member, type Overload } from "./function.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

const NAME = "kubernetes.Semver";
/** The type, for declaring variables. */
export const SEMVER_TYPE = opaque(NAME);
const SEMVER = SEMVER_TYPE;

const NUMBER = "(?:0|[1-9][0-9]*)";
const PART = "(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
const SHAPE = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${PART}(?:\\.${PART})*))?(?:\\+([0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*))?$`,
);

export class SemverValue implements OpaqueValue {
  readonly opaqueType = NAME;
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly before: readonly string[];

  constructor(numbers: readonly [bigint, bigint, bigint], before: readonly string[]) {
    this.numbers = numbers;
    this.before = before;
  }

  /** What follows a plus makes no difference. */
  equals(other: OpaqueValue): boolean {
    return other instanceof SemverValue && compareSemvers(this, other) === 0;
  }
}

/** Undefined: it is none. */
export function parseSemver(text: string): SemverValue | undefined {
  const shape = text.length <= 256 ? SHAPE.exec(text) : null;
  if (!shape) return undefined;
  const numbers = [BigInt(shape[1]!), BigInt(shape[2]!), BigInt(shape[3]!)] as const;
  return numbers.some((number) => number > MAX_INT) ? undefined : new SemverValue(numbers, shape[4]?.split(".") ?? []);
}

/** "v1.02" → "1.2.0". */
function normalized(text: string): string {
  const [, numbers = "", rest = ""] = /^v?([0-9.]*)(.*)$/s.exec(text) ?? [];
  const parts = numbers.split(".").map((part) => part.replace(/^0+(?=[0-9])/, ""));
  while (parts.length < 3) parts.push("0");
  return parts.join(".") + rest;
}

function read(text: string, normalize: boolean): SemverValue {
  const parsed = parseSemver(normalize ? normalized(text) : text);
  if (!parsed) throw new CelError(`No Major.Minor.Patch elements found`);
  return parsed;
}

export function compareSemvers(a: SemverValue, b: SemverValue): number {
  for (const i of [0, 1, 2] as const) {
    if (a.numbers[i] !== b.numbers[i]) return a.numbers[i] < b.numbers[i] ? -1 : 1;
  }
  if (a.before.length === 0 || b.before.length === 0) return Math.sign(b.before.length - a.before.length);
  for (let i = 0; i < Math.min(a.before.length, b.before.length); i++) {
    const order = compareParts(a.before[i]!, b.before[i]!);
    if (order !== 0) return order;
  }
  return Math.sign(a.before.length - b.before.length);
}

function compareParts(a: string, b: string): number {
  const [isA, isB] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (isA !== isB) return isA ? -1 : 1;
  if (!isA) return a < b ? -1 : a > b ? 1 : 0;
  return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
}

const is = (text: string, normalize: boolean): boolean =>
  parseSemver(normalize ? normalized(text) : text) !== undefined;

export const SEMVERS: readonly Overload[] = [
  global("semver", [STRING], SEMVER, (text: Any) => read(text, false), { cost: overText }),
  global("semver", [STRING, BOOL], SEMVER, (text: Any, normalize: Any) => read(text, normalize), { cost: overText }),
  global("isSemver", [STRING], BOOL, (text: Any) => is(text, false), { cost: overText }),
  global("isSemver", [STRING, BOOL], BOOL, (text: Any, normalize: Any) => is(text, normalize), { cost: overText }),
  member("major", [SEMVER], INT, (value: Any) => value.numbers[0]),
  member("minor", [SEMVER], INT, (value: Any) => value.numbers[1]),
  member("patch", [SEMVER], INT, (value: Any) => value.numbers[2]),
  member("isLessThan", [SEMVER, SEMVER], BOOL, (a: Any, b: Any) => compareSemvers(a, b) < 0),
  member("isGreaterThan", [SEMVER, SEMVER], BOOL, (a: Any, b: Any) => compareSemvers(a, b) > 0),
  member("compareTo", [SEMVER, SEMVER], INT, (a: Any, b: Any) => BigInt(compareSemvers(a, b))),
];
