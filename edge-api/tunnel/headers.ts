/** What may travel between a client and a node. */

/** Of one connection, not of the message: RFC 9110 section 7.6.1. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Credentials, and what the edge itself adds: no business of a node's or a pod's. */
const FORBIDDEN_PREFIXES = ["authorization", "impersonate-", "x-kedge-", "x-forwarded-uri", "cf-", "sec-websocket-"];

/** Named by `Connection: a, b` as hop-by-hop too. */
const namedByConnection = (headers: Headers): Set<string> =>
  new Set((headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase()));

export function requestHeaders(headers: Headers): [string, string][] {
  const named = namedByConnection(headers);
  return [...headers].filter(
    ([name]) =>
      !HOP_BY_HOP.has(name) && !named.has(name) && !FORBIDDEN_PREFIXES.some((prefix) => name.startsWith(prefix)),
  );
}

/**
 * The node's headers as the client gets them. A length goes only where no body follows that could tell it. Names or
 * values that no header may have are dropped.
 */
export function responseHeaders(pairs: readonly [string, string][], options: { keepLength: boolean }): Headers {
  const headers = new Headers();
  const named = namedByConnection(new Headers(pairs.filter(([name]) => name.toLowerCase() === "connection")));
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || named.has(lower) || lower.startsWith("sec-websocket-")) continue;
    if (lower === "content-length" && !options.keepLength) continue;
    try {
      headers.append(name, value);
    } catch {
      // A pod's malformed header is not worth failing the answer for; browsers drop it, too.
    }
  }
  // Without a coding of its own, a proxy in front may compress, and so hold back, what is meant to stream.
  if (!headers.has("content-encoding")) headers.set("content-encoding", "identity");
  return headers;
}

/** The subprotocols a client offers. */
export const offeredProtocols = (headers: Headers): string[] =>
  (headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
