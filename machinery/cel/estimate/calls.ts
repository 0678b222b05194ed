/**
 * What a call costs at least and at most beside its arguments, and how large its result is. Whether rules may be stored
 * hangs on these numbers, so they are upstream's even where an evaluation is counted otherwise.
 * Source: cel-go's checker/cost.go and its extensions, and k8s.io/apiserver's estimates of Kubernetes' libraries
 */
import type { Node } from "../ast.ts";
import type { Overload } from "../functions/function.ts";
import type { CelType } from "../types.ts";
import { fixed, NOTHING, ONE, plus, type Range, scaled, times, UNKNOWN, union } from "./range.ts";

/** An operand: size of what it is, `undefined` where nobody knows. */
export interface Operand {
  readonly node: Node;
  readonly type: CelType;
  readonly size: Range | undefined;
  /** Of the elements of a list. */
  itemSize(): Range;
}

export interface CallCost {
  readonly cost: Range;
  readonly resultSize?: Range;
}

interface Call {
  /** Undefined for operators whose types no overload tells. */
  readonly overload: Overload | undefined;
  readonly target: Operand | undefined;
  readonly args: readonly Operand[];
}

const TEXT = 0.1;
const PATTERN = 0.25;
/** Bytes of an IP address. */
const ADDRESS: Range = { min: 4, max: 16 };
/** Letters of the longest pattern of a named format, and of the longest name of one. */
const MAX_FORMAT_PATTERN = 128;
const MAX_FORMAT_NAME = 64;
const AUTHORIZATION = 350_000;

const sizeOf = (operand: Operand | undefined): Range => operand?.size ?? UNKNOWN;
const overText = (size: Range): Range => scaled(size, TEXT);
const one = (): CallCost => ({ cost: ONE });

type Estimate = (call: Call) => CallCost | undefined;

const textKept: Estimate = ({ target }) => target && { cost: overText(sizeOf(target)), resultSize: sizeOf(target) };

const argumentKept: Estimate = ({ args: [text] }) => ({ cost: overText(sizeOf(text)), resultSize: sizeOf(text) });

const argumentOnly: Estimate = ({ args: [text] }) => ({ cost: overText(sizeOf(text)) });

/** Each element, and where these are texts, their letters. Of a text, its letters. */
const overElements: Estimate = ({ target }) => {
  if (!target) return undefined;
  const size = sizeOf(target);
  if (target.type.kind !== "list") return { cost: overText(size) };
  const { kind } = target.type.element;
  const each = kind === "string" || kind === "bytes" ? plus(ONE, overText(target.itemSize())) : ONE;
  return { cost: times(size, each) };
};

const matching = (text: Range, pattern: Range): Range => times(overText(plus(text, ONE)), scaled(pattern, PATTERN));

const found: Estimate = ({ target, args: [pattern] }) => {
  const text = sizeOf(target);
  return { cost: matching(text, sizeOf(pattern)), resultSize: { min: 0, max: text.max } };
};

const replaced: Estimate = ({ target, args: [from, to] }) => {
  const [text, old, put] = [sizeOf(target), sizeOf(from), sizeOf(to)];
  let [longest, kept] = [Math.ceil(text.max / old.min), 0];
  if (old.min === 0) [longest, kept] = [text.max + 1, text.max];
  else if (put.max <= old.min) [longest, kept] = [0, text.max];
  let [shortest, left] = [Math.ceil(text.min / old.max), 0];
  if (old.max === 0) [shortest, left] = [text.min + 1, text.min];
  else if (old.max <= put.min) [shortest, left] = [0, text.min];
  const resultSize = plus(times({ min: shortest, max: longest }, put), { min: left, max: kept });
  return { cost: scaled(text, 2 * TEXT), resultSize };
};

const split: Estimate = ({ target, args: [, limit] }) => {
  const text = sizeOf(target);
  const most = limit?.node.kind === "const" && typeof limit.node.value === "bigint" ? limit.node.value : undefined;
  // A limit below 0 is none, but Go reads it as one.
  const max = most === undefined ? text.max : most < 0n ? UNKNOWN.max : Number(most);
  return { cost: scaled(text, 2 * TEXT), resultSize: { min: 0, max } };
};

const joined: Estimate = ({ target, args: [separator] }) => {
  if (!target) return undefined;
  const list = sizeOf(target);
  let size = times(list, target.itemSize());
  if (separator) {
    const between = { min: Math.max(list.min - 1, 0), max: Math.max(list.max - 1, 0) };
    size = plus(size, times(sizeOf(separator), between));
  }
  return { cost: overText(size), resultSize: size };
};

/** A text must be read first. */
const parsed = ({ overload, args: [other] }: Call): Range =>
  overload?.params[1]?.kind === "string" ? overText(sizeOf(other)) : NOTHING;

const contained: Estimate = (call) => ({ cost: plus(overText(plus(ADDRESS, ADDRESS)), parsed(call)) });

