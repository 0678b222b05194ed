/** The text format Prometheus reads, version 0.0.4. */

export type Labels = { readonly [name: string]: string | number };

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const escaped = (value: string | number): string =>
  String(value).replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`));

export const labelText = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
};

/** One metric with all its samples. */
export function family(
  { name, help, type }: { name: string; help: string; type: "counter" | "gauge" | "histogram" },
  samples: Iterable<{ labels: Labels; value: number; suffix?: string }>,
): string {
  let text = "";
  for (const { labels, value, suffix = "" } of samples) text += `${name}${suffix}${labelText(labels)} ${value}\n`;
  return text === "" ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${text}`;
}
