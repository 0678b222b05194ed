/** Shows objects and lists in the form the client asked for. */
import type { IncludeObject } from "../../machinery/codec/table.ts";
import { badRequest, notAcceptable } from "../../machinery/meta/status.ts";
import type { Target } from "../verbs/environment.ts";
import { list, type Text } from "../verbs/list.ts";
import { type ListMeta, metadataRenderer, objectRenderer, type Renderer, tableRenderer } from "../verbs/renderer.ts";
import type { RequestContext } from "./context.ts";
import { marked } from "./large.ts";
import { type Accepted, negotiate } from "./negotiation.ts";
import { listOptions } from "./options.ts";
import { notMarshalable, protobufItems, toProtobuf } from "./protobuf/encode.ts";
import { protobufList } from "./protobuf/list.ts";
import { PROTOBUF_TYPE } from "./protobuf/names.ts";
import { type Answer, Reply } from "./reply.ts";
import { headersFor, isPretty, JSON_TYPE, prettyJson, YAML_TYPE } from "./respond.ts";
import { toYaml } from "./yaml.ts";

export function includeObjectOf(query: URLSearchParams | undefined): IncludeObject {
  const value = query?.get("includeObject") || "Metadata";
  if (value === "None" || value === "Metadata" || value === "Object") return value;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
}

/** @throws ApiError 406 for a form that does not fit */
export function rendererFor(
  { services, query }: RequestContext,
  { kind }: Target,
  { as, version }: Pick<Accepted, "as" | "version">,
  shape: "object" | "list",
): Renderer {
  switch (as) {
    case "Object":
      return objectRenderer(kind);
    case "Table":
      return tableRenderer(kind, {
        includeObject: includeObjectOf(query),
        nowMs: () => services.env.clock.now(),
        version,
      });
    case "PartialObjectMetadata":
      if (shape === "object") return metadataRenderer(version);
      throw notAcceptable("you requested PartialObjectMetadata, but the requested object is a list");
    case "PartialObjectMetadataList":
      if (shape === "list") return metadataRenderer(version);
      throw notAcceptable("you requested PartialObjectMetadataList, but the requested object is not a list");
    case "APIGroupDiscoveryList":
      throw notAcceptable("only discovery is shown as APIGroupDiscoveryList");
  }
}

/** Refuses, before anything is written, a form in which the answer could not be shown. @throws ApiError 400, 406 */
export function checkForm(context: RequestContext, target: Target): void {
  const accepted = negotiate(context.request.headers.get("accept"));
  if (accepted.as === "Object") return;
  if (accepted.media === "protobuf" && accepted.as === "Table") throw notMarshalable("*v1.Table");
  rendererFor(context, target, accepted, context.info.verb === "deletecollection" ? "list" : "object");
}

/** One stored object. */
export function showObject(context: RequestContext, target: Target, code: number, text: string): Answer {
  const accepted = negotiate(context.request.headers.get("accept"));
  // What was deleted may be answered with a Status, which is shown as it is.
  if (accepted.media === "protobuf" && accepted.as === "Table") throw notMarshalable("*v1.Table");
  if (accepted.as === "Object" || text.startsWith(`{"kind":"Status","apiVersion":"v1"`)) {
    return textResponse(context, code, text, accepted);
  }
  return textResponse(context, code, rendererFor(context, target, accepted, "object").single(text), accepted);
}

/** JSON text in the media type the client asked for. @throws ApiError 406 for what has no protobuf form */
export function textResponse(context: RequestContext, code: number, text: string, accepted: Accepted): Answer {
  if (accepted.media === "protobuf") {
    const bytes = toProtobuf(JSON.parse(text) as object, context.services.env.registry);
    return new Reply(code, headersFor(context, PROTOBUF_TYPE), bytes);
  }
  if (accepted.media === "yaml") {
    return new Reply(code, headersFor(context, YAML_TYPE), toYaml(text));
  }
  const body = isPretty(context) ? prettyJson(text) : text;
  return marked(new Reply(code, headersFor(context, JSON_TYPE), body), body.length);
}

