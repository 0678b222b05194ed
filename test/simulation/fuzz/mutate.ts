/** Ways to spoil a value, a text and bytes. */
import type { Random } from "../store-random.ts";

type Container = unknown[] | { [key: string]: unknown };

/** What strangers put where something else belongs. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  -(2 ** 63),
  2 ** 31,
  "",
  " ",
  "null",
  "__proto__",
  "constructor",
  "-1",
  "1e1000",
  "99999999999999999999999999999",
  "\u0000",
  "\ud800",
  "\uFEFF",
  "😀".repeat(100),
  "a".repeat(300),
  "a/b/c",
  "../..",
  "2026-13-45T00:00:00Z",
  "10.0.0.256",
  "::ffff:1.2.3.4",
  "0x10",
  "1Ki1",
  "===",
  [],
  {},
  [null],
  [[]],
  [{}],
  { "": "" },
  { a: null },
  { $patch: "delete" },
  { $patch: "replace" },
  { $retainKeys: ["a"] },
];

const ODD_KEYS = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  "$patch",
  "$retainKeys",
  "$deleteFromPrimitiveList/finalizers",
  "$setElementOrder/containers",
  "Name",
  "metadata.name",
  "a".repeat(400),
  "\u0000",
];

const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null;

/** A place somewhere in a value, reached by choosing at random which way to go. */
function somePlace(random: Random, root: Container): { container: Container; key: string | number } | undefined {
  let container = root;
  for (;;) {
    const keys = Array.isArray(container) ? [...container.keys()] : Object.keys(container);
    if (keys.length === 0) return undefined;
    const key = random.pick<string | number>(keys);
    const inner = (container as { [key: string]: unknown })[key];
    if (!isContainer(inner) || random.chance(0.2)) return { container, key };
    container = inner;
  }
}

const setAt = (container: Container, key: string | number, value: unknown): void => {
  Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
};

/** A parsed value, changed in place. */
export function mutateValue(random: Random, root: unknown): unknown {
  if (!isContainer(root) || random.chance(0.01)) return structuredClone(random.pick(ODD_VALUES));
  const place = somePlace(random, root);
  if (!place) return root;
  const { container, key } = place;
  const inner = (container as { [key: string]: unknown })[key];
  switch (random.below(9)) {
    case 0:
    case 1:
    case 2:
      setAt(container, key, structuredClone(random.pick(ODD_VALUES)));
      break;
    case 3:
      if (Array.isArray(container)) container.splice(Number(key), 1);
      else delete container[key];
      break;
    case 4:
      if (Array.isArray(container)) container.push(structuredClone(inner));
      else setAt(container, random.pick(ODD_KEYS), structuredClone(inner));
      break;
    case 5:
      if (isContainer(inner) && !Array.isArray(inner))
        setAt(inner, random.pick(ODD_KEYS), structuredClone(random.pick(ODD_VALUES)));
      else setAt(container, key, [structuredClone(inner)]);
      break;
    case 6: {
      const other = somePlace(random, root);
      if (other) setAt(container, key, structuredClone((other.container as { [key: string]: unknown })[other.key]));
      break;
    }
    case 7:
      if (typeof inner === "string") setAt(container, key, mutateText(random, inner));
      else if (typeof inner === "number")
        setAt(container, key, random.pick([-inner, inner + 1, inner * 1e6, String(inner)]));
      else if (Array.isArray(inner)) inner.push(structuredClone(random.pick(ODD_VALUES)));
      break;
    case 8:
      if (Array.isArray(inner) && inner.length > 0)
        inner.push(...Array.from({ length: random.below(40) }, () => structuredClone(inner[0])));
      else setAt(container, key, nested(random, inner));
      break;
  }
  return root;
}

function nested(random: Random, value: unknown): unknown {
  let outer = structuredClone(value);
  for (let depth = random.below(30); depth > 0; depth--) outer = random.chance(0.5) ? [outer] : { a: outer };
  return outer;
}

const ODD_TEXTS = [
  "\u0000",
  "\uFFFD",
  "\ud83d",
  "'",
  '"',
  "\\",
  "\\u0000",
  "\\ud800",
  "\n",
  ",",
  ":",
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  "=",
  "!",
  "%",
  "&a",
  "*a",
  "<<: *a",
  "---\n",
  "!!binary ",
  "\t",
  "1e999",
  "-0",
  "NaN",
  "__proto__",
  "~1",
  "/-",
  "/0",
  "//",
];

/** A text with a piece cut out, doubled, put in or exchanged. */
export function mutateText(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const length = random.below(Math.min(16, text.length - at + 1));
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + length);
    case 2:
      return text.slice(0, at) + text.slice(at, at + length).repeat(1 + random.below(5)) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(ODD_TEXTS) + text.slice(at);
    case 4:
      return text.slice(0, at) + random.pick(ODD_TEXTS) + text.slice(at + length);
    default:
      return (
        text.slice(0, at) + String.fromCharCode(random.below(random.chance(0.8) ? 128 : 65_536)) + text.slice(at + 1)
      );
  }
}

/** Deep, long and repeated texts that only their form makes bad. */
export function hugeText(random: Random): string {
  const depth = 10 + random.below(random.chance(0.2) ? 20_000 : 500);
  return random.pick([
    () => "[".repeat(depth),
    () => "[".repeat(depth) + "]".repeat(depth),
    () => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
    () => `{"metadata":{"annotations":{"a":"${"x".repeat(depth * 40)}"}}}`,
    () => `{${Array.from({ length: depth }, (_, i) => `"k${i % 50}":${i}`).join(",")}}`,
    () => `{"a":${"9".repeat(depth)}}`,
    () => `"${"\\".repeat(depth)}`,
    () =>
      `a: &a [x]\n${Array.from({ length: Math.min(depth, 30) }, (_, i) => `${"bcdefghijklmnopqrstuvwxyzABCDEF"[i]}: &${"bcdefghijklmnopqrstuvwxyzABCDEF"[i]} [${`*${"abcdefghijklmnopqrstuvwxyzABCDEF"[i]},`.repeat(9)}]\n`).join("")}`,
    () => "- ".repeat(Math.min(depth, 5000)),
    () => `${"a:\n ".repeat(3)}${" ".repeat(depth)}b: c`,
  ])();
}

/** A few bytes flipped, cut off or put in. */
export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  switch (random.below(4)) {
    case 0:
      return bytes.slice(0, at);
    case 1: {
      const copy = bytes.slice();
      for (let i = 1 + random.below(4); i > 0; i--) copy[random.below(copy.length)] = random.below(256);
      return copy;
    }
    case 2:
      return Uint8Array.from([
        ...bytes.slice(0, at),
        ...Array.from({ length: random.below(12) }, () => random.pick([0, 0x80, 0xff, 0x7f, 0x0a, random.below(256)])),
        ...bytes.slice(at),
      ]);
    default:
      return Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at + random.below(8))]);
  }
}
