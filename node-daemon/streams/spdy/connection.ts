import { request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import {
  ControlType,
  dataFrame,
  FLAG_FIN,
  HeaderEncoder,
  pingFrame,
  resetFrame,
  SpdyParser,
  SpdyProtocolError,
  synStreamFrame,
} from "./frame.ts";

/** The streaming server refused the upgrade, or did not answer (status 0). */
export class SpdyUpgradeError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "SpdyUpgradeError";
    this.status = status;
  }
}

const DIAL_MS = 10_000;
const MAX_REFUSAL_BYTES = 4096;

/** What an HTTP request became by its upgrade to SPDY/3.1. */
export interface UpgradedConnection {
  socket: Duplex;
  /** What came along with the answer. */
  head: Uint8Array;
}

/**
 * Upgrades a request to a runtime's streaming server.
 * @param protocol of what the streams carry: "v4.channel.k8s.io", "portforward.k8s.io"
 * @throws SpdyUpgradeError
 */
export function dialSpdy(url: string, protocol: string): Promise<UpgradedConnection> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, {
      agent: false,
      method: "POST",
      headers: {
        connection: "Upgrade",
        upgrade: "SPDY/3.1",
        "x-stream-protocol-version": protocol,
        "content-length": 0,
      },
      timeout: DIAL_MS,
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${DIAL_MS} ms`)));
    request.on("error", (error) => reject(new SpdyUpgradeError(0, error.message)));
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body = (body + text).slice(0, MAX_REFUSAL_BYTES);
      });
      response.on("close", () => reject(new SpdyUpgradeError(response.statusCode ?? 0, body.trim())));
    });
    request.on("upgrade", (_response, socket, head) => {
      socket.setTimeout(0);
      socket.setNoDelay(true);
      resolve({ socket, head });
    });
    request.end();
  });
}

const MAX_DATA_BYTES = 32 * 1024;

/**
 * Without SPDY's windows: the peers (moby/spdystream) neither grant nor ask for any, and TCP holds both sides up. To
 * send WINDOW_UPDATE would do harm: one that reaches a server which has written all its output and closed is answered
 * with a reset, and what was still under way is lost.
 */
export class SpdyStream {
  readonly id: number;
  /** The bytes are the listener's to keep. */
  onData: (data: Uint8Array) => void = () => {};
  /** Once: the peer sends no more, by its FIN (no error), a reset, or with the connection. */
  onEnd: (error?: Error) => void = () => {};
  readonly #send: (frame: Uint8Array) => boolean;
  #sentFin = false;
  #ended = false;

  constructor(id: number, send: (frame: Uint8Array) => boolean) {
    this.id = id;
    this.#send = send;
  }

  /** @returns false when the connection is behind: await `drained` before much more is written */
  write(data: Uint8Array): boolean {
    if (this.#sentFin || data.byteLength === 0) return true;
    let room = true;
    for (let at = 0; at < data.byteLength; at += MAX_DATA_BYTES)
      room = this.#send(dataFrame(this.id, data.subarray(at, at + MAX_DATA_BYTES)));
    return room;
  }

  /** No more will be written. */
  end(): void {
    if (this.#sentFin) return;
    this.#sentFin = true;
    this.#send(dataFrame(this.id, new Uint8Array(0), FLAG_FIN));
  }

  reset(): void {
    if (this.#ended && this.#sentFin) return;
    this.#sentFin = true;
    this.#send(resetFrame(this.id, 5 /* CANCEL */));
    this.ended();
  }

  received(payload: Uint8Array): void {
    if (this.#ended || payload.byteLength === 0) return;
    this.onData(payload);
  }

  ended(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onEnd(error);
  }
}

/** The client's end of a connection. Streams are all opened from here. */
export class SpdyConnection {
  /** Once, when the connection is gone; every stream has been told. */
  onClose: () => void = () => {};
  readonly #socket: Duplex;
  readonly #parser = new SpdyParser();
  readonly #encoder = new HeaderEncoder();
  readonly #streams = new Map<number, SpdyStream>();
  #lastId = -1;
  #paused = false;
  #ending = false;
  #closed = false;

  constructor({ socket, head }: UpgradedConnection) {
    this.#socket = socket;
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk));
    socket.on("error", (error) => this.#gone(error));
    socket.on("close", () => this.#gone(new Error("the runtime closed the connection")));
    socket.on("end", () => this.#gone(new Error("the runtime closed the connection")));
    if (head.byteLength === 0) return;
    this.#parser.push(head);
    // Not before the streams it is for could be opened.
    setImmediate(() => this.#deliver());
  }

  open(headers: { [lowerCaseName: string]: string }): SpdyStream {
    this.#lastId += 2;
    const stream = new SpdyStream(this.#lastId, (frame) => this.#closed || this.#socket.write(frame));
    this.#streams.set(stream.id, stream);
    this.#socket.write(synStreamFrame(stream.id, this.#encoder.encode(headers)));
    return stream;
  }

  /** Resolves once what was written is on its way, or the connection is gone. */
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

  /** Nothing is delivered until `resume`; the peer comes to a halt once buffers are full. */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#deliver();
    if (!this.#paused) this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
    this.#gone(new Error("closed"));
  }

  #take(chunk: Uint8Array): void {
    this.#parser.push(chunk);
    this.#deliver();
  }

  #deliver(): void {
    try {
      while ((!this.#paused || this.#ending) && !this.#closed) {
        const frame = this.#parser.next();
        if (!frame) return;
        if (frame.kind === "control") this.#control(frame.type, frame.payload, frame.fin);
        else {
          const stream = this.#streams.get(frame.stream);
          stream?.received(frame.payload);
          if (frame.fin) this.#finished(frame.stream);
        }
      }
    } catch (error) {
      if (!(error instanceof SpdyProtocolError)) throw error;
      this.#socket.destroy();
      this.#gone(error);
    }
  }

  #control(type: number, payload: Uint8Array, fin: boolean): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const word = payload.byteLength >= 4 ? view.getUint32(0) & 0x7fff_ffff : 0;
    if (type === ControlType.SYN_REPLY && fin) this.#finished(word);
    else if (type === ControlType.RST_STREAM) this.#finished(word, new Error("the runtime reset the stream"));
    // Odd numbers are answers to pings of ours, and we send none.
    else if (type === ControlType.PING && word % 2 === 0) this.#socket.write(pingFrame(word));
    else if (type === ControlType.GOAWAY) this.#socket.end();
    // The headers of SYN_REPLY hold nothing we ask for; the rest is optional.
  }

  #finished(id: number, error?: Error): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.ended(error);
  }

  #gone(error: Error): void {
    if (this.#closed || this.#ending) return;
    // What has come before the end is still to be read, however slow its reader: it is no more than buffers hold.
    this.#ending = true;
    this.#deliver();
    this.#closed = true;
    for (const id of [...this.#streams.keys()]) this.#finished(id, error);
    this.onClose();
  }
}
