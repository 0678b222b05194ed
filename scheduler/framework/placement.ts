/**
 * Finds the best node for a pod: filters, scores, and picks. What was found for one shape is kept, and only rows that
 * have changed since are judged again, so that the second of two like pods costs one scan over numbers.
 */
import type { NodeTable } from "./node-table.ts";
import type { FilterPlugin, Profile, Rejection, ScorePlugin } from "./plugin.ts";
import type { PodShape } from "./pod-shape.ts";

export interface Placement {
  /** Row of the best node; -1 when none is feasible. */
  row: number;
  feasibleCount: number;
}

/** Judged shapes kept; the one not used for longest goes. */
const MAX_KEPT_SHAPES = 128;

export class Placer {
  readonly #profile: Profile;
  readonly #nodes: NodeTable;
  readonly #kept = new Map<PodShape, Judgement>();

  constructor(profile: Profile, nodes: NodeTable) {
    this.#profile = profile;
    this.#nodes = nodes;
  }

  /** @param random in [0, 1): decides among nodes of equal score */
  place(shape: PodShape, random: () => number): Placement {
    const judgement = this.#judge(shape);
    return judgement.best(random);
  }

  /** Whether one node would take such a pod. */
  fits(shape: PodShape, row: number): boolean {
    if (this.#nodes.facts[row] === undefined) return false;
    return this.#profile.filters.every(
      (plugin) => !(plugin.appliesTo?.(shape) ?? true) || plugin.filter(shape, this.#nodes, row) === undefined,
    );
  }

  /** How many nodes each reason rejects, as for the last `place` of this shape. */
  explain(shape: PodShape): Diagnosis {
    return this.#judge(shape).diagnosis();
  }

  #judge(shape: PodShape): Judgement {
    let judgement = this.#kept.get(shape);
    if (judgement) this.#kept.delete(shape);
    else judgement = new Judgement(shape, this.#profile, this.#nodes);
    this.#kept.set(shape, judgement);
    if (this.#kept.size > MAX_KEPT_SHAPES) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    judgement.refresh();
    return judgement;
  }
}

export interface Diagnosis {
  nodeCount: number;
  /** Reason → nodes. */
  counts: Map<string, number>;
  /** Names of the plugins that rejected nodes. */
  plugins: Set<string>;
}

const ABSENT = null;
const INFEASIBLE = -1;

interface NormalizedScore {
  plugin: ScorePlugin;
  weight: number;
  raw: Int32Array;
  /** All scores are 0: the plugin makes no difference, and need not be looked at. */
  isFlat: boolean;
}

/**
 * What is known of one shape on every node that comes into question. A slot is a row of the node table or, for a shape
 * that names its nodes, an index into the rows of those.
 */
class Judgement {
  readonly #shape: PodShape;
  readonly #nodes: NodeTable;
  readonly #filters: readonly FilterPlugin[];
  /** Scores that stand as they are, and those to be brought to 0…100 over all feasible nodes. */
  readonly #plain: { plugin: ScorePlugin; weight: number }[] = [];
  readonly #normalized: NormalizedScore[] = [];
  /** Only these nodes can pass; undefined: any. */
  readonly #candidates: readonly string[] | undefined;
  /** Plugins that say so. */
  readonly #candidatesFrom: readonly string[];
  /** Rows of the candidates that are known. */
  #rows: number[] | undefined;
  /** By slot: null where there is no node, undefined where the pod may be. */
  #verdicts: (Rejection | null | undefined)[] = [];
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
    const limits = this.#filters.flatMap((plugin) => {
      const names = plugin.candidates?.(shape);
      return names ? [{ plugin: plugin.name, names }] : [];
    });
    this.#candidatesFrom = limits.map(({ plugin }) => plugin).sort();
    this.#candidates = limits
      .map(({ names }) => names)
      .reduce<readonly string[] | undefined>(
        (all, names) => (all === undefined ? names : all.filter((name) => names.includes(name))),
        undefined,
      );
  }

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

  best(random: () => number): Placement {
    const totals = this.#totals();
    const slots = this.#slotCount;
    let feasibleCount = 0;
    let score = INFEASIBLE;
    let ties = 0;
    for (let slot = 0; slot < slots; slot++) {
      const total = totals[slot]!;
      if (total === INFEASIBLE) continue;
      feasibleCount++;
      if (total > score) {
        score = total;
        ties = 1;
      } else if (total === score) {
        ties++;
      }
    }
    if (feasibleCount === 0) return { row: -1, feasibleCount };
    let skip = ties === 1 ? 0 : Math.floor(random() * ties);
    for (let slot = 0; slot < slots; slot++) {
      if (totals[slot] === score && skip-- === 0) return { row: this.#rows?.[slot] ?? slot, feasibleCount };
    }
    throw new Error("the best node has gone");
  }

  diagnosis(): Diagnosis {
    const counts = new Map<string, number>();
    const plugins = new Set<string>();
    let judged = 0;
    for (let slot = 0; slot < this.#slotCount; slot++) {
      const verdict = this.#verdicts[slot];
      if (verdict === ABSENT) continue;
      judged++;
      if (!verdict) continue;
      plugins.add(verdict.plugin);
      for (const reason of verdict.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    const { nodeCount } = this.#nodes;
    if (this.#candidates && judged < nodeCount) {
      for (const plugin of this.#candidatesFrom) plugins.add(plugin);
      counts.set(`node(s) didn't satisfy plugin(s) [${this.#candidatesFrom.join(" ")}]`, nodeCount - judged);
    }
    return { nodeCount, counts, plugins };
  }

  get #slotCount(): number {
    return this.#rows?.length ?? this.#nodes.rowLimit;
  }

  /** Scores to compare by slot; INFEASIBLE stays. Scores that are the same everywhere are left out. */
  #totals(): Int32Array {
    const deciding = this.#normalized.filter(({ isFlat }) => !isFlat);
    if (deciding.length === 0) return this.#plainScores;
    const plain = this.#plainScores;
    const slots = this.#slotCount;
    const totals = plain.slice(0, slots);
    for (const { plugin, weight, raw } of deciding) {
      let top = 0;
      for (let slot = 0; slot < slots; slot++) if (plain[slot] !== INFEASIBLE && raw[slot]! > top) top = raw[slot]!;
      if (top === 0) continue;
      for (let slot = 0; slot < slots; slot++) {
        if (plain[slot] === INFEASIBLE) continue;
        const share = Math.floor((raw[slot]! * 100) / top);
        totals[slot] = totals[slot]! + weight * (plugin.normalize === "lowest" ? 100 - share : share);
      }
    }
    return totals;
  }

  #judge(slot: number, row: number): void {
    const verdict = this.#verdict(row);
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

  #verdict(row: number): Rejection | null | undefined {
    if (this.#nodes.facts[row] === undefined) return ABSENT;
    for (const plugin of this.#filters) {
      const rejection = plugin.filter(this.#shape, this.#nodes, row);
      if (rejection) return rejection;
    }
    return undefined;
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
    while (this.#verdicts.length < size) this.#verdicts.push(ABSENT);
  }
}
