/** Counters, gauges and histograms in the text format of Prometheus, version 0.0.4. */

export type Labels = { readonly [name: string]: string | number };

type Kind = "counter" | "gauge" | "histogram";

interface Description {
  name: string;
  help: string;
}

const escaped = (value: string | number): string =>
  String(value).replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`));

/** The same labels in the same order are one series. */
const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");

const line = (name: string, labels: string, value: number): string =>
  `${name}${labels && `{${labels}}`} ${Number.isInteger(value) ? value : Number(value.toPrecision(12))}\n`;

const heading = ({ name, help }: Description, kind: Kind): string => `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`;

export class Counter {
  readonly #description: Description;
  readonly #series = new Map<string, number>();

  constructor(description: Description) {
    this.#description = description;
  }

  add(labels: Labels, amount = 1): void {
    this.series(labels)(amount);
  }

  /** Counts in one series without making up its labels each time. */
  series(labels: Labels): (amount?: number) => void {
    const key = labelText(labels);
    return (amount = 1) => void this.#series.set(key, (this.#series.get(key) ?? 0) + amount);
  }

  text(): string {
    if (this.#series.size === 0) return "";
    const { name } = this.#description;
    const lines = [...this.#series].map(([labels, value]) => line(name, labels, value));
    return heading(this.#description, "counter") + lines.join("");
  }
}

/** A gauge of what is so now. */
export function gaugeText(description: Description, samples: Iterable<readonly [Labels, number]>): string {
  const lines = [...samples].map(([labels, value]) => line(description.name, labelText(labels), value));
  return lines.length === 0 ? "" : heading(description, "gauge") + lines.join("");
}

/** As Go prints a float: 1e-08, 0.001, 1. */
const boundText = (bound: number): string =>
  bound < 1e-4 ? bound.toExponential().replace(/e-(\d)$/, "e-0$1") : String(bound);

interface Buckets {
  counts: number[];
  sum: number;
  count: number;
}

export class Histogram {
  readonly #description: Description;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Buckets>();

  /** @param bounds upper bounds of the buckets, ascending */
  constructor(description: Description, bounds: readonly number[]) {
    this.#description = description;
    this.#bounds = bounds;
  }

  observe(labels: Labels, value: number): void {
    this.series(labels)(value);
  }

  /** Observes in one series without making up its labels each time. */
  series(labels: Labels): (value: number) => void {
    const key = labelText(labels);
    const made = this.#series.get(key) ?? { counts: this.#bounds.map(() => 0), sum: 0, count: 0 };
    this.#series.set(key, made);
    return (value) => {
      made.sum += value;
      made.count++;
      const at = this.#bounds.findIndex((bound) => value <= bound);
      if (at >= 0) made.counts[at]!++;
    };
  }

  text(): string {
    if (this.#series.size === 0) return "";
    let text = heading(this.#description, "histogram");
    const { name } = this.#description;
    for (const [labels, { counts, sum, count }] of this.#series) {
      const before = labels && `${labels},`;
      let total = 0;
      for (const [i, bound] of this.#bounds.entries()) {
        total += counts[i]!;
        text += line(`${name}_bucket`, `${before}le="${boundText(bound)}"`, total);
      }
      text += line(`${name}_bucket`, `${before}le="+Inf"`, count);
      text += line(`${name}_sum`, labels, sum) + line(`${name}_count`, labels, count);
    }
    return text;
  }
}

/** `count` bounds from `start` on, each `factor` times the one before. */
export const exponentialBounds = (start: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number((start * factor ** i).toPrecision(12)));
