/** gzip for large answers, when the client takes it. Watches are never marked as large. */
import { LARGE_HEADER } from "../http/large.ts";

/** workerd compresses by itself what says it is gzip, unless told that it is already. */
interface EncodedInit extends ResponseInit {
  encodeBody: "manual";
}

export function compressed(response: Response, acceptEncoding: string | null): Response {
  if (response.headers.get(LARGE_HEADER) === null) return response;
  const { status, body } = response;
  const headers = new Headers(response.headers);
  headers.delete(LARGE_HEADER);
  headers.append("vary", "Accept-Encoding");
  if (!body || !takesGzip(acceptEncoding)) return new Response(body, { status, headers });
  headers.delete("content-length");
  headers.set("content-encoding", "gzip");
  const init: EncodedInit = { status, headers, encodeBody: "manual" };
  return new Response(body.pipeThrough(new CompressionStream("gzip")), init);
}

const takesGzip = (acceptEncoding: string | null): boolean =>
  (acceptEncoding ?? "").split(",").some((clause) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(clause));
