/** cel-go's strings extension, version 2, as Kubernetes enables it. Positions count code points. */
import { DYN, INT, listOf, STRING } from "../types.ts";
import { CelError, type Value } from "../values.ts";
import { overProduct, overResult, overText, overTextTwice } from "./cost.ts";
import { formatText } from "./format-text.ts";
import { global, member, type Overload } from "./function.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

/** What JavaScript's trim leaves or takes differs: this is Unicode's White_Space. */
const SPACE = "[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const IS_SPACE = new RegExp(SPACE);

/** By hand: a pattern for spaces at the end begins anew at each space in between. */
function trim(text: Any): string {
  let [start, end] = [0, text.length];
  while (start < end && IS_SPACE.test(text[start]!)) start++;
  while (end > start && IS_SPACE.test(text[end - 1]!)) end--;
  return text.slice(start, end);
}

const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());

const outOfRange = (index: bigint): never => {
  throw new CelError(`index out of range: ${index}`);
};

function charAt(text: string, index: bigint): string {
  const chars = [...text];
  if (index < 0n || index > BigInt(chars.length)) return outOfRange(index);
  return chars[Number(index)] ?? "";
}

function indexOf(text: string, part: string, offset: bigint): bigint {
  const chars = [...text];
  if (offset < 0n || offset > BigInt(chars.length)) return outOfRange(offset);
  if (part === "") return offset;
  const wanted = [...part];
  for (let i = Number(offset); i + wanted.length <= chars.length; i++) {
    if (wanted.every((char, k) => chars[i + k] === char)) return BigInt(i);
  }
  return -1n;
}

function lastIndexOf(text: string, part: string, offset?: bigint): bigint {
  const chars = [...text];
  const from = offset ?? BigInt(chars.length);
  if (offset !== undefined && (offset < 0n || offset >= BigInt(chars.length))) {
    if (!(part === "" && offset === BigInt(chars.length))) return outOfRange(offset);
  }
  if (part === "") return from;
  const wanted = [...part];
  for (let i = Math.min(Number(from), chars.length - wanted.length); i >= 0; i--) {
    if (wanted.every((char, k) => chars[i + k] === char)) return BigInt(i);
  }
  return -1n;
}

function substring(text: string, start: bigint, end?: bigint): string {
  const chars = [...text];
  const length = BigInt(chars.length);
  const to = end ?? length;
  if (start < 0n || start > length) return outOfRange(start);
  if (to < 0n || to > length) return outOfRange(to);
  if (start > to) throw new CelError(`invalid substring range. start: ${start}, end: ${to}`);
  return chars.slice(Number(start), Number(to)).join("");
}

/** Texts made may be far longer than those they are made of. */
const MAX_LENGTH = 10_000_000;

function replace(text: string, from: string, { to, limit }: { to: string; limit: bigint }): string {
  if (limit === 0n) return text;
  const parts = from === "" ? [...text] : text.split(from);
  const count = from === "" ? parts.length + 1 : parts.length - 1;
  const times = limit < 0n || limit > BigInt(count) ? count : Number(limit);
  if (text.length + times * to.length > MAX_LENGTH) throw new CelError("the text would be too long");
  if (from === "") {
    return [...parts, ""].map((char, i) => (i < times ? to : "") + char).join("");
  }
  return [parts.slice(0, times + 1).join(to), ...parts.slice(times + 1)].join(from);
}

function split(text: string, separator: string, limit: bigint): string[] {
  if (limit === 0n) return [];
  const parts = separator === "" ? [...text] : text.split(separator);
  if (limit < 0n || limit >= BigInt(parts.length)) return parts;
  const kept = Number(limit);
  return [...parts.slice(0, kept - 1), parts.slice(kept - 1).join(separator)];
}

const textsOf = (list: readonly Value[]): string[] =>
  list.map((each) => {
    if (typeof each !== "string") throw new CelError("no such overload");
    return each;
  });

function join(list: readonly Value[], by: string): string {
  const texts = textsOf(list);
  const length = texts.reduce((sum, text) => sum + text.length, by.length * Math.max(texts.length - 1, 0));
  if (length > MAX_LENGTH) throw new CelError("the text would be too long");
  return texts.join(by);
}

export const STRINGS: readonly Overload[] = [
  member("charAt", [STRING, INT], STRING, (text: Any, at: Any) => charAt(text, at)),
  member("indexOf", [STRING, STRING], INT, (text: Any, part: Any) => indexOf(text, part, 0n), { cost: overProduct }),
  member("indexOf", [STRING, STRING, INT], INT, (text: Any, part: Any, at: Any) => indexOf(text, part, at), {
    cost: overProduct,
  }),
  member("lastIndexOf", [STRING, STRING], INT, (text: Any, part: Any) => lastIndexOf(text, part), {
    cost: overProduct,
  }),
  member("lastIndexOf", [STRING, STRING, INT], INT, (text: Any, part: Any, at: Any) => lastIndexOf(text, part, at), {
    cost: overProduct,
  }),
  member("lowerAscii", [STRING], STRING, (text: Any) => lower(text), { cost: overText }),
  member("upperAscii", [STRING], STRING, (text: Any) => upper(text), { cost: overText }),
  member("trim", [STRING], STRING, trim, { cost: overText }),
  member("substring", [STRING, INT], STRING, (text: Any, start: Any) => substring(text, start), { cost: overText }),
  member("substring", [STRING, INT, INT], STRING, (text: Any, start: Any, end: Any) => substring(text, start, end), {
    cost: overText,
  }),
  member(
    "replace",
    [STRING, STRING, STRING],
    STRING,
    (text: Any, from: Any, to: Any) => replace(text, from, { to, limit: -1n }),
    { cost: overTextTwice },
  ),
  member(
    "replace",
    [STRING, STRING, STRING, INT],
    STRING,
    (text: Any, from: Any, to: Any, limit: Any) => replace(text, from, { to, limit }),
    { cost: overTextTwice },
  ),
  member("split", [STRING, STRING], listOf(STRING), (text: Any, by: Any) => split(text, by, -1n), {
    cost: overTextTwice,
  }),
  member("split", [STRING, STRING, INT], listOf(STRING), (text: Any, by: Any, limit: Any) => split(text, by, limit), {
    cost: overTextTwice,
  }),
  member("join", [listOf(STRING)], STRING, (list: Any) => join(list, ""), { resultCost: overResult }),
  member("join", [listOf(STRING), STRING], STRING, (list: Any, by: Any) => join(list, by), { resultCost: overResult }),
  member("format", [STRING, listOf(DYN)], STRING, (text: Any, args: Any) => formatText(text, args), {
    resultCost: overResult,
  }),
  global("strings.quote", [STRING], STRING, (text: Any) => quote(text), { cost: overText }),
];

const QUOTED: { readonly [char: string]: string } = {
  ...{ "\x07": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v" },
  ...{ "\\": "\\\\", '"': '\\"' },
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is written otherwise
const QUOTABLE = /[\x07\b\f\n\r\t\v\\"]/g;

const quote = (text: string): string => `"${text.toWellFormed().replace(QUOTABLE, (char) => QUOTED[char]!)}"`;
