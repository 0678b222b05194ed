/**
 * managedFields as the text that is stored: it is often half of an object, and most of it is neither looked at nor
 * changed by a write. Texts of objects hold it first in metadata, where it is found and cut out without parsing.
 */

/** How the metadata of a stored text begins when it has managedFields. */
const HEAD = '"metadata":{"managedFields":[';
const METADATA = '"metadata":{';

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

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
  const rest = text.charCodeAt(end) === COMMA ? end + 1 : end;
  return { bare: text.slice(0, at + METADATA.length) + text.slice(rest), managed: text.slice(start, end) };
}

/** Puts a list back: the text of metadata, `{…}`, with it. */
export const attachManagedFields = (metadata: string, managed: string): string =>
  `{"managedFields":${managed}${metadata === "{}" ? "" : ","}${metadata.slice(1)}`;

/** The index behind the list that begins at `start`. */
function endOfList(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at + 1;
  }
  throw new SyntaxError("managedFields do not end");
}

/** The index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at;
  }
  throw new SyntaxError("a string does not end");
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

/** Entries of a list that this server wrote; undefined when it is not in the form we write. */
export function splitEntries(managed: string): EntryText[] | undefined {
  const entries: EntryText[] = [];
  let depth = 0;
  let entryAt = 0;
  let fieldsAt = 0;
  let fieldsEnd = 0;
  for (let at = 0; at < managed.length; at++) {
    const code = managed.charCodeAt(at);
    if (code === QUOTE) at = endOfString(managed, at);
    else if (code === OPEN_BRACE) {
      depth++;
      if (depth === 1) entryAt = at;
      else if (depth === 2) fieldsAt = at;
    } else if (code === CLOSE_BRACE) {
      depth--;
      if (depth === 1) fieldsEnd = at + 1;
      else if (depth === 0) {
        const entry = readEntry(managed, { entryAt, fieldsAt, fieldsEnd, end: at + 1 });
        if (entry === undefined) return undefined;
        entries.push(entry);
      }
    }
  }
  return entries;
}

function readEntry(
  managed: string,
  { entryAt, fieldsAt, fieldsEnd, end }: { entryAt: number; fieldsAt: number; fieldsEnd: number; end: number },
): EntryText | undefined {
  if (fieldsAt < entryAt || !managed.startsWith(FIELDS, fieldsAt - FIELDS.length)) return undefined;
  const head = PLAIN_HEAD.exec(managed.slice(entryAt, fieldsAt - FIELDS.length));
  const tail = PLAIN_TAIL.exec(managed.slice(fieldsEnd, end));
  if (!head || !tail) return undefined;
  return {
    name: head[1] ?? "",
    operation: head[2] as "Apply" | "Update",
    apiVersion: head[3]!,
    time: head[4],
    subresource: tail[1] ?? "",
    fields: managed.slice(fieldsAt, fieldsEnd),
    text: managed.slice(entryAt, end),
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
