/** /openapi/v2, /openapi/v3 and the documents below it. Undefined for other paths. */
import { notAcceptable } from "../../../machinery/meta/status.ts";
import type { RequestContext } from "../context.ts";
import { etagMatches, hexHash } from "../etag.ts";
import { marked } from "../large.ts";
import type { Answer } from "../reply.ts";
import { headersFor, JSON_TYPE } from "../respond.ts";
import { descriptions } from "./descriptions.ts";
import { bodyOf, type Document, documentsOf, type Encoding } from "./documents.ts";
import { swaggerProtobuf } from "./protobuf-v2.ts";
import { swaggerDocument } from "./v2.ts";

const ROOT = "/openapi/v3";
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

export function openapi(context: RequestContext): Answer | Promise<Answer> | undefined {
  if (context.method !== "GET" && context.method !== "HEAD") return undefined;
  const path = context.info.path.replace(/\/$/, "");
  if (path === "/openapi/v2") return swagger(context);
  if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return undefined;
  const documents = documentsOf(context.services.env);
  if (path === ROOT) return index(context, documents);
  const document = documents.get(path.slice(ROOT.length + 1));
  return document && show(context, document, path.slice(ROOT.length + 1));
}

/** The media types of a version's documents: those asked for of old are answered with the later name. */
const mediaTypes = (version: "v2" | "v3"): ReadonlyMap<string, Encoding> =>
  new Map([
    [JSON_TYPE, "json"],
    [`application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`, "protobuf"],
    [`application/com.github.proto-openapi.spec.${version}@v1.0+protobuf`, "protobuf"],
  ]);
const V2_TYPES = mediaTypes("v2");
const V3_TYPES = mediaTypes("v3");
const PROTOBUF_TYPES = { v2: [...V2_TYPES.keys()][1]!, v3: [...V3_TYPES.keys()][1]! };

/** @throws ApiError 406 */
function encodingFor(accept: string | null, types: ReadonlyMap<string, Encoding>): Encoding {
  const clauses = (accept || "*/*").split(",").map((clause) => {
    const [type = "", ...parameters] = clause.split(";").map((part) => part.trim().toLowerCase());
    const quality = Number(parameters.find((one) => one.startsWith("q="))?.slice(2) ?? 1);
    // Forms of API objects are no forms of these documents.
    return { type: parameters.some((one) => one.startsWith("as=")) ? "" : type, quality };
  });
  for (const { type, quality } of clauses.toSorted((a, b) => b.quality - a.quality)) {
    if (quality === 0) continue;
    if (type === "*/*" || type === "application/*") return "json";
    const encoding = types.get(type);
    if (encoding) return encoding;
  }
  throw notAcceptable(`only the following media types are accepted: ${[...types.keys()].join(", ")}`);
}

function headersOf(context: RequestContext, { type, hash }: { type: string; hash: string }): Headers {
  const headers = new Headers(headersFor(context, type));
  headers.set("etag", `"${hash}"`);
  headers.set("vary", "Accept");
  return headers;
}

const isKnown = ({ request }: RequestContext, hash: string): boolean =>
  etagMatches(request.headers.get("if-none-match"), `"${hash}"`);

/** Which documents there are, each under the hash of its content. */
function index(context: RequestContext, documents: ReadonlyMap<string, Document>): Answer {
  const paths = [...documents].map(([path, { hash }]) => [path, { serverRelativeURL: urlOf(path, hash) }]);
  const text = JSON.stringify({ paths: Object.fromEntries(paths) });
  const hash = hexHash(text);
  const headers = headersOf(context, { type: JSON_TYPE, hash });
  return isKnown(context, hash) ? new Response(null, { status: 304, headers }) : new Response(text, { headers });
}

const urlOf = (path: string, hash: string): string => `${ROOT}/${path}?hash=${hash}`;

async function show(context: RequestContext, document: Document, path: string): Promise<Answer> {
  const encoding = encodingFor(context.request.headers.get("accept"), V3_TYPES);
  const { hash } = document;
  const headers = headersOf(context, { type: encoding === "json" ? JSON_TYPE : PROTOBUF_TYPES.v3, hash });
  const asked = context.query?.get("hash");
  if (asked && asked !== hash) {
    headers.set("location", urlOf(path, hash));
    return new Response(null, { status: 301, headers });
  }
  if (asked) {
    headers.set("cache-control", "public, immutable");
    headers.set("expires", new Date(context.services.env.clock.now() + YEAR_MS).toUTCString());
  }
  if (isKnown(context, hash)) return new Response(null, { status: 304, headers });
  const body = await bodyOf(document, encoding);
  return marked(new Response(body, { headers }), body.length);
}

/** The whole API in one document, which is made anew each time: it is large, and clients keep it. */
async function swagger(context: RequestContext): Promise<Answer> {
  const encoding = encodingFor(context.request.headers.get("accept"), V2_TYPES);
  const { env } = context.services;
  const hash = hexHash([...documentsOf(env).values()].map((document) => document.hash).join(""));
  const headers = headersOf(context, { type: encoding === "json" ? JSON_TYPE : PROTOBUF_TYPES.v2, hash });
  if (isKnown(context, hash)) return new Response(null, { status: 304, headers });
  const document = swaggerDocument(env, await descriptions());
  const body = encoding === "json" ? JSON.stringify(document) : swaggerProtobuf(document);
  return marked(new Response(body, { headers }), body.length);
}