const blockContained: Estimate = (call) => ({
  cost: plus(plus(plus(overText(plus(ADDRESS, ADDRESS)), overText(ADDRESS)), ONE), parsed(call)),
});

const product =
  (factor: number): Estimate =>
  ({ args: [a, b] }) => ({ cost: plus(scaled(times(sizeOf(a), sizeOf(b)), factor), ONE) });

/** Of what only Kubernetes knows how to compare. */
const sameOpaque: Estimate = ({ args: [a, b] }) => {
  if (a?.type.kind !== "opaque" || b?.type.kind !== "opaque" || a.type.name !== b.type.name) return undefined;
  switch (a.type.name) {
    case "kubernetes.URL":
      return { cost: overText({ min: 1, max: (b.size ?? ONE).max }) };
    case "kubernetes.NamedFormat":
      return { cost: overText({ min: 1, max: MAX_FORMAT_NAME }) };
    default:
      return { cost: ONE };
  }
};

const compared: Estimate = ({ args: [a, b] }) => {
  const max = Math.min(sizeOf(a).max, sizeOf(b).max);
  return { cost: overText({ min: max > 0 ? 1 : 0, max }) };
};

const ordered: Estimate = (call) => {
  const kind = call.overload?.params[0]?.kind;
  return kind === "string" || kind === "bytes" ? compared(call) : undefined;
};

const added: Estimate = ({ overload, args: [a, b] }) => {
  const kind = overload?.params[0]?.kind;
  const resultSize = plus(sizeOf(a), sizeOf(b));
  if (kind === "list") return { cost: ONE, resultSize };
  return kind === "string" || kind === "bytes" ? { cost: overText(resultSize), resultSize } : undefined;
};

const inList: Estimate = ({ overload, args: [, list] }) =>
  overload?.params[1]?.kind === "list" ? { cost: sizeOf(list) } : undefined;

const converted =
  (from: CelType["kind"], resize: (size: Range) => Range): Estimate =>
  ({ overload, args: [value] }) =>
    overload?.params[0]?.kind === from
      ? { cost: overText(sizeOf(value)), resultSize: resize(sizeOf(value)) }
      : undefined;

const each = (names: readonly string[], estimate: Estimate): [string, Estimate][] =>
  names.map((name) => [name, estimate]);

const ESTIMATES: ReadonlyMap<string, Estimate> = new Map([
  ...each(["check"], () => ({ cost: fixed(AUTHORIZATION) })),
  ...each(["fieldSelector", "labelSelector"], argumentOnly),
  ...each(["isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"], overElements),
  ...each(["url", "jsonpatch.escapeKey"], argumentKept),
  ...each(["lowerAscii", "upperAscii", "substring", "trim"], textKept),
  ...each(["replace"], replaced),
  ...each(["split"], split),
  ...each(["join"], joined),
  ...each(["find", "findAll"], found),
  ...each(["containsIP"], contained),
  ...each(["containsCIDR"], blockContained),
  ...each(["validate"], ({ args: [text] }) => ({
    cost: scaled(overText(sizeOf(text)), MAX_FORMAT_PATTERN * PATTERN),
  })),
  ...each(["sets.contains", "sets.intersects"], product(1)),
  ...each(["sets.equivalent"], product(2)),
  ...each(["_==_"], (call) => sameOpaque(call) ?? compared(call)),
  ...each(["_!=_"], compared),
  ...each(["_<_", "_<=_", "_>_", "_>=_"], ordered),
  ...each(["_+_"], added),
  ...each(["@in"], inList),
  ...each(["startsWith", "endsWith"], argumentOnly),
  ...each(["contains"], ({ target, args: [part] }) => ({
    cost: times(overText(sizeOf(target)), overText(sizeOf(part))),
  })),
  // Of the form without a target upstream counts nothing.
  ...each(["matches"], ({ target, args: [pattern] }) => target && { cost: matching(sizeOf(target), sizeOf(pattern)) }),
  ...each(["format"], ({ target }) => ({ cost: overText(sizeOf(target)) })),
  ...each(
    ["bytes"],
    converted("string", ({ min, max }) => ({ min, max: max * 4 })),
  ),
  ...each(
    ["string"],
    converted("bytes", ({ min, max }) => ({ min: Math.floor(min / 4), max })),
  ),
  ...each(["strings.quote"], ({ args: [text] }) => ({
    cost: overText(sizeOf(text)),
    resultSize: { min: sizeOf(text).min + 2, max: sizeOf(text).max * 2 + 2 },
  })),
]);

/** Functions that are not named cost 1. */
export const estimateCall = (name: string, call: Call): CallCost => ESTIMATES.get(name)?.(call) ?? one();

/** Of `condition ? a : b`. */
export const eitherSize = (a: Range | undefined, b: Range | undefined): Range => union(a ?? UNKNOWN, b ?? UNKNOWN);
