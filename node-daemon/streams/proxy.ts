import { Readable } from "node:stream";
import { Agent, request } from "undici";
import { NoAnswerError, type TunnelCall } from "../link/call.ts";
import { DialledSocket, type MessageSocket } from "../link/message-socket.ts";
import { dialWebSocket, UpgradeError } from "../link/websocket.ts";
import type { ProxyTarget } from "./proxy-target.ts";

const CONNECT_MS = 10_000;

/** Answers with what a pod or service of the cluster answers. */
export type Proxy = (call: TunnelCall, target: ProxyTarget) => Promise<void>;

export function createProxy(): Proxy {
  const agent = new Agent({
    connections: 32,
    keepAliveTimeout: 10_000,
    // Like kube-apiserver: nobody vouches for the certificates of pods.
    connect: { timeout: CONNECT_MS, rejectUnauthorized: false },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return (call, target) => (call.request.protocols ? proxyWebSocket(call, target) : proxyHttp(agent, call, target));
}

async function proxyHttp(agent: Agent, call: TunnelCall, target: ProxyTarget): Promise<void> {
  const { method, headers } = call.request;
  const length = headers.find(([name]) => name === "content-length")?.[1];
  const hasBody = length === undefined ? method !== "GET" && method !== "HEAD" : length !== "0";
  const answer = await request(target.origin + target.path, {
    dispatcher: agent,
    method: method as "GET",
    headers: headers.flat(),
    body: hasBody ? Readable.from(call.body(), { objectMode: false }) : null,
    signal: call.signal,
  }).catch((error: unknown) => {
    throw new NoAnswerError(dialError(target.address, error));
  });
  call.respond({ status: answer.statusCode, headers: pairsOf(answer.headers) });
  for await (const chunk of answer.body) if (!(await call.write(chunk as Uint8Array))) return;
}

async function proxyWebSocket(call: TunnelCall, target: ProxyTarget): Promise<void> {
  const protocols = call.request.protocols ?? [];
  const backend = await dialWebSocket({
    url: target.origin + target.path,
    protocols,
    headers: Object.fromEntries(call.request.headers),
    insecure: true,
    timeoutMs: CONNECT_MS,
    signal: call.signal,
  }).catch(async (error: unknown) => {
    if (!(error instanceof UpgradeError) || error.status === 0)
      throw new NoAnswerError(dialError(target.address, error));
    call.respond({ status: error.status, headers: [["content-type", "text/plain; charset=utf-8"]] });
    await call.write(Buffer.from(error.body));
    return undefined;
  });
  if (!backend) return;
  const service = new DialledSocket(backend);
  try {
    const client = await call.upgrade(backend.protocol || undefined);
    await Promise.race([copy(client, service), copy(service, client)]);
  } finally {
    service.close();
  }
}

async function copy(from: MessageSocket, to: MessageSocket): Promise<void> {
  for (let message = await from.receive(); message !== undefined; message = await from.receive())
    if (!(await to.send(message))) return;
  const { code, reason } = from.closed ?? { code: 1000, reason: "" };
  to.close(code, reason);
}

const pairsOf = (headers: { [name: string]: string | string[] | undefined }): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  );

/** As Go's net package words it: people search for these. */
function dialError(address: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === "ECONNREFUSED") return `dial tcp ${address}: connect: connection refused`;
  if (code === "EHOSTUNREACH") return `dial tcp ${address}: connect: no route to host`;
  if (code === "ENETUNREACH") return `dial tcp ${address}: connect: network is unreachable`;
  if (code === "ETIMEDOUT" || code === "UND_ERR_CONNECT_TIMEOUT") return `dial tcp ${address}: i/o timeout`;
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") return "EOF";
  return error instanceof Error ? error.message : String(error);
}
