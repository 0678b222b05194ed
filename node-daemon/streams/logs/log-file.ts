import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

const READ_BYTES = 256 * 1024;
const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
/** Between looks at a file whose changes nobody announces, and at whether its container still runs. */
const POLL_MS = 1_000;
/** Where the system grants no watch (inotify limits are low by default). */
const UNWATCHED_POLL_MS = 200;

/** A log file read from a place to its end, and on from there as it grows or is replaced. */
export class LogFile {
  readonly #path: string;
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  #file: FileHandle;
  #position: number;
  /** Nothing behind this is read. */
  readonly #end: number;
  #watcher: FSWatcher | undefined;
  #changed = false;
  #wake: (() => void) | undefined;

  private constructor(path: string, file: FileHandle, range: { position: number; end: number }) {
    this.#path = path;
    this.#file = file;
    this.#position = range.position;
    this.#end = range.end;
  }

  /**
   * @param from `tailLines` absent: from the start; without `follow` what is written from now on is not read, so that
   *   reading ends however fast it grows
   * @throws as open
   */
  static async open(path: string, from: { tailLines?: number | undefined; follow: boolean }): Promise<LogFile> {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const position = from.tailLines === undefined ? 0 : await tailStart(file, size, from.tailLines);
      return new LogFile(path, file, { position, end: from.follow ? Number.POSITIVE_INFINITY : size });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The next bytes; empty at the end. They are good until the next call. */
  async read(): Promise<Buffer> {
    const wanted = Math.min(READ_BYTES, this.#end - this.#position);
    const { bytesRead } = await this.#file.read(this.#buffer, 0, wanted, this.#position);
    this.#position += bytesRead;
    return this.#buffer.subarray(0, bytesRead);
  }

  /** Resolves when there may be more to read, or when it is time to look at the container again. */
  async changed(signal: AbortSignal): Promise<void> {
    this.#watch();
    if (this.#changed || signal.aborted) {
      this.#changed = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#watcher ? POLL_MS : UNWATCHED_POLL_MS);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener("abort", done, { once: true });
    });
    this.#wake = undefined;
    this.#changed = false;
  }

  /** Whether another file has taken this one's place, or it was emptied. What is left of this one can still be read. */
  async replaced(): Promise<boolean> {
    const [now, mine] = [await stat(this.#path).catch(() => undefined), await this.#file.stat()];
    return now !== undefined && (now.ino !== mine.ino || now.dev !== mine.dev || now.size < this.#position);
  }

  /** Goes over to the file that is there now, from its start; stays where it is if that has gone again. */
  async reopen(): Promise<void> {
    const next = await open(this.#path, "r").catch(() => undefined);
    if (!next) return;
    await this.#file.close();
    this.#file = next;
    this.#position = 0;
  }

  async close(): Promise<void> {
    this.#watcher?.close();
    await this.#file.close();
  }

  /** Watches the folder: rotation renames the file. */
  #watch(): void {
    if (this.#watcher) return;
    const name = basename(this.#path);
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, (_event, changed) => {
        if (changed !== null && changed !== name) return;
        this.#changed = true;
        this.#wake?.();
      });
      // The folder may go with its pod; then the container's end is seen by polling.
      this.#watcher.on("error", () => this.#watcher?.close());
      // What came between the last read and this watch was announced to nobody.
      this.#changed = true;
    } catch {
      // Polling does it, more slowly.
    }
  }
}

/** Where the last `lines` lines of the first `size` bytes begin. A last line without its newline counts. */
async function tailStart(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let left = lines;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at--) {
      at = block.lastIndexOf(NEWLINE, at);
      if (at < 0) break;
      // The newline that ends the file ends its last line.
      if (start + at === size - 1) continue;
      if (--left === 0) return start + at + 1;
    }
    end = start;
  }
  return 0;
}
