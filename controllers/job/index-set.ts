/** Sets of completion indexes as Job status and success policies write them: "0-2,5"; two in a row are "0,1". Immutable. */
export class IndexSet {
  /** Sorted, apart by more than one. */
  readonly #intervals: readonly (readonly [first: number, last: number])[];

  private constructor(intervals: readonly (readonly [number, number])[]) {
    this.#intervals = intervals;
  }

  static readonly EMPTY = new IndexSet([]);

  /** What lies at or beyond `completions` is left out; so is what cannot be read. */
  static parse(text: string, completions: number): IndexSet {
    const intervals: [number, number][] = [];
    for (const part of text.split(",")) {
      const match = /^([0-9]{1,9})(?:-([0-9]{1,9}))?$/.exec(part);
      if (!match) continue;
      const first = Number(match[1]);
      const last = Math.min(Number(match[2] ?? match[1]), completions - 1);
      if (first <= last) intervals.push([first, last]);
    }
    return IndexSet.#merged(intervals);
  }

  static of(indexes: Iterable<number>): IndexSet {
    return IndexSet.#merged([...indexes].map((index) => [index, index]));
  }

  static #merged(intervals: (readonly [number, number])[]): IndexSet {
    const merged: [number, number][] = [];
    for (const [first, last] of [...intervals].sort((a, b) => a[0] - b[0])) {
      const previous = merged.at(-1);
      if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
      else merged.push([first, last]);
    }
    return new IndexSet(merged);
  }

  get size(): number {
    return this.#intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  has(index: number): boolean {
    let low = 0;
    let high = this.#intervals.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last] = this.#intervals[middle]!;
      if (index < first) high = middle - 1;
      else if (index > last) low = middle + 1;
      else return true;
    }
    return false;
  }

  with(other: IndexSet): IndexSet {
    return IndexSet.#merged([...this.#intervals, ...other.#intervals]);
  }

  /** How many indexes both have. */
  overlap(other: IndexSet): number {
    let count = 0;
    for (const [first, last] of this.#intervals) {
      for (const [otherFirst, otherLast] of other.#intervals) {
        count += Math.max(0, Math.min(last, otherLast) - Math.max(first, otherFirst) + 1);
      }
    }
    return count;
  }

  /** The lowest `count` indexes below `completions` that are not in the set. */
  missing(count: number, completions: number): number[] {
    const indexes: number[] = [];
    let candidate = 0;
    for (const [first, last] of [...this.#intervals, [completions, completions] as const]) {
      for (; candidate < Math.min(first, completions) && indexes.length < count; candidate++) indexes.push(candidate);
      candidate = Math.max(candidate, last + 1);
    }
    return indexes;
  }

  toString(): string {
    return this.#intervals
      .map(([first, last]) => (first === last ? String(first) : `${first}${last === first + 1 ? "," : "-"}${last}`))
      .join(",");
  }
}
