/** The answers of proxied pods and services, made to work behind the proxy's URL. */
import { type ProxyPlace, proxyPrefix, rewriteHtml, rewriteUrl } from "./proxy-links.ts";

/** Pages longer than this pass as they are: the whole of one is held in memory. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** kube-apiserver sends clients that ask for a proxy without its slash to the one with it. */
export function rootRedirect(request: Request): Response | undefined {
  const { pathname, search } = new URL(request.url);
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (!isRead || request.headers.has("upgrade") || proxyPrefix(pathname) !== pathname) return undefined;
  return new Response(null, { status: 301, headers: { location: `${pathname}/${search}` } });
}

/** Where a proxied server stands for this client; undefined when nothing is proxied. */
export function proxyPlace(request: Request, path: string): (ProxyPlace & { forwardedUri: string }) | undefined {
  const { pathname, host } = new URL(request.url);
  const prefix = proxyPrefix(pathname);
  const backend = /^\/proxy\/https?\/([^/?]+)/.exec(path)?.[1];
  if (prefix === undefined || backend === undefined) return undefined;
  return { prefix, hosts: [request.headers.get("host") ?? host, backend], forwardedUri: pathname };
}

export function throughProxy(answer: Response, place: ProxyPlace): Response | Promise<Response> {
  const location = answer.headers.get("location");
  if (location) {
    answer.headers.set("location", rewriteUrl(location, place));
    return answer;
  }
  const type = (answer.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  return type === "text/html" && answer.body ? rewritePage(answer, answer.body, place) : answer;
}

async function rewritePage(answer: Response, body: ReadableStream<Uint8Array>, place: ProxyPlace): Promise<Response> {
  const encoding = answer.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip" && encoding !== "deflate") return answer;
  const headers = new Headers(answer.headers);
  headers.set("content-encoding", "identity");
  const plain = encoding === "identity" ? body : body.pipeThrough(decompression(encoding));
  const reader = plain.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    bytes += value.byteLength;
    if (bytes > MAX_PAGE_BYTES) return new Response(onwards(chunks, reader), { status: answer.status, headers });
  }
  const decoder = new TextDecoder();
  const page = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
  return new Response(rewriteHtml(page, place), { status: answer.status, headers });
}

/** What was read already, and then the rest. */
function onwards(chunks: Uint8Array[], reader: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const first = chunks.shift();
        if (first) {
          controller.enqueue(first);
          return;
        }
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

const decompression = (format: "gzip" | "deflate"): ReadableWritablePair<Uint8Array, Uint8Array> =>
  new DecompressionStream(format) as unknown as ReadableWritablePair<Uint8Array, Uint8Array>;
