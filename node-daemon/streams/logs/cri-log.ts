/**
 * The log files that CRI runtimes write: `<RFC 3339 time> <stdout|stderr> <P|F…> <content>\n`, where P marks a piece of
 * a line that goes on with the stream's next entry.
 * Source: https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
import type { LogOptions } from "./log-options.ts";

const SPACE = 0x20;
const NEWLINE = 0x0a;
const LETTER_O = 0x6f;
const LETTER_E = 0x65;
const LETTER_P = 0x50;

/** Turns entries into what the client asked for. Bytes come in pieces of any size; not for two files at once. */
export class LogFormatter {
  readonly #timestamps: boolean;
  readonly #wanted: LogOptions["stream"];
  #sinceMs: number | undefined;
  #left: number;
  #carry: Buffer = Buffer.alloc(0);
  #out: Buffer = Buffer.alloc(64 * 1024);
  #outBytes = 0;
  /** The last entry was a whole line or a line's end. */
  #atLineStart = true;

  constructor(options: Pick<LogOptions, "timestamps" | "stream" | "sinceMs" | "limitBytes">) {
    this.#timestamps = options.timestamps;
    this.#wanted = options.stream;
    this.#sinceMs = options.sinceMs;
    this.#left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /** As many bytes as the client wanted have been given out. */
  get full(): boolean {
    return this.#left <= 0;
  }

  /** @returns what is to be sent now; may be empty. The bytes are the caller's. */
  push(bytes: Buffer): Buffer {
    const data = this.#carry.length === 0 ? bytes : Buffer.concat([this.#carry, bytes]);
    let at = 0;
    for (;;) {
      const newline = data.indexOf(NEWLINE, at);
      if (newline < 0) break;
      this.#entry(data, at, newline);
      at = newline + 1;
      if (this.full) break;
    }
    // The chunk belongs to the reader, which may use it again.
    this.#carry = Buffer.from(data.subarray(at));
    return this.#take();
  }

  /** No more will come: an entry without its newline counts. */
  finish(): Buffer {
    if (this.#carry.length > 0 && !this.full) this.#entry(this.#carry, 0, this.#carry.length);
    this.#carry = Buffer.alloc(0);
    return this.#take();
  }

  /** What begins is another file: an entry cut off at the end of the last one is lost. */
  restart(): void {
    this.#carry = Buffer.alloc(0);
  }

  #entry(data: Buffer, start: number, end: number): void {
    const timeEnd = data.indexOf(SPACE, start);
    const streamEnd = data.indexOf(SPACE, timeEnd + 1);
    const tagEnd = data.indexOf(SPACE, streamEnd + 1);
    // Entries no runtime writes are left out, as by the kubelet.
    if (timeEnd < 0 || streamEnd < 0 || tagEnd < 0 || tagEnd > end) return;
    const which = data[timeEnd + 4];
    const isStdout = which === LETTER_O;
    if (streamEnd - timeEnd !== 7 || (!isStdout && which !== LETTER_E)) return;
    if (this.#wanted !== "All" && (this.#wanted === "Stdout") !== isStdout) return;
    if (this.#sinceMs !== undefined) {
      if (Date.parse(data.toString("latin1", start, timeEnd)) < this.#sinceMs) return;
      // Times only grow: what follows is wanted, too.
      this.#sinceMs = undefined;
    }
    const partial = data[streamEnd + 1] === LETTER_P;
    if (this.#timestamps && this.#atLineStart)
      this.#append(Buffer.from(`${fixedTime(data.toString("latin1", start, timeEnd))} `));
    this.#appendRange(data, tagEnd + 1, end);
    if (!partial) this.#append(LINE_END);
    this.#atLineStart = !partial;
  }

  #append(bytes: Buffer): void {
    this.#appendRange(bytes, 0, bytes.length);
  }

  #appendRange(source: Buffer, start: number, end: number): void {
    const size = Math.min(end - start, this.#left);
    if (this.#out.length - this.#outBytes < size) {
      const larger = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#outBytes + size));
      this.#out.copy(larger, 0, 0, this.#outBytes);
      this.#out = larger;
    }
    source.copy(this.#out, this.#outBytes, start, start + size);
    this.#outBytes += size;
    this.#left -= size;
  }

  #take(): Buffer {
    const out = Buffer.from(this.#out.subarray(0, this.#outBytes));
    this.#outBytes = 0;
    return out;
  }
}

const LINE_END = Buffer.from("\n");

/** Runtimes drop the trailing zeros of a fraction; clients are used to nine digits. */
export function fixedTime(time: string): string {
  const match = /^(.{19})(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(time);
  return match ? `${match[1]}.${(match[2] ?? "").padEnd(9, "0")}${match[3]}` : time;
}
