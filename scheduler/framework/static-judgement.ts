/**
 * What is known of one shape on every node that comes into question, as far as it depends on the node alone: whether it
 * fits, and its scores. Only rows that have changed are judged again, so that the second of two like pods costs one scan
 * over numbers.
 */
import type { NodeTable } from "./node-table.ts";
import type { ClusterRejection, FeasibleRows, FilterPlugin, Profile, Rejection, ScorePlugin } from "./plugin.ts";
import type { PodShape } from "./pod-shape.ts";

/** No node is there. */
export const ABSENT = null;
export type Verdict = Rejection | typeof ABSENT | undefined;

const INFEASIBLE = -1;

interface NormalizedScore {
  plugin: ScorePlugin;
  weight: number;
  raw: Int32Array;
  /** All scores are 0: the plugin makes no difference, and need not be looked at. */
  isFlat: boolean;
}

/** A slot is a row of the node table or, for a shape that names its nodes, an index into the rows of those. */
export class StaticJudgement {
  readonly #shape: PodShape;
  readonly #nodes: NodeTable;
  readonly #filters: readonly FilterPlugin[];
  /** Scores that stand as they are, and those to be brought to 0…100 over all feasible nodes. */
  readonly #plain: { plugin: ScorePlugin; weight: number }[] = [];
  readonly #normalized: NormalizedScore[] = [];
  /** Only these nodes can pass; undefined: any. */
  readonly #candidates: readonly string[] | undefined;
  /** Plugins that say so. */
  readonly candidatesFrom: readonly string[];
  /** Why there can be no node at all, whatever nodes there are. */
  readonly rejection: ClusterRejection | undefined;
  /** Rows of the candidates that are known. */
  #rows: number[] | undefined;
  /** By slot. */
  #verdicts: Verdict[] = [];
  /** By slot: sum of the scores that stand as they are; INFEASIBLE where the pod cannot be. */
  #plainScores = new Int32Array(0);
  #position: number | undefined;

  constructor(shape: PodShape, { filters, scores }: Profile, nodes: NodeTable) {
    this.#shape = shape;
    this.#nodes = nodes;
    this.#filters = filters.filter((plugin) => plugin.appliesTo?.(shape) ?? true);
    for (const { plugin, weight } of scores) {
      if (!(plugin.appliesTo?.(shape) ?? true)) continue;
      if (plugin.normalize) this.#normalized.push({ plugin, weight, raw: new Int32Array(0), isFlat: true });
      else this.#plain.push({ plugin, weight });
    }
    const limits: { plugin: string; names: readonly string[] }[] = [];
    for (const plugin of this.#filters) {
      const names = plugin.candidates?.(shape);
      if (!names) continue;
      if ("message" in names) this.rejection ??= names;
      limits.push({ plugin: plugin.name, names: "message" in names ? [] : names });
    }
    this.candidatesFrom = limits.map(({ plugin }) => plugin).sort();
    this.#candidates = limits
      .map(({ names }) => names)
      .reduce<readonly string[] | undefined>(
        (all, names) => (all === undefined ? names : all.filter((name) => names.includes(name))),
        undefined,
      );
  }

