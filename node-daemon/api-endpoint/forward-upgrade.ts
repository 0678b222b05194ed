/** Passes a WebSocket on to the edge: after both sides agreed, bytes flow untouched. */
import type { IncomingMessage } from "node:http";
import { type Agent, request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import type { Log } from "../contracts.ts";
import { badRequest, endToEndHeaders, pathOf, type Refusal, unavailable } from "./forward-request.ts";

const HANDSHAKE_TIMEOUT_MS = 60_000;

export const isWebSocket = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === "websocket";

export interface UpgradeTarget {
  url: string;
  /** With the edge's CA. */
  agent: Agent;
  log: Log;
}

/** Resolves when the connection is over. Rejects for headers that cannot be sent on. */
export function forwardUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  target: UpgradeTarget,
): Promise<void> {
  const { url, agent, log } = target;
  return new Promise((resolve) => {
    socket.on("close", resolve);
    socket.on("error", (error) => log.debug("upgraded connection of a pod", { error: error.message }));
    if (!isWebSocket(request)) {
      refuseUpgrade(socket, badRequest("only WebSocket upgrades pass here"));
      return;
    }
    const { hostname, port, host } = new URL(url);
    const outgoing = httpsRequest({
      hostname,
      port: port || 443,
      path: request.url,
      method: request.method,
      headers: [...endToEndHeaders(request.headers), "connection", "Upgrade", "upgrade", "websocket", "host", host],
      agent,
      timeout: HANDSHAKE_TIMEOUT_MS,
    });
    socket.on("close", () => outgoing.destroy());
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer to the upgrade")));
    outgoing.on("error", (error) => {
      log.warn("the edge cannot be reached for a pod", { path: pathOf(request), error: error.message });
      refuseUpgrade(socket, unavailable(error.message));
    });
    outgoing.on("upgrade", (answer, upstream, first) => {
      upstream.setTimeout(0);
      socket.write(headOf(answer, ["connection: Upgrade", "upgrade: websocket"]));
      if (first.length > 0) socket.write(first);
      if (head.length > 0) upstream.write(head);
      upstream.on("error", (error) => log.debug("upgraded connection to the edge", { error: error.message }));
      upstream.on("close", () => socket.destroy());
      socket.on("close", () => upstream.destroy());
      upstream.pipe(socket).pipe(upstream);
    });
    outgoing.on("response", (answer) => {
      // Refused: the answer's body ends with the connection.
      socket.write(headOf(answer, ["connection: close"]));
      answer.on("error", () => socket.destroy());
      answer.pipe(socket);
    });
    outgoing.end();
  });
}

function headOf(answer: IncomingMessage, extra: string[]): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ""}`];
  const headers = endToEndHeaders(answer.headers);
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${[...lines, ...extra].join("\r\n")}\r\n\r\n`;
}

function refuseUpgrade(socket: Duplex, { status }: Refusal): void {
  if (socket.destroyed) return;
  const body = `${JSON.stringify(status)}\n`;
  const head = [
    `HTTP/1.1 ${status.code} ${status.reason}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
