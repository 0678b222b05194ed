/** Request bodies: size, encoding, and the parsed value. */

import type { Registry } from "../../kinds/kind.ts";
import { goTypeOf } from "../../machinery/codec/go-text.ts";
import { parseJson } from "../../machinery/codec/json.ts";
import { parseYaml } from "../../machinery/codec/yaml.ts";
import { ApiError, badRequest, tooLarge, unsupportedMediaType } from "../../machinery/meta/status.ts";
import type { FieldValidation } from "../verbs/decode.ts";
import type { PatchType } from "../verbs/patch.ts";
import { decodeProtobufBody, PROTOBUF_TYPE } from "./protobuf/body.ts";
import type { ApiRequest } from "./request.ts";

/** As kube-apiserver's. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

const overLimit = () => tooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`);

/** A client that finds its connection closed while it is sending never reads why. What is longer than this is cut off. */
const MAX_SWALLOWED_BYTES = 16 * 1024 * 1024;

/** Lets the client send the rest. @throws ApiError 413 always */
async function refuseTooLarge(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<never> {
  for (let swallowed = 0; reader && swallowed <= MAX_SWALLOWED_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) break;
    swallowed += value.byteLength;
  }
  await reader?.cancel();
  throw overLimit();
}

async function cutOff(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<never> {
  await reader?.cancel();
  throw overLimit();
}

/** Undefined when the length of the body is not known before it comes. */
function declaredLength({ headers }: ApiRequest): number | undefined {
  const declared = headers.get("content-length");
  return declared === null ? undefined : Number(declared);
}

/** The body's text; "" when there is none. Invalid UTF-8 becomes U+FFFD, as in Go's decoder. @throws ApiError 413 */
export async function readText(request: ApiRequest): Promise<string> {
  const length = declaredLength(request);
  if (length !== undefined) return length > MAX_BODY_BYTES ? refuseTooLarge(request.body?.getReader()) : request.text();
  // Last: looking at the body makes a stream of it.
  return request.body ? new TextDecoder().decode(await readLimited(request.body, MAX_BODY_BYTES, refuseTooLarge)) : "";
}

async function readBytes(request: ApiRequest): Promise<Uint8Array> {
  const length = declaredLength(request);
  if (length !== undefined)
    return length > MAX_BODY_BYTES
      ? refuseTooLarge(request.body?.getReader())
      : new Uint8Array(await request.arrayBuffer());
  return request.body ? readLimited(request.body, MAX_BODY_BYTES, refuseTooLarge) : new Uint8Array(0);
}

/** @param refuse what is done when there is more; absent: nothing more is read @throws ApiError 413 */
export async function readLimited(
  body: ReadableStream<Uint8Array>,
  limitBytes = MAX_BODY_BYTES,
  refuse: typeof refuseTooLarge = cutOff,
): Promise<Uint8Array> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > limitBytes) return refuse(reader);
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** Media type of a Content-Type header, lower case, without parameters. */
export const mediaTypeOf = (contentType: string | null): string => {
  if (contentType === null || contentType === "") return "application/json";
  const semicolon = contentType.indexOf(";");
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
};

export interface ParsedBody {
  value: unknown;
  duplicateFields: readonly string[];
}

/** The request's body, parsed; undefined when it has none. @throws ApiError 400, 413, 415 */
export async function readBody(request: ApiRequest, registry: Registry): Promise<ParsedBody | undefined> {
  const mediaType = mediaTypeOf(request.headers.get("content-type"));
  if (mediaType === PROTOBUF_TYPE) {
    const bytes = await readBytes(request);
    return bytes.length === 0 ? undefined : { value: decodeProtobufBody(bytes, registry), duplicateFields: [] };
  }
  const text = await readText(request);
  return text === "" ? undefined : parseText(text, mediaType);
}

/**
 * The request's body, which should be an object of this kind.
 * @throws ApiError 400 (also when there is none), 413, 415
 */
export async function readObject(request: ApiRequest, registry: Registry, kind: string): Promise<ParsedBody> {
  const mediaType = mediaTypeOf(request.headers.get("content-type"));
  if (mediaType === PROTOBUF_TYPE) {
    const body = await readBody(request, registry);
    if (body) return body;
    throw unrecognized("", kind, "empty data");
  }
  const text = await readText(request);
  const unread = "couldn't get version/kind; json parse error: ";
  let body: ParsedBody;
  try {
    body = parseText(text, mediaType);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 400)) throw error;
    throw unrecognized(text, kind, `${mediaType === JSON_TYPE ? unread : ""}${error.message}`);
  }
  // To Go, null is an object without fields.
  if (body.value === null) return { ...body, value: {} };
  if (typeof body.value === "object" && !Array.isArray(body.value)) return body;
  throw unrecognized(
    text,
    kind,
    `${unread}json: cannot unmarshal ${goTypeOf(body.value)} into Go value of type ${HEADER_IN_GO}`,
  );
}

/** What kube-apiserver reads first of every object. */
const HEADER_IN_GO = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

const JSON_TYPE = "application/json";

/** @throws ApiError 400 for text that does not parse, 415 for other media types */
function parseText(text: string, mediaType: string): ParsedBody {
  switch (mediaType) {
    case JSON_TYPE:
      return parseJson(text);
    case "application/yaml":
      return parseYaml(text);
    default:
      throw unsupportedMediaType(
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
      );
  }
}

/** Bytes of a body that are told of it. */
const SUMMARY_BYTES = 30;

function unrecognized(text: string, kind: string, why: string): ApiError {
  const bytes = new TextEncoder().encode(text.slice(0, SUMMARY_BYTES + 1));
  const shown = bytes.subarray(0, SUMMARY_BYTES);
  const start = text.startsWith("{")
    ? new TextDecoder().decode(shown)
    : Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const summary = text === "" ? "<empty>" : bytes.length > SUMMARY_BYTES ? `${start} ...` : start;
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary})`);
}

/** An applied configuration: YAML, which most clients write as JSON. @throws ApiError 400 */
function parseConfiguration(text: string): ParsedBody {
  if (!/^\s*\{/.test(text)) return parseYaml(text);
  try {
    const parsed = parseJson(text);
    // What comes twice is told in the words of the reader that upstream has for both.
    return parsed.duplicateFields.length > 0 ? parseYaml(text) : parsed;
  } catch (error) {
    // It may still be a YAML map in braces; if not, that reader says what is wrong.
    if (error instanceof ApiError) return parseYaml(text);
    throw error;
  }
}

/**
 * The body of a PATCH.
 * @throws ApiError 400 for text that does not parse, in the words upstream has for each type; 413
 */
export async function readPatch(
  request: ApiRequest,
  type: PatchType | "apply",
  fieldValidation: FieldValidation,
): Promise<ParsedBody> {
  const text = await readText(request);
  try {
    return type === "apply" ? parseConfiguration(text) : parseJson(text);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 400)) throw error;
    if (type === "apply") throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
    if (type === "strategic" || fieldValidation === "Ignore") throw error;
    throw badRequest(`error decoding patch: ${error.message}`);
  }
}
