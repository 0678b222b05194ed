/** RFC 6455 framing of a client: what is sent is masked, what comes is not. */
import { randomFillSync } from "node:crypto";

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

export class WebSocketProtocolError extends Error {
  /** The close code to answer with. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "WebSocketProtocolError";
    this.code = code;
  }
}

const MASKS = new Uint8Array(4096);
let maskAt = MASKS.length;

function nextMask(): Uint8Array {
  if (maskAt === MASKS.length) {
    randomFillSync(MASKS);
    maskAt = 0;
  }
  maskAt += 4;
  return MASKS.subarray(maskAt - 4, maskAt);
}

/** Room for the longest header, so that the payload behind it is aligned for masking by words. */
const PAYLOAD_AT = 16;

/** One whole, masked message or control frame. */
export function encodeClientFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const length = payload.byteLength;
  const headerBytes = 6 + (length < 126 ? 0 : length < 65_536 ? 2 : 8);
  const bytes = new Uint8Array(PAYLOAD_AT + length);
  const at = PAYLOAD_AT - headerBytes;
  const view = new DataView(bytes.buffer);
  bytes[at] = 0x80 | opcode;
  if (length < 126) bytes[at + 1] = 0x80 | length;
  else if (length < 65_536) {
    bytes[at + 1] = 0x80 | 126;
    view.setUint16(at + 2, length);
  } else {
    bytes[at + 1] = 0x80 | 127;
    view.setBigUint64(at + 2, BigInt(length));
  }
  const mask = nextMask();
  bytes.set(mask, PAYLOAD_AT - 4);
  bytes.set(payload, PAYLOAD_AT);
  const words = new Uint32Array(bytes.buffer, PAYLOAD_AT, length >> 2);
  const key = new Uint32Array(bytes.buffer, PAYLOAD_AT - 4, 1)[0]!;
  for (let word = 0; word < words.length; word++) words[word]! ^= key;
  for (let byte = length & ~3; byte < length; byte++) bytes[PAYLOAD_AT + byte]! ^= mask[byte & 3]!;
  return bytes.subarray(at);
}

export interface ServerFrame {
  final: boolean;
  opcode: number;
  payload: Uint8Array;
}

/** Cuts a byte stream into frames. */
export class FrameParser {
  readonly #maxFrameBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
  }

  /** @returns the next whole frame, if it is all there. @throws WebSocketProtocolError */
  next(): ServerFrame | undefined {
    if (this.#bytes < 2) return undefined;
    const head = this.#peek(Math.min(10, this.#bytes));
    const opcode = head[0]! & 15;
    if (head[0]! & 0x70) throw new WebSocketProtocolError(1002, "reserved bits are set");
    if (head[1]! & 0x80) throw new WebSocketProtocolError(1002, "the server masks");
    const short = head[1]!;
    if (opcode >= 8 && (short > 125 || !(head[0]! & 0x80))) throw new WebSocketProtocolError(1002, "bad control frame");
    const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.#bytes < headerBytes) return undefined;
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const length = short < 126 ? short : short === 126 ? view.getUint16(2) : Number(view.getBigUint64(2));
    if (length > this.#maxFrameBytes) throw new WebSocketProtocolError(1009, "message too long");
    if (this.#bytes < headerBytes + length) return undefined;
    const frame = this.#take(headerBytes + length);
    return { final: (head[0]! & 0x80) !== 0, opcode, payload: frame.subarray(headerBytes) };
  }

  #peek(bytes: number): Uint8Array {
    const first = this.#chunks[0]!;
    return first.byteLength >= bytes ? first : Buffer.concat(this.#chunks).subarray(0, bytes);
  }

  #take(bytes: number): Uint8Array {
    const first = this.#chunks[0]!;
    this.#bytes -= bytes;
    if (first.byteLength > bytes) {
      this.#chunks[0] = first.subarray(bytes);
      return first.subarray(0, bytes);
    }
    if (first.byteLength === bytes) {
      this.#chunks.shift();
      return first;
    }
    const all = Buffer.concat(this.#chunks);
    this.#chunks = all.byteLength > bytes ? [all.subarray(bytes)] : [];
    return all.subarray(0, bytes);
  }
}
