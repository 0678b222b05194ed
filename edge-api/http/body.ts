/** Request bodies: size, encoding, and the parsed value. */
import { parseJson } from "../../machinery/codec/json.ts";
import { parseYaml } from "../../machinery/codec/yaml.ts";
import { badRequest, tooLarge, unsupportedMediaType } from "../../machinery/meta/status.ts";

/** As kube-apiserver's. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

const overLimit = () => tooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`);

/** The body's text; "" when there is none. Invalid UTF-8 becomes U+FFFD, as in Go's decoder. @throws ApiError 413 */
export async function readText(request: Request): Promise<string> {
  if (!request.body) return "";
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > MAX_BODY_BYTES) throw overLimit();
    return request.text();
  }
  return readLimited(request.body);
}

async function readLimited(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      await reader.cancel();
      throw overLimit();
    }
    text += decoder.decode(value, { stream: true });
  }
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

/** @throws ApiError 400 for text that does not parse, 415 for other media types */
export function parseBody(text: string, mediaType: string): ParsedBody {
  switch (mediaType) {
    case "application/json":
    case "*/*":
      return parseJson(text);
    case "application/yaml":
    case "application/x-yaml":
    case "text/yaml":
      return parseYaml(text);
    default:
      throw unsupportedMediaType(
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml",
      );
  }
}

export function requireBody(text: string): string {
  if (text === "") throw badRequest("unable to decode: the request has no body");
  return text;
}
