/** The syntax tree of an expression, macros expanded. `at` is the offset in the source, in UTF-16 units. */
import type { CelType } from "./types.ts";
import type { Value } from "./values.ts";

export type Node =
  | { kind: "const"; at: number; value: Value; type: CelType }
  | { kind: "ident"; at: number; name: string }
  | { kind: "select"; at: number; operand: Node; field: string; testOnly: boolean }
  | { kind: "call"; at: number; name: string; target: Node | undefined; args: Node[] }
  | { kind: "list"; at: number; elements: { value: Node; optional: boolean }[] }
  | { kind: "map"; at: number; entries: { key: Node; value: Node; optional: boolean }[] }
  | { kind: "struct"; at: number; name: string; fields: { name: string; value: Node; optional: boolean }[] }
  | Comprehension;

/** A fold: what every macro that walks over a list or map becomes. */
export interface Comprehension {
  kind: "fold";
  at: number;
  range: Node;
  /** Element of a list or key of a map; with `second`: index or key. */
  first: string;
  /** Element or value. */
  second: string | undefined;
  accumulator: string;
  init: Node;
  /** Goes on while this is not false. */
  condition: Node;
  step: Node;
  result: Node;
}

/** What an expression may be at most; kinder limits than these serve nobody. */
export interface SourceLimits {
  /** UTF-16 units. */
  sourceLength: number;
  /** Depth of nesting. */
  depth: number;
}

/** One thing that is wrong with an expression, and where. */
export interface Issue {
  at: number;
  message: string;
}

export class CelSyntaxError extends Error {
  override name = "CelSyntaxError";
  readonly issue: Issue;

  constructor(message: string, at: number) {
    super(message);
    this.issue = { at, message };
  }
}

const MAX_SHOWN_LINE = 4_096;

/** As cel-go shows an issue: message, line and column, and the line with a mark below. */
export function formatIssue({ at, message }: Issue, source: string): string {
  const before = source.slice(0, at);
  const line = before.split("\n").length;
  const lineStart = before.lastIndexOf("\n") + 1;
  const column = [...source.slice(lineStart, at)].length;
  const end = source.indexOf("\n", lineStart);
  const text = source.slice(lineStart, end < 0 ? undefined : end).replaceAll("\t", " ");
  // Nobody looks for a mark below a line that long.
  if (text.length > MAX_SHOWN_LINE) return `ERROR: <input>:${line}:${column + 1}: ${message}`;
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${".".repeat(column)}^`;
}
