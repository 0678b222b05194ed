import { joinBytes } from "../../machinery/codec/protobuf/envelope.ts";
import { badRequest, expired } from "../../machinery/meta/status.ts";
import { type CountQuery, type Revision, type StoredObject, StoreError } from "../store/contract.ts";
import { type ContinueToken, decodeContinue, encodeContinue } from "./continue-token.ts";
import { fromStorage } from "./convert.ts";
import type { Environment, Target } from "./environment.ts";
import { futureRevision } from "./errors.ts";
import type { ListMeta, Renderer } from "./renderer.ts";
import { checkVersionParameters, parseResourceVersion } from "./resource-version.ts";
import { parseSelection, type Selection, selectedName, selects } from "./selection.ts";

export interface ListOptions {
  labelSelector: string | null;
  fieldSelector: string | null;
  /** 0: no limit. */
  limit: number;
  continueToken: string | null;
  resourceVersion: string | null;
  resourceVersionMatch: string | null;
  /** Null when absent. */
  sendInitialEvents: boolean | null;
}

export const EVERYTHING: ListOptions = {
  labelSelector: null,
  fieldSelector: null,
  limit: 0,
  continueToken: null,
  resourceVersion: null,
  resourceVersionMatch: null,
  sendInitialEvents: null,
};

/** Rows read in one go, and the text after which a chunk is handed on: keeps memory flat however long the list is. */
const CHUNK_ROWS = 1000;
const CHUNK_LENGTH = 512 * 1024;
/** A page is at most this long; clients go on by the continue token, which they must expect anyway. */
const PAGE_LENGTH = 16 * 1024 * 1024;

const EXPIRED_CONTINUE =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/**
 * The text of a list, in chunks. Each chunk is read in one turn; between chunks the caller may await, since all of
 * them are of one revision. What is wrong with the request is thrown before the first chunk.
 */
export function* list(env: Environment, target: Target, options: ListOptions, renderer: Renderer): Generator<Text> {
  checkVersionParameters({ ...options, watch: false });
  const selection = parseSelection(target.kind, options);
  const start = startOf(env, options);
  const pick = picker(target, selection);
  if (options.limit > 0) {
    yield page(env, target, { start, limit: options.limit, selection, pick, renderer });
    return;
  }
  const at = start.at ?? env.store.revision();
  const shown = ({ rows, next }: Chunk): Texts => ({
    texts: (pick ? rows.filter(pick) : rows).map((row) => renderer.item(row.value)),
    next,
  });
  let parts: Text[] = [renderer.listHead({ resourceVersion: String(at) })];
  let length = 0;
  let after = start.after;
  let separator = "";
  for (;;) {
    const joined = readJoined(env, target, { at, after, selection, limit: CHUNK_ROWS, renderer });
    const { texts, next } = joined ?? shown(readChunk(env, target, { at, after, selection, limit: CHUNK_ROWS }));
    for (const text of texts) {
      parts.push(separator, text);
      length += text.length;
      separator = ",";
    }
    if (next === undefined) break;
    after = next;
    if (length >= CHUNK_LENGTH) {
      yield wholeOf(parts);
      parts = [];
      length = 0;
    }
  }
  parts.push(renderer.listTail);
  yield wholeOf(parts);
}

/** As bytes where the store has joined texts that need not be looked at. */
export type Text = string | Uint8Array;

const encoder = new TextEncoder();

function wholeOf(parts: readonly Text[]): Text {
  if (parts.every((part) => typeof part === "string")) return parts.join("");
  return joinBytes(parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part)));
}

/** Which snapshot, and behind which object. */
function startOf(
  env: Environment,
  options: ListOptions,
): { at: Revision | undefined; after: ContinueToken["after"] | undefined } {
  const { continueToken, resourceVersion, resourceVersionMatch, limit } = options;
  if (continueToken) {
    if (resourceVersion && resourceVersion !== "0")
      throw badRequest("specifying resource version is not allowed when using continue");
    const token = decodeContinue(continueToken);
    if (token.at !== undefined && token.at < env.store.compactedRevision())
      throw expired(EXPIRED_CONTINUE, encodeContinue({ at: undefined, after: token.after }));
    if (token.at !== undefined && token.at > env.store.revision())
      throw badRequest("invalid continue token: continue key is not valid: its resourceVersion is yet to come");
    return token;
  }
  const revision = parseResourceVersion(resourceVersion);
  if (revision === undefined || revision === 0) return { at: undefined, after: undefined };
  if (revision > env.store.revision()) throw futureRevision(revision, env.store.revision());
  // A limit without a match means exactly this revision: how it was before resourceVersionMatch.
  const exact = resourceVersionMatch === "Exact" || (!resourceVersionMatch && limit > 0);
  if (exact && revision < env.store.compactedRevision())
    throw expired("The resourceVersion for the provided list is too old.");
  return { at: exact ? revision : undefined, after: undefined };
}

interface Page {
  start: { at: Revision | undefined; after: ContinueToken["after"] | undefined };
  limit: number;
  selection: Selection | undefined;
  pick: ((row: StoredObject) => boolean) | undefined;
  renderer: Renderer;
}

