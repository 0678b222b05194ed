/**
 * The accounts of what is used: the kubelet's `/stats/summary` and `/metrics/resource`, and kedge's `/stats/usage`. Pure.
 */
import { formatTime } from "../../../machinery/clock.ts";
import type { UsageReport } from "../../../machinery/usage.ts";
import type { Measures } from "../../node-status/machine.ts";
import type { Rate } from "./sampler.ts";
import type { NodeUsage, PlacedUsage } from "./usage.ts";

const NANOSECONDS = 1e9;

interface PodUsage {
  namespace: string;
  name: string;
  uid: string;
  containers: PlacedUsage[];
}

function byPod(containers: readonly PlacedUsage[]): PodUsage[] {
  const pods = new Map<string, PodUsage>();
  for (const container of containers) {
    const { namespace, pod: name, podUid: uid } = container;
    const pod = pods.get(uid) ?? { namespace, name, uid, containers: [] };
    pods.set(uid, pod);
    pod.containers.push(container);
  }
  return [...pods.values()];
}

const sum = (values: bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

/** What the summary tells of the node beside its use of processors and memory. */
export interface SummaryNode {
  name: string;
  bootedAtMs: number;
  /** Of the file system that pods write to; here also that of images. */
  measures: Measures;
  /** By uid. */
  podStartTimes: ReadonlyMap<string, string>;
}

/** Source: https://github.com/kubernetes/kubelet/blob/master/pkg/apis/stats/v1alpha1/types.go */
export function renderSummary(
  { name: nodeName, bootedAtMs, measures, podStartTimes }: SummaryNode,
  node: NodeUsage & { rate: Rate | undefined },
  containers: readonly PlacedUsage[],
): string {
  const { disk, pids } = measures;
  const { timestampMs, memoryTotalBytes, memoryAvailableBytes } = node;
  const time = formatTime(timestampMs);
  const used = Number(memoryTotalBytes - memoryAvailableBytes);
  const pods = byPod(containers).map(({ namespace, name, uid, containers: own }) => ({
    podRef: { name, namespace, uid },
    ...(podStartTimes.has(uid) && { startTime: podStartTimes.get(uid) }),
    containers: own.map(({ container, usage, rate, startedAtMs }) => ({
      name: container,
      ...(startedAtMs > 0 && { startTime: formatTime(startedAtMs) }),
      cpu: {
        time: formatTime(usage.timestampMs),
        ...nanoCores(rate),
        usageCoreNanoSeconds: Number(usage.cpuNanoseconds),
      },
      memory: {
        time: formatTime(usage.timestampMs),
        usageBytes: Number(usage.memoryUsageBytes),
        workingSetBytes: Number(usage.memoryWorkingSetBytes),
        rssBytes: Number(usage.memoryRssBytes),
      },
      rootfs: {
        time: formatTime(usage.timestampMs),
        usedBytes: Number(usage.writableLayerBytes),
        inodesUsed: Number(usage.writableLayerInodes),
      },
    })),
    cpu: { time, usageCoreNanoSeconds: Number(sum(own.map(({ usage }) => usage.cpuNanoseconds))) },
    memory: { time, workingSetBytes: Number(sum(own.map(({ usage }) => usage.memoryWorkingSetBytes))) },
  }));
  const fs = {
    time,
    availableBytes: disk.availableBytes,
    capacityBytes: disk.capacityBytes,
    usedBytes: disk.capacityBytes - disk.availableBytes,
    inodesFree: disk.inodesFree,
    inodes: disk.inodes,
    inodesUsed: disk.inodes - disk.inodesFree,
  };
  return JSON.stringify({
    node: {
      nodeName,
      startTime: formatTime(bootedAtMs),
      cpu: { time, ...nanoCores(node.rate), usageCoreNanoSeconds: Number(node.cpuNanoseconds) },
      memory: { time, availableBytes: Number(memoryAvailableBytes), usageBytes: used, workingSetBytes: used },
      fs,
      runtime: { imageFs: fs },
      rlimit: { time, maxpid: pids.max, curproc: pids.running },
    },
    pods,
  });
}

const nanoCores = (rate: Rate | undefined) => (rate ? { usageNanoCores: rate.cpuNanoCores } : {});

/** Without pods of which a container has been seen only once: half of a pod's use would mislead. */
export function renderUsage(node: NodeUsage & { rate: Rate | undefined }, containers: readonly PlacedUsage[]): string {
  const figures = (
    { timestampMs, memoryWorkingSetBytes }: { timestampMs: number; memoryWorkingSetBytes: bigint },
    rate?: Rate,
  ) => ({
    timestampMs,
    windowMs: rate?.windowMs ?? 0,
    cpuNanoCores: rate?.cpuNanoCores ?? 0,
    memoryWorkingSetBytes: Number(memoryWorkingSetBytes),
  });
  const { timestampMs, memoryTotalBytes, memoryAvailableBytes } = node;
  const report: UsageReport = {
    node: figures({ timestampMs, memoryWorkingSetBytes: memoryTotalBytes - memoryAvailableBytes }, node.rate),
    pods: byPod(containers)
      .filter(({ containers: own }) => own.every(({ rate }) => rate))
      .map(({ namespace, name, uid, containers: own }) => ({
        namespace,
        name,
        uid,
        containers: own.map(({ container, usage, rate }) => ({ name: container, ...figures(usage, rate) })),
      })),
  };
  return JSON.stringify(report);
}

/** Source: https://kubernetes.io/docs/reference/instrumentation/node-metrics/ */
export function renderResourceMetrics(node: NodeUsage, containers: readonly PlacedUsage[]): string {
  const seconds = (nanoseconds: bigint): string => String(Number(nanoseconds) / NANOSECONDS);
  const own = containers.map(({ namespace, pod, container, usage }) => ({
    labels: { container, namespace, pod },
    atMs: usage.timestampMs,
    cpu: usage.cpuNanoseconds,
    memory: usage.memoryWorkingSetBytes,
  }));
  const pods = byPod(containers).map(({ namespace, name: pod, containers: inPod }) => ({
    labels: { namespace, pod },
    atMs: Math.max(...inPod.map(({ usage }) => usage.timestampMs)),
    cpu: sum(inPod.map(({ usage }) => usage.cpuNanoseconds)),
    memory: sum(inPod.map(({ usage }) => usage.memoryWorkingSetBytes)),
  }));
  const memory = node.memoryTotalBytes - node.memoryAvailableBytes;
  const whole = [{ labels: {}, atMs: node.timestampMs, cpu: node.cpuNanoseconds, memory }];
  const lines: string[] = [];
  for (const [what, samples] of [
    ["container", own],
    ["node", whole],
    ["pod", pods],
  ] as const) {
    lines.push(`# HELP ${what}_cpu_usage_seconds_total [STABLE] CPU time used, in seconds of one core`);
    lines.push(`# TYPE ${what}_cpu_usage_seconds_total counter`);
    for (const { labels, atMs, cpu } of samples)
      lines.push(`${what}_cpu_usage_seconds_total${labelText(labels)} ${seconds(cpu)} ${atMs}`);
    lines.push(`# HELP ${what}_memory_working_set_bytes [STABLE] Memory in use that cannot be given up, in bytes`);
    lines.push(`# TYPE ${what}_memory_working_set_bytes gauge`);
    for (const { labels, atMs, memory: bytes } of samples)
      lines.push(`${what}_memory_working_set_bytes${labelText(labels)} ${bytes} ${atMs}`);
  }
  const started = containers.filter(({ startedAtMs }) => startedAtMs > 0);
  lines.push("# HELP container_start_time_seconds [STABLE] When the container started, in seconds since 1970");
  lines.push("# TYPE container_start_time_seconds gauge");
  for (const { namespace, pod, container, startedAtMs } of started)
    lines.push(`container_start_time_seconds${labelText({ container, namespace, pod })} ${startedAtMs / 1000}`);
  lines.push("# HELP resource_scrape_error [STABLE] 1 if there was an error while getting the figures, 0 otherwise");
  lines.push("# TYPE resource_scrape_error gauge", "resource_scrape_error 0");
  return `${lines.join("\n")}\n`;
}

/** Names of pods and containers hold nothing that would need escaping. */
function labelText(labels: { [name: string]: string }): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
