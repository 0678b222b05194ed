/**
 * The text format Prometheus reads, version 0.0.4.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */

export type Labels = { readonly [name: string]: string | number };

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const escaped = (value: string | number): string =>
  String(value).replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`));

export const labelText = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
};

export interface Sample {
  labels: Labels;
  value: number;
  /** "_bucket", "_sum", "_count" */
  suffix?: string;
}

export interface Family {
  name: string;
  help: string;
  type: "counter" | "gauge" | "histogram";
}

/** One metric with all its samples; "" when there are none. */
export function family({ name, help, type }: Family, samples: Iterable<Sample>): string {
  let text = "";
  for (const { labels, value, suffix = "" } of samples) text += `${name}${suffix}${labelText(labels)} ${value}\n`;
  return text === "" ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${text}`;
}

/** @param buckets what fell into each bound and beyond the last, not cumulative */
export function* histogram(
  labels: Labels,
  { bounds, buckets, sum }: { bounds: readonly number[]; buckets: ArrayLike<number>; sum: number },
): Generator<Sample> {
  let count = 0;
  for (const [i, bound] of [...bounds, "+Inf"].entries()) {
    count += buckets[i]!;
    yield { labels: { ...labels, le: bound }, value: count, suffix: "_bucket" };
  }
  yield { labels, value: sum, suffix: "_sum" };
  yield { labels, value: count, suffix: "_count" };
}
