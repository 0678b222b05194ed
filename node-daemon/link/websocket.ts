/**
 * A WebSocket client that can be slowed down: undici's and Node's own deliver messages as fast as they come, offer
 * compression nobody here wants, and do not say with which status an upgrade was refused.
 */
import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { cutReason, sendableClose } from "../../machinery/tunnel/frame.ts";
import { encodeClientFrame, FrameParser, Opcode, WebSocketProtocolError } from "./websocket-frame.ts";

/** The server answered the upgrade with something else, or not at all (status 0). */
export class UpgradeError extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, message: string, body = "") {
    super(message);
    this.name = "UpgradeError";
    this.status = status;
    this.body = body;
  }
}

export interface DialOptions {
  /** http(s) or ws(s). */
  url: string;
  protocols?: string[];
  headers?: { [name: string]: string };
  /** PEM; absent: the system's roots. */
  ca?: string | undefined;
  /** For services that nobody vouches for. */
  insecure?: boolean;
  timeoutMs: number;
  /** Default 4 MiB. */
  maxMessageBytes?: number;
  signal?: AbortSignal | undefined;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_REFUSAL_BYTES = 16 * 1024;
const DEFAULT_MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** How long the peer may take to answer a close. */
const CLOSE_MS = 3_000;

/** @throws UpgradeError */
export function dialWebSocket(options: DialOptions): Promise<WebSocketClient> {
  const url = new URL(options.url.replace(/^ws/, "http"));
  const key = randomBytes(16).toString("base64");
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      agent: false,
      headers: {
        ...options.headers,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": key,
        ...(options.protocols?.length && { "sec-websocket-protocol": options.protocols.join(", ") }),
      },
      ...(options.ca !== undefined && { ca: options.ca }),
      ...(options.insecure && { rejectUnauthorized: false }),
      ...(options.signal && { signal: options.signal }),
    });
    const timer = setTimeout(
      () => request.destroy(new Error(`no answer within ${options.timeoutMs} ms`)),
      options.timeoutMs,
    );
    const fail = (error: UpgradeError): void => {
      clearTimeout(timer);
      reject(error);
    };
    request.on("error", (error) => fail(new UpgradeError(0, `${url.host}: ${messageOf(error)}`)));
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body = (body + text).slice(0, MAX_REFUSAL_BYTES);
      });
      response.on("close", () =>
        fail(
          new UpgradeError(
            response.statusCode ?? 0,
            `${url.host} refused the upgrade: ${response.statusCode} ${body.trim().slice(0, 200)}`,
            body,
          ),
        ),
      );
    });
    request.on("upgrade", (response, socket, head) => {
      clearTimeout(timer);
      if (response.headers["sec-websocket-accept"] !== accept || response.headers["sec-websocket-extensions"]) {
        socket.destroy();
        fail(new UpgradeError(0, `${url.host} answered the upgrade wrongly`));
        return;
      }
      resolve(
        new WebSocketClient(socket, head, {
          protocol: response.headers["sec-websocket-protocol"] ?? "",
          maxMessageBytes: options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
        }),
      );
    });
    request.end();
  });
}

export class WebSocketClient {
  readonly protocol: string;
  /** The payload is the listener's to keep. */
  onMessage: (message: string | Uint8Array) => void = () => {};
  /** Once. Code 1006 when the connection was lost. */
  onClose: (code: number, reason: string) => void = () => {};
  onPong: () => void = () => {};
  readonly #socket: Duplex;
  readonly #parser: FrameParser;
  readonly #maxMessageBytes: number;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #textual = false;
  #paused = false;
  #closeSent = false;
  #closed = false;

