/**
 * managedFields as the text that is stored: it is often half of an object, and most of it is neither looked at nor
 * changed by a write. Texts of objects hold it first in metadata, where it is found and cut out without parsing.
 */

/** How the metadata of a stored text begins when it has managedFields. */
const HEAD = '"metadata":{"managedFields":[';
const METADATA = '"metadata":{';

export interface Detached {
  /** The object's text without managedFields. */
  bare: string;
  /** The list, brackets included; undefined when there is none. */
  managed: string | undefined;
}

/** Takes managedFields out of an object's text as `encodeObject` wrote it. */
export function detachManagedFields(text: string): Detached {
  const at = text.indexOf(HEAD);
  // Only kind and apiVersion, which are plain texts, may stand before metadata.
  if (at < 0 || text.lastIndexOf("{", at) !== 0) return { bare: text, managed: undefined };
  const start = at + HEAD.length - 1;
  const end = endOfList(text, start);
  const rest = text[end] === "," ? end + 1 : end;
  return { bare: text.slice(0, at + METADATA.length) + text.slice(rest), managed: text.slice(start, end) };
}

/** The object's text as `encodeObject` wrote it, without managedFields, and without anything behind its metadata. */
export function headOf(text: string): string {
  const at = text.indexOf(METADATA);
  if (at < 0 || text.lastIndexOf("{", at) !== 0) return detachManagedFields(text).bare;
  const start = at + METADATA.length;
  let from = start;
  if (text.startsWith(HEAD, at)) {
    from = endOfList(text, start);
    if (text[from] === ",") from++;
  }
  return `${text.slice(0, start)}${text.slice(from, endOfMap(text, from))}}`;
}

const QUOTE = 34;
const BACKSLASH = 92;

/** The index behind the map inside of which `at` stands. */
function endOfMap(text: string, at: number): number {
  let depth = 1;
  for (let i = at; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case 0x7b: // {
        depth++;
        break;
      case 0x7d: // }
        if (--depth === 0) return i + 1;
    }
  }
  throw new SyntaxError("metadata does not end");
}

/** The index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  throw new SyntaxError("a string does not end");
}

/** Puts a list back: the text of metadata, `{…}`, with it. */
export const attachManagedFields = (metadata: string, managed: string): string =>
  `{"managedFields":${managed}${metadata === "{}" ? "" : ","}${metadata.slice(1)}`;

/**
 * The index behind the list that begins at `start`. What follows is the object's name, or the end of metadata: a list
 * has no such sequence in it, for it holds no other list, and quotes in its texts are escaped.
 */
function endOfList(text: string, start: number): number {
  const name = text.indexOf('],"name":"', start);
  if (name >= 0) return name + 1;
  const end = text.indexOf("}]}", start);
  if (end < 0) throw new SyntaxError("managedFields do not end");
  return end + 2;
}

/** One entry of a list. */
export interface EntryText {
  name: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  subresource: string;
  time: string | undefined;
  /** fieldsV1, as text. */
  fields: string;
  /** All of it. */
  text: string;
}

const FIELDS = ',"fieldsV1":';
/** What stands before fieldsV1, as `formatEntry` writes it; a manager with escapes in its name is not plain. */
const PLAIN_HEAD =
  /^\{(?:"manager":"([^"\\]*)",)?"operation":"(Apply|Update)","apiVersion":"([^"\\]*)"(?:,"time":"([^"\\]*)")?,"fieldsType":"FieldsV1"$/;
const PLAIN_TAIL = /^(?:,"subresource":"([^"\\]*)")?\}$/;

/**
 * Between two entries, and nowhere in them: fieldsV1 has no lists, quotes in its texts are escaped, and a key that ends
 * in "},{" is followed by a colon.
 */
const BETWEEN = /\},\{"(?:manager|operation)":/g;
const SUBRESOURCE = ',"subresource":"';

/** Entries of a list that this server wrote; undefined when it is not in the form we write. */
export function splitEntries(managed: string): EntryText[] | undefined {
  const entries: EntryText[] = [];
  let start = 1;
  BETWEEN.lastIndex = 0;
  for (;;) {
    const between = BETWEEN.exec(managed);
    const entry = readEntry(managed.slice(start, between ? between.index + 1 : managed.length - 1));
    if (entry === undefined) return undefined;
    entries.push(entry);
    if (!between) return entries;
    start = between.index + 2;
  }
}

function readEntry(text: string): EntryText | undefined {
  const at = text.indexOf(FIELDS);
  if (at < 0) return undefined;
  const place = text.lastIndexOf(SUBRESOURCE);
  const fieldsEnd = place > at ? place : text.length - 1;
  const head = PLAIN_HEAD.exec(text.slice(0, at));
  const tail = PLAIN_TAIL.exec(text.slice(fieldsEnd));
  if (!head || !tail) return undefined;
  return {
    name: head[1] ?? "",
    operation: head[2] as "Apply" | "Update",
    apiVersion: head[3]!,
    time: head[4],
    subresource: tail[1] ?? "",
    fields: text.slice(at + FIELDS.length, fieldsEnd),
    text,
  };
}

/** The text of one entry, in upstream's order of fields. */
export function formatEntry({
  name,
  operation,
  apiVersion,
  time,
  subresource,
  fields,
}: Omit<EntryText, "text">): string {
  const manager = name === "" ? "" : `"manager":${JSON.stringify(name)},`;
  const at = time === undefined ? "" : `,"time":"${time}"`;
  const place = subresource === "" ? "" : `,"subresource":${JSON.stringify(subresource)}`;
  return `{${manager}"operation":"${operation}","apiVersion":${JSON.stringify(apiVersion)}${at},"fieldsType":"FieldsV1"${FIELDS}${fields}${place}}`;
}
