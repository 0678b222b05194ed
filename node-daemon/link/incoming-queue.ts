/** What has come in and waits to be read, one reader at a time. The writer is told what was read, and goes on then. */
export class IncomingQueue<T> {
  readonly #consumed: (bytes: number) => void;
  #items: { value: T; bytes: number }[] = [];
  #ended = false;
  #dropping = false;
  #wake: (() => void) | undefined;

  constructor(consumed: (bytes: number) => void) {
    this.#consumed = consumed;
  }

  push(value: T, bytes: number): void {
    if (this.#dropping) {
      this.#consumed(bytes);
      return;
    }
    this.#items.push({ value, bytes });
    this.#wake?.();
  }

  /** Nothing more comes: `next` gives what is left, then undefined. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Nobody reads any more: what is here and what comes counts as read. */
  drop(): void {
    this.#dropping = true;
    for (const { bytes } of this.#items.splice(0)) this.#consumed(bytes);
    this.end();
  }

  async next(): Promise<T | undefined> {
    while (this.#items.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const item = this.#items.shift();
    if (item) this.#consumed(item.bytes);
    return item?.value;
  }
}