  constructor(socket: Duplex, head: Uint8Array, options: { protocol: string; maxMessageBytes: number }) {
    this.protocol = options.protocol;
    this.#socket = socket;
    this.#maxMessageBytes = options.maxMessageBytes;
    this.#parser = new FrameParser(options.maxMessageBytes);
    if ("setNoDelay" in socket) (socket as import("node:net").Socket).setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => {
      this.#parser.push(chunk);
      this.#parse();
    });
    socket.on("error", (error) => this.#gone(1006, messageOf(error)));
    socket.on("close", () => this.#gone(1006, "the connection was lost"));
    socket.on("end", () => {
      socket.end();
      this.#gone(1006, "the connection was lost");
    });
    this.#socket.pause();
    // Listeners are attached by whoever awaited the dial: what has come already waits for them.
    setImmediate(() => {
      if (head.byteLength > 0) {
        this.#parser.push(head);
        this.#parse();
      }
      if (!this.#paused) this.#socket.resume();
    });
  }

  get closed(): boolean {
    return this.#closed || this.#closeSent;
  }

  /** @returns false when the connection is behind: await `drained` before much more is sent */
  send(message: string | Uint8Array): boolean {
    if (this.closed) return true;
    return typeof message === "string"
      ? this.#socket.write(encodeClientFrame(Opcode.TEXT, Buffer.from(message)))
      : this.#socket.write(encodeClientFrame(Opcode.BINARY, message));
  }

  /** Resolves once the connection has caught up, or is gone. */
  drained(): Promise<void> {
    if (this.#closed || !this.#socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off("drain", done).off("close", done);
        resolve();
      };
      this.#socket.on("drain", done).on("close", done);
    });
  }

  /** A ping of the protocol, which servers answer without telling their applications. */
  ping(): void {
    if (!this.closed) this.#socket.write(encodeClientFrame(Opcode.PING, new Uint8Array(0)));
  }

  /** No messages are delivered until `resume`; the peer comes to a halt once buffers are full. */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#parse();
    if (!this.#paused) this.#socket.resume();
  }

  close(code = 1000, reason = ""): void {
    if (this.closed) return;
    this.#sendClose(code, reason);
    setTimeout(() => this.#socket.destroy(), CLOSE_MS).unref();
    this.resume();
  }

  /** Ends the connection without a word, as when the peer is taken for dead. */
  terminate(reason: string): void {
    this.#gone(1006, reason);
    this.#socket.destroy();
  }

  #sendClose(code: number, reason: string): void {
    this.#closeSent = true;
    const close = sendableClose(code, reason);
    const text = Buffer.from(close.reason);
    const payload = new Uint8Array(2 + text.byteLength);
    payload[0] = close.code >> 8;
    payload[1] = close.code;
    payload.set(text, 2);
    this.#socket.write(encodeClientFrame(Opcode.CLOSE, payload));
  }

  #parse(): void {
    try {
      while (!this.#closed && !this.#paused) {
        const frame = this.#parser.next();
        if (!frame) return;
        if (frame.opcode >= 8) this.#control(frame.opcode, frame.payload);
        else this.#data(frame.opcode, frame.final, frame.payload);
      }
    } catch (error) {
      if (!(error instanceof WebSocketProtocolError)) throw error;
      if (!this.#closeSent) this.#sendClose(error.code, error.message);
      this.#gone(error.code, error.message);
      this.#socket.end(() => this.#socket.destroy());
    }
  }

  #data(opcode: number, final: boolean, payload: Uint8Array): void {
    if (opcode > Opcode.BINARY) throw new WebSocketProtocolError(1002, "unknown opcode");
    const begins = opcode !== Opcode.CONTINUATION;
    if (begins !== (this.#parts.length === 0)) throw new WebSocketProtocolError(1002, "fragments out of order");
    if (begins) this.#textual = opcode === Opcode.TEXT;
    this.#partBytes += payload.byteLength;
    if (this.#partBytes > this.#maxMessageBytes) throw new WebSocketProtocolError(1009, "message too long");
    if (!final) {
      this.#parts.push(payload);
      return;
    }
    const whole = this.#parts.length === 0 ? payload : Buffer.concat([...this.#parts, payload]);
    this.#parts = [];
    this.#partBytes = 0;
    if (!this.#closeSent)
      this.onMessage(this.#textual ? Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString() : whole);
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (opcode === Opcode.PONG) this.onPong();
    else if (opcode === Opcode.PING) {
      if (!this.closed) this.#socket.write(encodeClientFrame(Opcode.PONG, payload));
    } else if (opcode === Opcode.CLOSE) {
      const code = payload.byteLength >= 2 ? (payload[0]! << 8) | payload[1]! : 1005;
      const reason = Buffer.from(payload.subarray(2)).toString();
      if (!this.#closeSent) this.#sendClose(code, "");
      this.#gone(code, reason);
      this.#socket.end(() => this.#socket.destroy());
    } else throw new WebSocketProtocolError(1002, "unknown opcode");
  }

  #gone(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onClose(code, cutReason(reason));
  }
}

/** An AggregateError (of several addresses tried) has no message of its own. */
const messageOf = (error: Error): string =>
  error.message || (error instanceof AggregateError ? String(error.errors[0]) : error.name);