function page(env: Environment, target: Target, { start, limit, selection, pick, renderer }: Page): Text {
  const at = start.at ?? env.store.revision();
  /** Each of one object, or of many with commas between. */
  const items: Text[] = [];
  let count = 0;
  let length = 0;
  let after = start.after;
  let more = true;
  while (more && count < limit && length < PAGE_LENGTH) {
    const joined = readJoined(env, target, { at, after, selection, limit: limit - count, renderer });
    if (joined) {
      items.push(...joined.texts);
      count += joined.count;
      length += joined.texts[0]?.length ?? 0;
      more = joined.next !== undefined;
      after = joined.next ?? after;
      continue;
    }
    const wanted = pick ? CHUNK_ROWS : Math.min(limit - count, CHUNK_ROWS);
    const chunk = readChunk(env, target, { at, after, selection, limit: wanted });
    more = chunk.next !== undefined;
    for (const row of chunk.rows) {
      after = { namespace: row.namespace, name: row.name };
      if (pick && !pick(row)) continue;
      items.push(renderer.item(row.value));
      count++;
      length += row.value.length;
      if (count === limit || length >= PAGE_LENGTH) {
        more = row !== chunk.rows.at(-1) || more;
        break;
      }
    }
  }
  const rest = more && after && restOf(env, target, { at, after, selection, seen: { after: start.after, count } });
  const head = renderer.listHead({ resourceVersion: String(at), ...rest });
  const separated = items.flatMap((item, i) => (i === 0 ? [item] : [",", item]));
  return wholeOf([head, ...separated, renderer.listTail]);
}

/** What a list says of what follows behind `after`; nothing where nothing does. */
function restOf(
  env: Environment,
  target: Target,
  {
    at,
    after,
    selection,
    seen,
  }: ContinueToken & { selection: Selection | undefined; seen: NonNullable<CountQuery["seen"]> },
): Partial<ListMeta> {
  const query = { ...scopeOf(target), after, ...(at !== undefined && { at }) };
  if (selection) {
    const follows = [...env.store.list({ ...query, limit: 1 })].length > 0;
    return follows ? { continue: encodeContinue({ at, after }) } : {};
  }
  const remainingItemCount = env.store.count({ ...query, seen });
  return remainingItemCount > 0 ? { continue: encodeContinue({ at, after }), remainingItemCount } : {};
}

interface Read {
  at: Revision;
  after: ContinueToken["after"] | undefined;
  selection: Selection | undefined;
  limit: number;
}

interface Chunk {
  rows: StoredObject[];
  /** To go on behind; undefined at the end. */
  next: ContinueToken["after"] | undefined;
}

interface Texts {
  texts: Text[];
  next: ContinueToken["after"] | undefined;
}

/** The objects in one text, or none; undefined where they must be looked at one by one. */
function readJoined(
  env: Environment,
  target: Target,
  { at, after, limit, selection, renderer }: Read & { renderer: Renderer },
): (Texts & { count: number }) | undefined {
  const { verbatim: prefix } = renderer;
  if (selection || prefix === undefined) return undefined;
  const joined = ofSnapshot(after, () =>
    env.store.joined?.({ ...scopeOf(target), at, limit, prefix, ...(after && { after }) }),
  );
  if (!joined) return undefined;
  const { bytes, count, last, more } = joined;
  return { texts: count > 0 ? [bytes] : [], count, next: more ? last : undefined };
}

/** Reads of a snapshot that may have been compacted since its first page. */
function ofSnapshot<T>(after: ContinueToken["after"] | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError && error.code === "Compacted" && after)
      throw expired(EXPIRED_CONTINUE, encodeContinue({ at: undefined, after }));
    throw error;
  }
}

function readChunk(env: Environment, target: Target, read: Read): Chunk {
  const { at, after, limit } = read;
  const only = selectedName(read.selection);
  if (only !== undefined && target.kind.namespaced === (target.namespace !== "") && at === env.store.revision()) {
    const row = env.store.get({ resource: target.kind.storage, namespace: target.namespace, name: only });
    return { rows: row && !after ? [row] : [], next: undefined };
  }
  const rows: StoredObject[] = [];
  let length = 0;
  let stopped = false;
  ofSnapshot(after, () => {
    const contains = read.selection?.contains;
    const query = {
      ...scopeOf(target),
      at,
      limit,
      ...(after && { after }),
      ...(contains !== undefined && { contains }),
    };
    for (const row of env.store.list(query)) {
      rows.push(row);
      length += row.value.length;
      if (length >= CHUNK_LENGTH) {
        stopped = true;
        break;
      }
    }
  });
  const last = rows.at(-1);
  const next = last && (stopped || rows.length === limit) ? { namespace: last.namespace, name: last.name } : undefined;
  return { rows, next };
}

const scopeOf = ({ kind, namespace }: Target): { resource: string; namespace?: string } => ({
  resource: kind.storage,
  // Cluster-scoped objects lie in namespace "".
  ...((namespace !== "" || !kind.namespaced) && { namespace }),
});

function picker({ kind }: Target, selection: Selection | undefined): ((row: StoredObject) => boolean) | undefined {
  if (!selection) return undefined;
  return (row) => selects(selection, kind, fromStorage(row.value, kind));
}