/** A list of few: the texts of its items, and what its metadata says. */
export function showList(context: RequestContext, target: Target, texts: readonly string[], meta: ListMeta): Answer {
  const accepted = negotiate(context.request.headers.get("accept"));
  const renderer = rendererFor(context, target, accepted, "list");
  const items = texts.map(renderer.item).join(",");
  return textResponse(context, 200, renderer.listHead(meta) + items + renderer.listTail, accepted);
}

/** Text in chunks: one chunk is answered whole, more are streamed as the client takes them. */
export function showChunks(context: RequestContext, chunks: Iterator<Text>, accepted: Accepted): Answer {
  const first = chunks.next();
  if (first.done) return textResponse(context, 200, "", accepted);
  const second = chunks.next();
  if (second.done) return wholeResponse(context, first.value, accepted);
  if (accepted.media === "yaml") {
    let text = textOf(first.value) + textOf(second.value);
    for (let next = chunks.next(); !next.done; next = chunks.next()) text += textOf(next.value);
    return textResponse(context, 200, text, accepted);
  }
  const body = streamChunks(context, [first.value, second.value], chunks);
  return marked(new Response(body, { status: 200, headers: headersFor(context, JSON_TYPE) }), STREAMED);
}

const decoder = new TextDecoder();
const textOf = (text: Text): string => (typeof text === "string" ? text : decoder.decode(text));

function wholeResponse(context: RequestContext, text: Text, accepted: Accepted): Answer {
  if (typeof text === "string" || accepted.media !== "json" || isPretty(context))
    return textResponse(context, 200, textOf(text), accepted);
  return marked(new Reply(200, headersFor(context, JSON_TYPE), text), text.length);
}

/** The list `target` is, as protobuf. @throws ApiError 406 for a form that does not fit */
export function showProtobufList(context: RequestContext, target: Target, { as }: Accepted): Answer {
  if (as === "Table") throw notMarshalable("*v1.Table");
  // Refuses what is no list.
  rendererFor(context, target, { as, version: "" }, "list");
  const { env } = context.services;
  const options = listOptions(context.query);
  const items = protobufItems(target.kind, as === "Object" ? "Object" : "PartialObjectMetadata");
  const chunks = protobufList(items, (renderer, again) =>
    // A continue token names its revision itself.
    list(
      env,
      target,
      again && !options.continueToken ? { ...options, ...again, resourceVersionMatch: "Exact" } : options,
      renderer,
    ),
  );
  const first = chunks.next();
  const second = chunks.next();
  const headers = headersFor(context, PROTOBUF_TYPE);
  if (second.done) {
    const whole = first.value as Uint8Array;
    return marked(new Reply(200, headers, whole), whole.length);
  }
  const body = streamChunks(context, [first.value as Uint8Array, second.value], chunks);
  return marked(new Response(body, { status: 200, headers }), STREAMED);
}

/** What does not fit into one chunk is large. */
const STREAMED = Number.POSITIVE_INFINITY;
const encoder = new TextEncoder();

function streamChunks<T extends string | Uint8Array>(
  context: RequestContext,
  ready: T[],
  chunks: Iterator<T>,
): ReadableStream<Uint8Array> {
  const bytesOf = (chunk: string | Uint8Array): Uint8Array =>
    typeof chunk === "string" ? encoder.encode(chunk) : chunk;
  const stream: NonNullable<RequestContext["stream"]> = {};
  context.stream = stream;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = ready.shift();
      if (chunk !== undefined) return controller.enqueue(bytesOf(chunk));
      const next = chunks.next();
      if (next.done) {
        controller.close();
        stream.ended?.();
      } else controller.enqueue(bytesOf(next.value));
    },
    cancel() {
      chunks.return?.();
      stream.ended?.();
    },
  });
}
