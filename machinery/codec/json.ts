/**
 * Reading JSON that strangers send. JSON.parse does the work; one scan before it finds what JSON.parse would hide:
 * fields given twice and nesting without end.
 */
import { setOwn } from "../meta/equality.ts";
import { ApiError } from "../meta/status.ts";
import { describeSyntaxError } from "./json-error.ts";

export interface ParsedJson {
  value: unknown;
  /**
   * Paths of fields given more than once ("spec.replicas"); the last one counts. At most MAX_DUPLICATES. YAML has the
   * lines instead: `line 7: key "replicas" already set in map`.
   */
  duplicateFields: string[];
}

const YAML_LINE = /^line \d+: key /;

/** What strict decoding says of these: Go's YAML reader makes one error of all, its JSON reader one of each. */
export function strictErrors(duplicateFields: readonly string[]): string[] {
  const lines = duplicateFields.filter((text) => YAML_LINE.test(text));
  const paths = duplicateFields.filter((text) => !YAML_LINE.test(text)).map((path) => `duplicate field "${path}"`);
  return lines.length > 0 ? [`yaml: unmarshal errors:\n  ${lines.join("\n  ")}`, ...paths] : paths;
}

/** The same as warnings, which are told line by line. */
export const duplicateWarnings = (duplicateFields: readonly string[]): string[] =>
  duplicateFields.map((text) => (YAML_LINE.test(text) ? text : `duplicate field "${text}"`));

/**
 * Go's encoding/json stops at 10,000, and has a stack that grows. Objects of Kubernetes' own kinds are at most some
 * thirty levels deep, and what is deeper than this would end a Worker's stack in whoever walks through it.
 */
export const MAX_DEPTH = 500;
export const MAX_DUPLICATES = 100;

/** @throws ApiError 400 with the message of Go's decoder */
export function parseJson(text: string): ParsedJson {
  const duplicateFields = scan(text);
  try {
    const value: unknown = JSON.parse(text);
    return { value: MAY_BE_LONE.test(text) ? wellFormed(value) : value, duplicateFields };
  } catch (error) {
    if (error instanceof SyntaxError) throw new ApiError(400, "BadRequest", describeSyntaxError(text));
    throw error;
  }
}

/** Half of a character written as an escape; raw halves cannot come out of UTF-8. */
const MAY_BE_LONE = /\\u[dD][89a-fA-F]/;

/** The value with U+FFFD for every half of a character, as Go's decoder reads them: no store and no URL could hold it. */
export function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  const fields: { [key: string]: unknown } = {};
  for (const [key, inner] of Object.entries(value)) setOwn(fields, key.toWellFormed(), wellFormed(inner));
  return fields;
}

/** Levels of objects and lists in a value. Without recursion: it is asked of values that may be too deep for that. */
export function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  for (let depth = 0; ; depth++) {
    const inner: unknown[] = [];
    let isContainer = false;
    for (const one of level) {
      if (typeof one !== "object" || one === null) continue;
      isContainer = true;
      for (const field of Array.isArray(one) ? one : Object.values(one)) inner.push(field);
    }
    if (!isContainer) return depth;
    level = inner;
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;

/** An object or list being scanned. */
interface Level {
  /** Keys seen; undefined for a list. A list of few keys is searched faster than a set is made. */
  keys: string[] | undefined;
  many: Set<string> | undefined;
  /** Of an object: the key we are at. */
  key: string;
  /** Of a list: the index we are at. */
  index: number;
}

const FEW_KEYS = 8;

/**
 * Finds duplicate fields and too much depth, on the assumption that the text is JSON (JSON.parse will tell). Looks at
 * each character once; keys are cut out, values are not.
 */
function scan(text: string): string[] {
  const duplicates: string[] = [];
  const before: string[] = [];
  const stack: Level[] = [];
  let level: Level | undefined;
  let expectsKey = false;
  let depth = 0;
  const length = text.length;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const start = at + 1;
      at = endOfString(text, start);
      if (expectsKey && level !== undefined) {
        const raw = text.slice(start, at);
        const key = raw.includes("\\") ? unescaped(raw) : raw;
        level.key = key;
        if (addKey(level, key) && duplicates.length < MAX_DUPLICATES) {
          duplicates.push(pathOf(stack, depth));
          level.key = (level.many ? [...level.many] : level.keys!).at(-1)!;
          before.push(pathOf(stack, depth));
          level.key = key;
        }
        expectsKey = false;
      }
    } else if (code === COMMA) {
      if (level?.keys !== undefined) expectsKey = true;
      else if (level !== undefined) level.index++;
    } else if (code === COLON) {
      expectsKey = false;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (depth === MAX_DEPTH) throw new ApiError(400, "BadRequest", "exceeded max depth");
      // Levels are used again, so that a scan allocates little.
      level = stack[depth] ??= { keys: undefined, many: undefined, key: "", index: 0 };
      level.keys = code === OPEN_BRACE ? [] : undefined;
      level.many = undefined;
      level.index = 0;
      depth++;
      expectsKey = code === OPEN_BRACE;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth = Math.max(0, depth - 1);
      level = depth === 0 ? undefined : stack[depth - 1];
      expectsKey = false;
    }
  }
  if (duplicates.length > 0) readBefore.set(duplicates, before);
  return duplicates;
}

const readBefore = new WeakMap<readonly string[], readonly string[]>();

/**
 * For each of the duplicate fields that parseJson has told, the last field beside it that was new when it came again.
 * Undefined for those of YAML.
 */
export const fieldsBefore = (duplicateFields: readonly string[]): readonly string[] | undefined =>
  readBefore.get(duplicateFields);

/** Where the string that begins at `start` ends: the index of its closing quote, or the text's end. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start);
  while (end > 0) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH && end - 1 - backslashes >= start) backslashes++;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** Whether the key was there already. */
function addKey(level: Level, key: string): boolean {
  const keys = level.keys!;
  if (level.many !== undefined) {
    const size = level.many.size;
    return level.many.add(key).size === size;
  }
  if (keys.includes(key)) return true;
  keys.push(key);
  if (keys.length > FEW_KEYS) level.many = new Set(keys);
  return false;
}

function unescaped(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    // Not JSON: the parse that follows says so.
    return raw;
  }
}

function pathOf(stack: readonly Level[], depth: number): string {
  let path = "";
  for (let i = 0; i < depth; i++) {
    const level = stack[i]!;
    if (level.keys === undefined) path += `[${level.index}]`;
    else path += path === "" ? level.key : `.${level.key}`;
  }
  return path;
}
