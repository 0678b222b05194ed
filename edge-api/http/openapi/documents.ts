/** Which OpenAPI 3.0 documents there are, and their texts, of which those last asked for are kept. */
import type { Registry } from "../../../kinds/kind.ts";
import type { TypeTable } from "../../../machinery/schema/types.ts";
import { servedGroups } from "../discovery/documents.ts";
import { versionInfo } from "../discovery/version.ts";
import { hexHash } from "../etag.ts";
import { descriptions } from "./descriptions.ts";
import { openapiDocument } from "./document.ts";
import type { OpenApiDocument } from "./envelope.ts";
import { indexDocument, indexDocuments } from "./index-documents.ts";
import { openapiProtobuf } from "./protobuf-v3.ts";

export interface Document {
  /** Changes when the document may have. */
  hash: string;
  make(): Promise<OpenApiDocument>;
}

type Documents = ReadonlyMap<string, Document>;
const documentsByRegistry = new WeakMap<Registry, Documents>();

/** By path below the root: "apis/apps/v1". */
export function documentsOf({ registry, types }: { registry: Registry; types: TypeTable }): Documents {
  const known = documentsByRegistry.get(registry);
  if (known) return known;
  const documents = new Map<string, Document>();
  const groups = servedGroups(registry);
  for (const index of indexDocuments(groups.map(({ group }) => group))) {
    const make = async () => indexDocument(index, types, await descriptions());
    documents.set(index.path, { hash: hashOf(index.path), make });
  }
  for (const { group, versions } of groups) {
    for (const served of versions) {
      const path = group ? `apis/${group}/${served.version}` : `api/${served.version}`;
      const kinds = served.kinds.map(({ kind, plural, verbs }) => [kind, plural, verbs]);
      const make = async () => openapiDocument(served, { registry, types }, await descriptions());
      documents.set(path, { hash: hashOf(path, kinds), make });
    }
  }
  const sorted: Documents = new Map([...documents].sort(([a], [b]) => (a < b ? -1 : 1)));
  documentsByRegistry.set(registry, sorted);
  return sorted;
}

/** Of what a document is made from besides the program itself, for which its version and commit stand. */
function hashOf(path: string, kinds: unknown[] = []): string {
  const { gitVersion, gitCommit, gitTreeState, buildDate } = versionInfo;
  const program = [gitVersion, gitCommit, gitTreeState === "clean" ? "" : buildDate];
  return hexHash(JSON.stringify([path, program, kinds]));
}

export type Encoding = "json" | "protobuf";
type Body = string | Uint8Array<ArrayBuffer>;

/** Documents are large and clients keep what they got: no more than these few wait for others who ask. */
const MAX_KEPT_CHARACTERS = 2_000_000;
const kept = new Map<string, Body>();

export async function bodyOf(document: Document, encoding: Encoding): Promise<Body> {
  const key = `${encoding} ${document.hash}`;
  const before = kept.get(key);
  if (before !== undefined) {
    kept.delete(key);
    kept.set(key, before);
    return before;
  }
  const made = await document.make();
  const body = encoding === "json" ? JSON.stringify(made) : openapiProtobuf(made);
  kept.set(key, body);
  let size = [...kept.values()].reduce((sum, { length }) => sum + length, 0);
  for (const [oldest, { length }] of kept) {
    if (size <= MAX_KEPT_CHARACTERS) break;
    kept.delete(oldest);
    size -= length;
  }
  return body;
}
