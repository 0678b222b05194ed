/** One question to one resolver: by UDP over a few sockets that change often, or by TCP. */
import { createSocket, type Socket } from "node:dgram";
import { connect } from "node:net";
import { encodeForward } from "./encode.ts";
import type { Query } from "./message.ts";
import { answersQuestion } from "./relay.ts";

export interface Resolver {
  ip: string;
  port: number;
}

/** A socket's port is a secret that keeps strangers from forging answers, so none is used for long. */
const SOCKET_LIFE_MS = 10_000;
const QUERIES_PER_SOCKET = 256;
const MAX_TCP_BYTES = 65_535;

interface Pending {
  question: Buffer;
  done: (outcome: Buffer | Error) => void;
}

interface Line {
  socket: Socket;
  ready: Promise<void>;
  pending: Map<number, Pending>;
  asked: number;
  bornMs: number;
  retired: boolean;
}

export class UdpExchange {
  readonly #resolver: Resolver;
  readonly #randomId: () => number;
  #line: Line | undefined;

  /** @param randomId 0 to 65535, not to be guessed */
  constructor(resolver: Resolver, randomId: () => number) {
    this.#resolver = resolver;
    this.#randomId = randomId;
  }

  /** Resolves with the response. Rejects after `timeoutMs`, or at once when the resolver's port is closed. */
  async ask(query: Query, options: { timeoutMs: number; edns: boolean }): Promise<Buffer> {
    const line = this.#openLine();
    await line.ready;
    let id = this.#randomId();
    while (line.pending.has(id)) id = this.#randomId();
    return await new Promise<Buffer>((resolve, reject) => {
      const done = (outcome: Buffer | Error): void => {
        clearTimeout(timer);
        line.pending.delete(id);
        closeWhenIdle(line);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const timer = setTimeout(() => done(new Error(`no answer in ${options.timeoutMs} ms`)), options.timeoutMs);
      line.pending.set(id, { question: query.question, done });
      line.socket.send(encodeForward(query, id, options.edns), (error) => error && line.pending.get(id)?.done(error));
    });
  }

  close(): void {
    if (!this.#line) return;
    this.#line.retired = true;
    closeWhenIdle(this.#line);
    this.#line = undefined;
  }

  #openLine(): Line {
    const now = Date.now();
    const current = this.#line;
    if (current && current.asked < QUERIES_PER_SOCKET && now - current.bornMs < SOCKET_LIFE_MS) {
      current.asked++;
      return current;
    }
    this.close();
    const { ip, port } = this.#resolver;
    const socket = createSocket(ip.includes(":") ? "udp6" : "udp4");
    const pending = new Map<number, Pending>();
    const line: Line = { socket, ready: Promise.resolve(), pending, asked: 1, bornMs: now, retired: false };
    line.ready = new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(port, ip, resolve);
    });
    // Nobody may be waiting for it when it fails.
    line.ready.catch(() => {});
    socket.on("error", (error) => {
      if (this.#line === line) this.#line = undefined;
      line.retired = true;
      for (const { done } of [...pending.values()]) done(error);
      closeWhenIdle(line);
    });
    socket.on("message", (message) => {
      const waiting = message.length >= 2 ? pending.get(message.readUInt16BE(0)) : undefined;
      if (waiting && answersQuestion(message, message.readUInt16BE(0), waiting.question)) waiting.done(message);
    });
    socket.unref();
    this.#line = line;
    return line;
  }
}

function closeWhenIdle(line: Line): void {
  if (!line.retired || line.pending.size > 0) return;
  line.retired = false; // once
  try {
    line.socket.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SOCKET_DGRAM_NOT_RUNNING") throw error;
  }
}

/** Asks by TCP, on a connection of its own. */
export function askTcp(query: Query, resolver: Resolver, options: { id: number; timeoutMs: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: resolver.ip, port: resolver.port });
    const timer = setTimeout(() => fail(new Error(`no answer in ${options.timeoutMs} ms`)), options.timeoutMs);
    let received = Buffer.alloc(0);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("connection closed before the answer")));
    socket.on("connect", () => {
      const message = encodeForward(query, options.id, true);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length > MAX_TCP_BYTES + 2) return fail(new Error("answer is too long"));
      if (received.length < 2 || received.length < received.readUInt16BE(0) + 2) return;
      const response = received.subarray(2, received.readUInt16BE(0) + 2);
      if (!answersQuestion(response, options.id, query.question)) return fail(new Error("answer to another question"));
      clearTimeout(timer);
      socket.removeAllListeners("close");
      socket.destroy();
      resolve(response);
    });
  });
}
