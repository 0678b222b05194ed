/** A WebSocket server in which a test says every byte: RFC 6455 from the server's side, and what breaks it. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

export interface ServerSocket {
  request: IncomingMessage;
  /** Messages and control frames of the client, in order. */
  received: { opcode: number; payload: Buffer }[];
  /** Resolves with the next frame not yet taken. */
  next(): Promise<{ opcode: number; payload: Buffer }>;
  /** An unmasked frame; `final: false` begins or continues a fragmented message. */
  send(opcode: number, payload: string | Uint8Array, options?: { final?: boolean }): void;
  raw: Duplex;
}

export function serverFrame(opcode: number, payload: Uint8Array, final = true): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (final ? 0x80 : 0) | opcode;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** @returns frames of a client, and what is left */
function takeFrames(data: Buffer): { frames: { opcode: number; payload: Buffer }[]; rest: Buffer } {
  const frames = [];
  let at = 0;
  while (data.length - at >= 6) {
    const short = data[at + 1]! & 127;
    const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (data.length - at < headBytes + 4) break;
    const length =
      short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
    const start = at + headBytes + 4;
    if (data.length < start + length) break;
    const mask = data.subarray(start - 4, start);
    const payload = Buffer.from(data.subarray(start, start + length).map((byte, index) => byte ^ mask[index & 3]!));
    frames.push({ opcode: data[at]! & 15, payload });
    at = start + length;
  }
  return { frames, rest: data.subarray(at) };
}

export interface WebSocketServer {
  url: string;
  /** The next connection. */
  accepted(): Promise<ServerSocket>;
  stop(): Promise<void>;
}

/** @param answer plain requests; and upgrades for which it gives a status */
export async function startWebSocketServer(
  answer: (request: IncomingMessage, body: string) => { status: number; body: string } | undefined = () => undefined,
): Promise<WebSocketServer> {
  const waiting: ServerSocket[] = [];
  const open = new Set<Duplex>();
  let wake = (): void => {};
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { status, body: text } = answer(request, body) ?? { status: 404, body: "" };
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  });
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  server.on("upgrade", (request, raw) => {
    const refusal = answer(request, "");
    if (refusal) {
      raw.end(
        `HTTP/1.1 ${refusal.status} No\r\ncontent-length: ${refusal.body.length}\r\nconnection: close\r\n\r\n${refusal.body}`,
      );
      return;
    }
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    const protocol = request.headers["sec-websocket-protocol"]?.split(",")[0];
    raw.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n${
        protocol ? `sec-websocket-protocol: ${protocol}\r\n` : ""
      }\r\n`,
    );
    let rest: Buffer = Buffer.alloc(0);
    let taken = 0;
    let notify = (): void => {};
    const socket: ServerSocket = {
      request,
      received: [],
      raw,
      async next() {
        while (socket.received.length <= taken) await new Promise<void>((resolve) => (notify = resolve));
        return socket.received[taken++]!;
      },
      send: (opcode, payload, { final = true } = {}) =>
        void raw.write(serverFrame(opcode, Buffer.from(payload), final)),
    };
    raw.on("error", () => {});
    raw.on("data", (chunk: Buffer) => {
      const taken = takeFrames(Buffer.concat([rest, chunk]));
      rest = taken.rest;
      socket.received.push(...taken.frames);
      notify();
    });
    waiting.push(socket);
    wake();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async accepted() {
      while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift()!;
    },
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
