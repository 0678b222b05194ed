/**
 * SPDY/3.1 framing, as far as a client of a container runtime's streaming server needs it.
 * Source: https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */

const CONTROL = 0x80;
const VERSION = 3;
export const FLAG_FIN = 1;
const MAX_FRAME_BYTES = 1024 * 1024;

export const ControlType = {
  SYN_STREAM: 1,
  SYN_REPLY: 2,
  RST_STREAM: 3,
  PING: 6,
  GOAWAY: 7,
} as const;

export class SpdyProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SpdyProtocolError";
  }
}

export type SpdyFrame =
  | { kind: "data"; stream: number; fin: boolean; payload: Uint8Array }
  | { kind: "control"; type: number; fin: boolean; payload: Uint8Array };

function controlFrame(type: number, flags: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + payload.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, (CONTROL << 8) | VERSION);
  view.setUint16(2, type);
  view.setUint32(4, (flags << 24) | payload.byteLength);
  bytes.set(payload, 8);
  return bytes;
}

export function dataFrame(stream: number, payload: Uint8Array, fin = 0): Uint8Array {
  const bytes = new Uint8Array(8 + payload.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, stream);
  view.setUint32(4, (fin << 24) | payload.byteLength);
  bytes.set(payload, 8);
  return bytes;
}

const words = (...values: number[]): Uint8Array => {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => void view.setUint32(index * 4, value));
  return bytes;
};

export const pingFrame = (id: number): Uint8Array => controlFrame(ControlType.PING, 0, words(id));
export const resetFrame = (stream: number, status: number): Uint8Array =>
  controlFrame(ControlType.RST_STREAM, 0, words(stream, status));

/** @param block of a HeaderEncoder, whose frames must be sent in the order they were made */
export function synStreamFrame(stream: number, block: Uint8Array): Uint8Array {
  const payload = new Uint8Array(10 + block.byteLength);
  payload.set(words(stream, 0));
  payload.set(block, 10);
  return controlFrame(ControlType.SYN_STREAM, 0, payload);
}

/**
 * Header blocks are one zlib stream a connection. Ours are stored, not compressed: legal, as small as our few headers
 * need, and free of state. The empty stored block at the end of each is the flush that makes decoders give it out.
 */
export class HeaderEncoder {
  /** zlib's header: deflate, 32 KB window, preset dictionary, and the checksum of SPDY/3's dictionary. */
  #start: readonly number[] = [0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2];

  encode(headers: { [lowerCaseName: string]: string }): Uint8Array {
    const pairs = Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
    const block = Buffer.concat([
      words(pairs.length),
      ...pairs.flatMap(([name, value]) => [words(name.length), name, words(value.length), value]),
    ]);
    if (block.length > 0xffff) throw new SpdyProtocolError("headers too long");
    const { length } = block;
    const stored = [0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255];
    const encoded = Buffer.concat([Buffer.from([...this.#start, ...stored]), block, Buffer.from([0, 0, 0, 255, 255])]);
    this.#start = [];
    return encoded;
  }
}

/** Cuts a byte stream into frames. */
export class SpdyParser {
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
  }

  /** @returns the next whole frame, if it is all there. @throws SpdyProtocolError */
  next(): SpdyFrame | undefined {
    if (this.#bytes < 8) return undefined;
    const head = this.#joined(8);
    const view = new DataView(head.buffer, head.byteOffset, 8);
    const second = view.getUint32(4);
    const length = second & 0xff_ffff;
    if (length > MAX_FRAME_BYTES) throw new SpdyProtocolError(`frame of ${length} bytes`);
    if (this.#bytes < 8 + length) return undefined;
    const fin = ((second >>> 24) & FLAG_FIN) !== 0;
    const first = view.getUint32(0);
    const payload = this.#take(8 + length).subarray(8);
    if (first >>> 31 === 0) return { kind: "data", stream: first, fin, payload };
    if (((first >>> 16) & 0x7fff) !== VERSION) throw new SpdyProtocolError("not SPDY/3");
    return { kind: "control", type: first & 0xffff, fin, payload };
  }

  #joined(bytes: number): Uint8Array {
    if (this.#chunks[0]!.byteLength < bytes) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #take(bytes: number): Uint8Array {
    const first = this.#joined(bytes);
    this.#bytes -= bytes;
    if (first.byteLength === bytes) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(bytes);
    return first.subarray(0, bytes);
  }
}
