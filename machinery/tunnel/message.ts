/** WebSocket messages over the DATA frames of a stream. */
import { MAX_MESSAGE_BYTES, MessageFlag } from "./contract.ts";
import { TunnelProtocolError } from "./frame.ts";
import type { TunnelStream } from "./stream.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Queues one whole message. */
export function writeMessage(stream: TunnelStream, message: string | Uint8Array): void {
  if (typeof message === "string") stream.write(encoder.encode(message), 0);
  else stream.write(message, MessageFlag.BINARY);
}

/** Puts messages together again. One per direction of a stream. */
export class MessageAssembler {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Whether a message has begun and not ended: its bytes are held here and nowhere else. */
  get partial(): boolean {
    return this.#parts.length > 0;
  }

  /** @returns the message this frame completes. @throws TunnelProtocolError */
  add(payload: Uint8Array): string | Uint8Array | undefined {
    const flags = payload[0];
    if (flags === undefined || flags > 3) throw new TunnelProtocolError("DATA without message flags");
    const piece = payload.subarray(1);
    this.#bytes += piece.byteLength;
    if (this.#bytes > MAX_MESSAGE_BYTES) throw new TunnelProtocolError("message too long");
    if (flags & MessageFlag.MORE) {
      this.#parts.push(piece);
      return undefined;
    }
    const whole = this.#parts.length === 0 ? piece : this.#join(piece);
    this.#bytes = 0;
    return flags & MessageFlag.BINARY ? whole : decoder.decode(whole);
  }

  #join(last: Uint8Array): Uint8Array {
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of [...this.#parts, last]) {
      whole.set(part, at);
      at += part.byteLength;
    }
    this.#parts = [];
    return whole;
  }
}