  /** Judges anew what has changed. */
  refresh(): void {
    if (this.#candidates) {
      // A handful of nodes: looked up and judged anew each time.
      this.#rows = this.#candidates.flatMap((name) => this.#nodes.rowOf(name) ?? []);
      this.#resize(this.#rows.length);
      for (const [slot, row] of this.#rows.entries()) this.#judge(slot, row);
      return;
    }
    const { position, rowLimit } = this.#nodes;
    const changed = this.#position === undefined ? undefined : this.#nodes.changedSince(this.#position);
    this.#resize(rowLimit);
    if (changed) for (const row of changed) this.#judge(row, row);
    else for (let row = 0; row < rowLimit; row++) this.#judge(row, row);
    this.#position = position;
  }

  get slotCount(): number {
    return this.#rows?.length ?? this.#nodes.rowLimit;
  }

  rowAt(slot: number): number {
    return this.#rows ? this.#rows[slot]! : slot;
  }

  verdictAt(slot: number): Verdict {
    return this.#verdicts[slot];
  }

  /**
   * Writes the rows that pass to `rows` and the slots they have to `slots`; returns how many.
   * @param among only these rows come into question
   */
  feasible(rows: Int32Array, slots: Int32Array, among?: readonly number[]): number {
    const scores = this.#plainScores;
    const named = this.#rows;
    let count = 0;
    for (const row of among ?? []) {
      const slot = named ? named.indexOf(row) : row;
      if (slot < 0 || scores[slot] === INFEASIBLE) continue;
      slots[count] = slot;
      rows[count++] = row;
    }
    if (among) return count;
    const limit = this.slotCount;
    for (let slot = 0; slot < limit; slot++) {
      if (scores[slot] === INFEASIBLE) continue;
      slots[count] = slot;
      rows[count++] = named ? named[slot]! : slot;
    }
    return count;
  }

  /** Writes the scores of feasible slots to `totals`. Scores that are the same everywhere are left out. */
  score({ count }: FeasibleRows, slots: Int32Array, totals: Int32Array): void {
    const plain = this.#plainScores;
    for (let i = 0; i < count; i++) totals[i] = plain[slots[i]!]!;
    for (const { plugin, weight, raw, isFlat } of this.#normalized) {
      if (isFlat) continue;
      let top = 0;
      for (let i = 0; i < count; i++) {
        const score = raw[slots[i]!]!;
        if (score > top) top = score;
      }
      if (top === 0) continue;
      const isLowest = plugin.normalize === "lowest";
      for (let i = 0; i < count; i++) {
        const share = Math.floor((raw[slots[i]!]! * 100) / top);
        totals[i] = totals[i]! + weight * (isLowest ? 100 - share : share);
      }
    }
  }

  /** Why the shape cannot be on a row as the row is now; nothing is kept. */
  verdict(row: number): Verdict {
    if (this.#nodes.facts[row] === undefined) return ABSENT;
    const alone = this.#filter(row);
    if (alone !== undefined) return alone;
    const coming = this.#nodes.nominatedTo(row)?.filter(({ priority }) => priority >= this.#shape.priority);
    if (!coming || coming.length === 0) return undefined;
    for (const { load } of coming) this.#nodes.charge(row, load, 1);
    const together = this.#filter(row);
    for (const { load } of coming) this.#nodes.charge(row, load, -1);
    return together;
  }

  #filter(row: number): Rejection | undefined {
    for (const plugin of this.#filters) {
      const rejection = plugin.filter(this.#shape, this.#nodes, row);
      if (rejection) return rejection;
    }
    return undefined;
  }

  #judge(slot: number, row: number): void {
    const verdict = this.verdict(row);
    this.#verdicts[slot] = verdict;
    if (verdict !== undefined) {
      this.#plainScores[slot] = INFEASIBLE;
      return;
    }
    let plain = 0;
    for (const { plugin, weight } of this.#plain) plain += weight * plugin.score(this.#shape, this.#nodes, row);
    this.#plainScores[slot] = plain;
    for (const score of this.#normalized) {
      const raw = score.plugin.score(this.#shape, this.#nodes, row);
      score.raw[slot] = raw;
      if (raw !== 0) score.isFlat = false;
    }
  }

  #resize(slots: number): void {
    if (this.#plainScores.length >= slots) return;
    const size = slots + (slots >> 2) + 8;
    const grown = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(size).fill(INFEASIBLE);
      larger.set(old);
      return larger;
    };
    this.#plainScores = grown(this.#plainScores);
    for (const score of this.#normalized) score.raw = grown(score.raw);
    // Slots nobody has judged hold no node.
    this.#verdicts = [...this.#verdicts, ...new Array<Verdict>(size - this.#verdicts.length).fill(ABSENT)];
  }
}
