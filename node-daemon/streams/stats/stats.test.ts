import { describe, expect, it } from "vitest";
import { renderContainers, renderKubelet, renderProbes } from "./metrics.ts";
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
  startedAtMs: 1_500,
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

const machine = {
  name: "n1",
  bootedAtMs: 5_000,
  measures: {
    memoryAvailableBytes: 0,
    disk: { capacityBytes: 100, availableBytes: 40, inodes: 10, inodesFree: 7 },
    pids: { max: 9, running: 2 },
  },
  podStartTimes: new Map([["u", "1970-01-01T00:00:07Z"]]),
};

describe("figures", () => {
  it("[ST1] of the kernel", () => {
    expect(cpuNanoseconds("cpu  10 20 30 40 50 60 70 80 90 100\ncpu0 1\n")).toBe(2_700_000_000n);
    expect(memoryBytes("MemTotal:       24 kB\nMemAvailable:   3 kB\n", "MemAvailable")).toBe(3_072n);
  });

  it("[ST2] as a summary, pods added up", () => {
    const summary = JSON.parse(renderSummary(machine, node, [placed("a", 1n), placed("b", 2n)]));
    expect(summary.node).toMatchObject({ nodeName: "n1", memory: { availableBytes: 400, workingSetBytes: 600 } });
    expect(summary.node).toMatchObject({
      startTime: "1970-01-01T00:00:05Z",
      fs: { capacityBytes: 100, availableBytes: 40, usedBytes: 60, inodesUsed: 3 },
      rlimit: { maxpid: 9, curproc: 2 },
    });
    expect(summary.pods).toHaveLength(1);
    expect(summary.pods[0].startTime).toBe("1970-01-01T00:00:07Z");
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
    expect(lines).toContain('container_start_time_seconds{container="a",namespace="ns",pod="web"} 1.5');
    expect(lines).toContain('pod_memory_working_set_bytes{namespace="ns",pod="web"} 20 2000');
    expect(lines).toContain("resource_scrape_error 0");
  });

  it("[ST5] as cAdvisor has them, the machine's too", () => {
    const lines = renderContainers([placed("a", 1_500_000_000n)], { ...node, cpus: 2 }, () => "web:1").split("\n");
    const labels = 'id="/kubepods/podu/a",image="web:1",name="a",namespace="ns",pod="web"';
    expect(lines).toContain(`container_cpu_usage_seconds_total{container="a",cpu="total",${labels}} 1.5`);
    expect(lines).toContain(`container_memory_working_set_bytes{container="a",${labels}} 10`);
    expect(lines).toContain("machine_memory_bytes 1000");
  });

  it("[ST6] of probes, and of the kubelet itself", () => {
    const count = { namespace: "ns", pod: "web", podUid: "u", container: "a", kind: "Liveness", count: 3 } as const;
    expect(renderProbes([{ ...count, result: "failed" }])).toContain(
      'prober_probe_total{container="a",namespace="ns",pod="web",pod_uid="u",probe_type="Liveness",result="failed"} 3\n',
    );
    const instance = { id: "i", attempt: 0, logPath: "", tty: false, stdin: false };
    const containers = new Map([
      [
        "a",
        [
          { ...instance, state: "running" as const },
          { ...instance, state: "exited" as const },
        ],
      ],
    ]);
    const pod = { namespace: "ns", name: "p", uid: "u", podIp: undefined, hostNetwork: false, containers };
    const usage = { cpuSeconds: 1.5, memoryBytes: 2, startedAtMs: 3_000 };
    const pods = [
      { ...pod, sandboxId: "s" },
      { ...pod, sandboxId: undefined },
    ];
    const lines = renderKubelet("n1", pods, usage).split("\n");
    expect(lines).toContain('kubelet_node_name{node="n1"} 1');
    expect(lines).toContain("kubelet_running_pods 1");
    expect(lines).toContain('kubelet_running_containers{container_state="exited"} 2');
    expect(lines).toContain("process_start_time_seconds 3");
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
