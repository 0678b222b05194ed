/** gzip for large answers, when the client takes it. Watches are never marked as large. */
import { LARGE_HEADER } from "../http/large.ts";
import { type Answer, headerOf, responseOf } from "../http/reply.ts";

/** workerd compresses by itself what says it is gzip, unless told that it is already. */
interface EncodedInit extends ResponseInit {
  encodeBody: "manual";
}

export function compressed(answer: Answer, acceptEncoding: string | null): Response {
  if (headerOf(answer, LARGE_HEADER) === null) return responseOf(answer);
  const { status } = answer;
  const headers = new Headers(answer.headers);
  headers.delete(LARGE_HEADER);
  headers.append("vary", "Accept-Encoding");
  // A stream is passed on as it is, and what is there as a whole is never made one.
  const plain = answer.body as ConstructorParameters<typeof Response>[0];
  if (!plain || !takesGzip(acceptEncoding)) return new Response(plain, { status, headers });
  const body = responseOf(answer).body!;
  headers.delete("content-length");
  headers.set("content-encoding", "gzip");
  const init: EncodedInit = { status, headers, encodeBody: "manual" };
  return new Response(body.pipeThrough(new CompressionStream("gzip")), init);
}

const takesGzip = (acceptEncoding: string | null): boolean =>
  (acceptEncoding ?? "").split(",").some((clause) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(clause));
