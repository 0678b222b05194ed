import { describe, expect, it } from "vitest";
import { renderResourceMetrics, renderSummary, renderUsage } from "./render.ts";
import { cpuNanoseconds, memoryBytes, type NodeUsage, type PlacedUsage } from "./usage.ts";

const node: NodeUsage & { rate: undefined } = {
  rate: undefined,
  timestampMs: 1_000,
  cpuNanoseconds: 5_000_000_000n,
  memoryTotalBytes: 1_000n,
  memoryAvailableBytes: 400n,
};

const placed = (container: string, cpuNanoseconds: bigint): PlacedUsage => ({
  namespace: "ns",
  pod: "web",
  podUid: "u",
  container,
  rate: { windowMs: 10_000, cpuNanoCores: 250_000_000 },
  usage: {
    containerId: container,
    timestampMs: 2_000,
    cpuNanoseconds,
    memoryWorkingSetBytes: 10n,
    memoryUsageBytes: 20n,
    memoryRssBytes: 5n,
    writableLayerBytes: 7n,
    writableLayerInodes: 3n,
  },
});

describe("figures", () => {
  it("[ST1] of the kernel", () => {
    expect(cpuNanoseconds("cpu  10 20 30 40 50 60 70 80 90 100\ncpu0 1\n")).toBe(2_700_000_000n);
    expect(memoryBytes("MemTotal:       24 kB\nMemAvailable:   3 kB\n", "MemAvailable")).toBe(3_072n);
  });

  it("[ST2] as a summary, pods added up", () => {
    const summary = JSON.parse(renderSummary("n1", node, [placed("a", 1n), placed("b", 2n)]));
    expect(summary.node).toMatchObject({ nodeName: "n1", memory: { availableBytes: 400, workingSetBytes: 600 } });
    expect(summary.pods).toHaveLength(1);
    expect(summary.pods[0]).toMatchObject({
      podRef: { name: "web", namespace: "ns", uid: "u" },
      containers: [
        { name: "a", cpu: { usageNanoCores: 250_000_000, usageCoreNanoSeconds: 1 } },
        { name: "b", rootfs: { usedBytes: 7 } },
      ],
      cpu: { usageCoreNanoSeconds: 3 },
      memory: { workingSetBytes: 20 },
    });
  });

  it("[ST3] as Prometheus text", () => {
    const lines = renderResourceMetrics(node, [placed("a", 1_500_000_000n), placed("b", 0n)]).split("\n");
    expect(lines).toContain('container_cpu_usage_seconds_total{container="a",namespace="ns",pod="web"} 1.5 2000');
    expect(lines).toContain("node_cpu_usage_seconds_total 5 1000");
    expect(lines).toContain('pod_memory_working_set_bytes{namespace="ns",pod="web"} 20 2000');
    expect(lines).toContain("resource_scrape_error 0");
  });

  it("[ST4] as the edge wants it, whole pods only", () => {
    const half = { ...placed("b", 2n), podUid: "v", pod: "new", rate: undefined };
    const report = JSON.parse(renderUsage(node, [placed("a", 1n), half]));
    expect(report).toEqual({
      node: { timestampMs: 1_000, windowMs: 0, cpuNanoCores: 0, memoryWorkingSetBytes: 600 },
      pods: [
        {
          namespace: "ns",
          name: "web",
          uid: "u",
          containers: [
            { name: "a", timestampMs: 2_000, windowMs: 10_000, cpuNanoCores: 250_000_000, memoryWorkingSetBytes: 10 },
          ],
        },
      ],
    });
  });
});
