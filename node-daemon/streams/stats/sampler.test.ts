import { describe, expect, it } from "vitest";
import { type Sample, usageOf } from "./sampler.ts";

const sample = (timestampMs: number, cpu: { [id: string]: bigint }, node = 0n): Sample => ({
  node: { timestampMs, cpuNanoseconds: node, memoryTotalBytes: 10n, memoryAvailableBytes: 4n },
  containers: Object.entries(cpu).map(([containerId, cpuNanoseconds]) => ({
    containerId,
    timestampMs,
    cpuNanoseconds,
    memoryWorkingSetBytes: 1n,
    memoryUsageBytes: 1n,
    memoryRssBytes: 1n,
    writableLayerBytes: 0n,
    writableLayerInodes: 0n,
  })),
});

describe("usageOf", () => {
  it("[US1] one look gives no rates", () => {
    expect(usageOf(undefined, sample(0, { a: 5n }))).toMatchObject({ nodeRate: undefined, rates: new Map() });
  });

  it("[US2] two looks give what was used between them", () => {
    const usage = usageOf(sample(0, { a: 0n }, 1_000_000_000n), sample(10_000, { a: 2_500_000_000n }, 6_000_000_000n));
    expect(usage.rates.get("a")).toEqual({ windowMs: 10_000, cpuNanoCores: 250_000_000 });
    expect(usage.nodeRate).toEqual({ windowMs: 10_000, cpuNanoCores: 500_000_000 });
  });

  it("[US3] nothing of a container that is new, or whose counter has begun anew", () => {
    const usage = usageOf(sample(0, { a: 9n }), sample(10_000, { a: 3n, b: 7n }));
    expect(usage.rates.size).toBe(0);
  });

  it("[US4] a container that has ended, whose processor time has no date, is none that uses anything", () => {
    const ended = sample(0, { init: 0n }).containers;
    const { node, containers } = sample(10_000, { a: 3n });
    const usage = usageOf(sample(5_000, { a: 3n }), { node, containers: [...ended, ...containers] });
    expect(usage.containers.map(({ containerId }) => containerId)).toEqual(["a"]);
  });
});
