/** /openapi/v2, /openapi/v3 and the documents of each group version below it. Undefined for other paths. */
import type { Registry } from "../../../kinds/kind.ts";
import { fnv32a } from "../../../machinery/meta/hash.ts";
import type { RequestContext } from "../context.ts";
import { type ServedVersion, servedGroups } from "../discovery/documents.ts";
import { versionInfo } from "../discovery/version.ts";
import { marked } from "../large.ts";
import { negotiate, negotiatePlain } from "../negotiation.ts";
import { headersFor, JSON_TYPE } from "../respond.ts";
import { openapiDocument } from "./document.ts";
import { SWAGGER_PROTOBUF_TYPES, swaggerProtobuf } from "./gnostic.ts";
import { swaggerDocument } from "./v2.ts";

const ROOT = "/openapi/v3";

interface Document {
  served: ServedVersion;
  /** Changes when the document may have. */
  hash: string;
  text?: string;
}

const documentsByRegistry = new WeakMap<Registry, Map<string, Document>>();

/** By path below the root: "apis/apps/v1". */
function documentsOf(registry: Registry): Map<string, Document> {
  let documents = documentsByRegistry.get(registry);
  if (!documents) {
    documents = new Map();
    for (const { group, versions } of servedGroups(registry)) {
      for (const served of versions) {
        const path = group ? `apis/${group}/${served.version}` : `api/${served.version}`;
        documents.set(path, { served, hash: hashOf(path, served) });
      }
    }
    documentsByRegistry.set(registry, documents);
  }
  return documents;
}

/** Of what the document is made from besides the program itself, whose version stands for the rest. */
function hashOf(path: string, { kinds }: ServedVersion): string {
  const text = JSON.stringify([
    path,
    versionInfo.gitVersion,
    kinds.map(({ kind, plural, verbs }) => [kind, plural, verbs]),
  ]);
  return hexHash(text);
}

export function openapi(context: RequestContext): Response | undefined {
  const path = context.info.path.replace(/\/$/, "");
  if (path === "/openapi/v2") return swagger(context);
  if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return undefined;
  // Protobuf alone is refused; clients ask again for JSON.
  negotiate(context.request.headers.get("accept"));
  const documents = documentsOf(context.services.env.registry);
  if (path === ROOT) return show(context, rootText(documents));
  const document = documents.get(path.slice(ROOT.length + 1));
  if (!document) return undefined;
  const etag = `"${document.hash}"`;
  if (context.request.headers.get("if-none-match") === etag) {
    return new Response(null, { status: 304, headers: headersFor(context, JSON_TYPE) });
  }
  document.text ??= JSON.stringify(openapiDocument(document.served, context.services.env));
  const response = show(context, document.text);
  response.headers.set("etag", etag);
  if (context.query?.get("hash") === document.hash) response.headers.set("cache-control", "public, immutable");
  return response;
}

/** The whole API in one document, which is made anew each time: it is large, and clients keep it. */
function swagger(context: RequestContext): Response {
  const { request, services } = context;
  const accept = request.headers.get("accept") ?? "";
  const protobuf = SWAGGER_PROTOBUF_TYPES.some((type) => accept.includes(type));
  // Protobuf of the ordinary kind is no form of this document.
  if (!protobuf) negotiatePlain(accept);
  const hashes = [...documentsOf(services.env.registry).values()].map(({ hash }) => hash).join("");
  const etag = `"${hexHash(hashes)}"`;
  const type = protobuf ? SWAGGER_PROTOBUF_TYPES[1] : JSON_TYPE;
  const headers = new Headers(headersFor(context, type));
  headers.set("etag", etag);
  headers.set("vary", "Accept");
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  const document = swaggerDocument(services.env);
  const body = protobuf ? (swaggerProtobuf(document) as Uint8Array<ArrayBuffer>) : JSON.stringify(document);
  return marked(new Response(body, { status: 200, headers }), body.length);
}

const hexHash = (text: string): string =>
  [text, `${text}#`].map((part) => fnv32a(part).toString(16).toUpperCase().padStart(8, "0")).join("");

const rootText = (documents: Map<string, Document>): string =>
  JSON.stringify({
    paths: Object.fromEntries(
      [...documents].map(([path, { hash }]) => [path, { serverRelativeURL: `${ROOT}/${path}?hash=${hash}` }]),
    ),
  });

const show = (context: RequestContext, text: string): Response =>
  new Response(text, { status: 200, headers: headersFor(context, JSON_TYPE) });
