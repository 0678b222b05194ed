/** The protobuf wire format, read. */

export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
export type WireType = (typeof WireType)[keyof typeof WireType];

export class ProtobufError extends Error {}

const decoder = new TextDecoder();
const UNEXPECTED_END = "unexpected EOF";

export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  tag(): { field: number; wire: WireType } {
    const tag = this.varint();
    const wire = tag & 7;
    const field = Math.floor(tag / 8);
    if (field <= 0) throw new ProtobufError(`proto: illegal tag ${field} (wire type ${wire})`);
    if (wire !== 0 && wire !== 1 && wire !== 2 && wire !== 5)
      throw new ProtobufError(`proto: illegal wireType ${wire}`);
    return { field, wire };
  }

  /** A signed 64-bit number; exact up to 2^53. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#bytes.length) throw new ProtobufError(UNEXPECTED_END);
      const byte = this.#bytes[this.#at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (byte < 0x80) return high * 4_294_967_296 + (low >>> 0);
    }
    throw new ProtobufError("proto: integer overflow");
  }

  bytes(): Uint8Array {
    const length = this.varint();
    if (length < 0) throw new ProtobufError("proto: negative length found during unmarshaling");
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new ProtobufError(UNEXPECTED_END);
    const value = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return value;
  }

  string(): string {
    return decoder.decode(this.bytes());
  }

  double(): number {
    const at = this.#advance(8);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8).getFloat64(0, true);
  }

  skip(wire: WireType): void {
    if (wire === WireType.varint) this.varint();
    else if (wire === WireType.bytes) this.bytes();
    else this.#advance(wire === WireType.fixed64 ? 8 : 4);
  }

  #advance(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw new ProtobufError(UNEXPECTED_END);
    this.#at = at + count;
    return at;
  }
}
