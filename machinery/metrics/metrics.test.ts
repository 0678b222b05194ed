import { describe, expect, it } from "vitest";
import { Counter, exponentialBounds, gaugeText, Histogram } from "./metrics.ts";

describe("Metrics as text", () => {
  it("[MT1] counters by labels, values escaped", () => {
    const counter = new Counter({ name: "a_total", help: "All of it." });
    expect(counter.text()).toBe("");
    counter.add({ x: 'q"\n' });
    counter.add({ x: 'q"\n' }, 2);
    expect(counter.text()).toBe('# HELP a_total All of it.\n# TYPE a_total counter\na_total{x="q\\"\\n"} 3\n');
  });

  it("[MT2] histograms with cumulative buckets", () => {
    const histogram = new Histogram({ name: "h", help: "H." }, exponentialBounds(1, 2, 3));
    for (const value of [0.5, 1.5, 9]) histogram.observe({}, value);
    expect(histogram.text().split("\n").slice(2, -1)).toEqual([
      ...['h_bucket{le="1"} 1', 'h_bucket{le="2"} 2', 'h_bucket{le="4"} 2', 'h_bucket{le="+Inf"} 3'],
      ...["h_sum 11", "h_count 3"],
    ]);
  });

  it("[MT4] small bounds as Go prints them", () => {
    const histogram = new Histogram({ name: "h", help: "H." }, exponentialBounds(1e-8, 100, 3));
    histogram.observe({}, 1);
    expect(histogram.text().match(/le="[^"]*"/g)).toEqual(['le="1e-08"', 'le="1e-06"', 'le="0.0001"', 'le="+Inf"']);
  });

  it("[MT3] gauges", () => {
    expect(gaugeText({ name: "g", help: "G." }, [[{ q: "a" }, 0.25]])).toContain('g{q="a"} 0.25\n');
  });
});
