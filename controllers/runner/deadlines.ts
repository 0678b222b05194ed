/** Entries left behind that are not worth a clean-up. */
const SPARE_ENTRIES = 1_000;

/** Keys by the moment they are due: a binary heap. A key that is set anew leaves its old entry behind, ignored. */
export class Deadlines {
  readonly #heap: { atMs: number; key: string }[] = [];
  readonly #due = new Map<string, number>();

  /** Replaces what was set for the key. */
  set(key: string, atMs: number): void {
    if (this.#due.get(key) === atMs) return;
    this.#due.set(key, atMs);
    this.#push({ atMs, key });
    if (this.#heap.length > 2 * this.#due.size + SPARE_ENTRIES) this.#rebuild();
  }

  clear(key: string): void {
    this.#due.delete(key);
  }

  get(key: string): number | undefined {
    return this.#due.get(key);
  }

  /** Moment of the earliest; undefined when there is none. */
  next(): number | undefined {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      if (this.#due.get(top.key) === top.atMs) return top.atMs;
      this.#pop();
    }
    return undefined;
  }

  /** Takes out what is due, earliest first. */
  *take(nowMs: number): Generator<string> {
    for (let next = this.next(); next !== undefined && next <= nowMs; next = this.next()) {
      const key = this.#pop().key;
      this.#due.delete(key);
      yield key;
    }
  }

  /** Without what was left behind: keys that are set anew all the time would fill the heap. */
  #rebuild(): void {
    this.#heap.length = 0;
    for (const [key, atMs] of this.#due) this.#push({ atMs, key });
  }

  #push(entry: { atMs: number; key: string }): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.atMs <= entry.atMs) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): { atMs: number; key: string } {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.atMs < heap[child]!.atMs) child++;
      if (heap[child]!.atMs >= last.atMs) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
