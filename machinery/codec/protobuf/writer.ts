/**
 * The protobuf wire format, written from its end to its beginning: the length of a nested message is known once it has
 * been written, so that one pass is enough.
 */
const encoder = new TextEncoder();
const FIRST_SIZE = 16 * 1024;
/** A buffer that grew beyond this for one large object is not kept for the next. */
const MAX_KEPT_BYTES = 1024 * 1024;

export class BackwardWriter {
  #bytes = new Uint8Array(FIRST_SIZE);
  #at = FIRST_SIZE;

  /** Begins anew, whatever an earlier message that could not be written has left. */
  begin(): void {
    this.#at = this.#bytes.length;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#bytes.length - this.#at;
  }

  /** What was written, as bytes of its own; the writer begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(this.#at);
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#bytes = new Uint8Array(FIRST_SIZE);
    this.#at = this.#bytes.length;
    return taken;
  }

  /** A copy of what was written since `length` was `before`. */
  since(before: number): Uint8Array {
    return this.#bytes.slice(this.#at, this.#bytes.length - before);
  }

  #reserve(count: number): void {
    if (count <= this.#at) return;
    const { length } = this;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, length + count));
    grown.set(this.#bytes.subarray(this.#at), grown.length - length);
    this.#bytes = grown;
    this.#at = grown.length - length;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#at -= value.length;
    this.#bytes.set(value, this.#at);
  }

  /** UTF-8. */
  string(value: string): void {
    const { length } = value;
    // Most texts are short and ASCII: a loop is faster than the encoder.
    if (length <= 64) {
      this.#reserve(length);
      const bytes = this.#bytes;
      let at = this.#at;
      let i = length - 1;
      for (; i >= 0; i--) {
        const code = value.charCodeAt(i);
        if (code > 0x7f) break;
        bytes[--at] = code;
      }
      if (i < 0) {
        this.#at = at;
        return;
      }
    }
    this.bytes(encoder.encode(value));
  }

  /** A signed whole number; negative ones take ten bytes, as in Go. Exact up to 2^53. */
  varint(value: number): void {
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
      this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
      return;
    }
    let rest = value;
    let count = 1;
    for (let left = value; left >= 0x80; left = Math.floor(left / 0x80)) count++;
    this.#reserve(count);
    this.#at -= count;
    let at = this.#at;
    while (rest >= 0x80) {
      this.#bytes[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[at] = rest;
  }

  #bigVarint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.bytes(Uint8Array.from(bytes));
  }

  double(value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.bytes(bytes);
  }

  /** The length of what was written since `length` was `before`, then the field's tag. */
  closeField(number: number, before: number): void {
    this.varint(this.length - before);
    this.varint(number * 8 + 2);
  }
}
