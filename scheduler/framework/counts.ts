/** Small whole numbers by index: a map while few are above 0, an array when many are. */
export class Counts {
  #sparse: Map<number, number> | undefined = new Map();
  #dense: Int32Array = NONE;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  get(index: number): number {
    if (this.#sparse) return this.#sparse.get(index) ?? 0;
    return index < this.#dense.length ? this.#dense[index]! : 0;
  }

  /** @param limit indexes are below this */
  add(index: number, amount: number, limit: number): void {
    this.#total += amount;
    const sparse = this.#sparse;
    if (sparse) {
      const sum = (sparse.get(index) ?? 0) + amount;
      if (sum === 0) sparse.delete(index);
      else sparse.set(index, sum);
      if (sparse.size * DENSE_SHARE > limit) this.#toDense(limit);
      return;
    }
    if (index >= this.#dense.length) this.#grow(Math.max(limit, index + 1));
    this.#dense[index] = this.#dense[index]! + amount;
  }

  #toDense(limit: number): void {
    const sparse = this.#sparse!;
    this.#sparse = undefined;
    this.#dense = NONE;
    this.#grow(Math.max(limit, 1 + Math.max(-1, ...sparse.keys())));
    for (const [index, amount] of sparse) this.#dense[index] = amount;
  }

  #grow(atLeast: number): void {
    const larger = new Int32Array(atLeast + (atLeast >> 2) + 8);
    larger.set(this.#dense);
    this.#dense = larger;
  }
}

const NONE = new Int32Array(0);
/** One entry of a map costs about as much as this many elements of an array. */
const DENSE_SHARE = 12;
