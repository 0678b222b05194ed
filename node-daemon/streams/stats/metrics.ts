/** Accounts in the text format of Prometheus: the kubelet's own, its probes', and cAdvisor's of containers. Pure. */
import { Counter, gaugeText, type Labels } from "../../../machinery/metrics/metrics.ts";
import type { ContainerInstance, RunningPod } from "../../contracts.ts";
import type { NodeUsage, PlacedUsage } from "./usage.ts";

type Sample = readonly [Labels, number];

export interface ProbeCount {
  namespace: string;
  pod: string;
  podUid: string;
  container: string;
  kind: "Liveness" | "Readiness" | "Startup";
  result: "successful" | "failed" | "unknown";
  count: number;
}

function counterText(name: string, help: string, samples: readonly Sample[]): string {
  const counter = new Counter({ name, help });
  for (const [labels, value] of samples) counter.add(labels, value);
  return counter.text();
}

export const renderProbes = (counts: readonly ProbeCount[]): string =>
  counterText(
    "prober_probe_total",
    "[BETA] Tries of liveness, readiness and startup probes of containers, by their results",
    counts.map(({ container, namespace, pod, podUid, kind, result, count }) => [
      { container, namespace, pod, pod_uid: podUid, probe_type: kind, result },
      count,
    ]),
  );

export interface ProcessUsage {
  cpuSeconds: number;
  memoryBytes: number;
  startedAtMs: number;
}

export function renderKubelet(
  nodeName: string,
  pods: readonly RunningPod[],
  { cpuSeconds, memoryBytes, startedAtMs }: ProcessUsage,
): string {
  const states = new Map<ContainerInstance["state"], number>();
  for (const { containers } of pods) {
    for (const { state } of [...containers.values()].flat()) states.set(state, (states.get(state) ?? 0) + 1);
  }
  return [
    gaugeText({ name: "kubelet_node_name", help: "[ALPHA] The node's name. The count is always 1" }, [
      [{ node: nodeName }, 1],
    ]),
    gaugeText({ name: "kubelet_running_pods", help: "[BETA] Pods that have a running sandbox" }, [
      [{}, pods.filter(({ sandboxId }) => sandboxId !== undefined).length],
    ]),
    gaugeText(
      { name: "kubelet_running_containers", help: "[BETA] Containers that are here, by their states" },
      [...states].map(([state, count]): Sample => [{ container_state: state }, count]),
    ),
    counterText("process_cpu_seconds_total", "CPU time of the daemon, in seconds", [[{}, cpuSeconds]]),
    gaugeText({ name: "process_resident_memory_bytes", help: "Memory of the daemon, in bytes" }, [[{}, memoryBytes]]),
    gaugeText({ name: "process_start_time_seconds", help: "When the daemon started, in seconds since 1970" }, [
      [{}, startedAtMs / 1000],
    ]),
  ].join("");
}

/** Those of cAdvisor's figures that the container runtime knows. Source: github.com/google/cadvisor, docs/storage/prometheus.md */
export function renderContainers(
  placed: readonly PlacedUsage[],
  node: NodeUsage & { cpus: number },
  imageOf: (usage: PlacedUsage) => string,
): string {
  const each = (value: (usage: PlacedUsage["usage"]) => number, more: Labels = {}): Sample[] =>
    placed.map((one) => {
      const { container, namespace, pod, podUid, usage } = one;
      const id = `/kubepods/pod${podUid}/${usage.containerId}`;
      const labels = { container, ...more, id, image: imageOf(one), name: usage.containerId, namespace, pod };
      return [labels, value(usage)];
    });
  const gauge = (name: string, help: string, samples: Sample[]): string => gaugeText({ name, help }, samples);
  return [
    counterText(
      "container_cpu_usage_seconds_total",
      "CPU time used, in seconds",
      each(({ cpuNanoseconds }) => Number(cpuNanoseconds) / 1e9, { cpu: "total" }),
    ),
    gauge(
      "container_fs_usage_bytes",
      "What the container has written on its file system, in bytes",
      each((usage) => Number(usage.writableLayerBytes), { device: "" }),
    ),
    gauge(
      "container_fs_inodes_used",
      "Inodes of the container's file system",
      each((usage) => Number(usage.writableLayerInodes), { device: "" }),
    ),
    gauge(
      "container_last_seen",
      "When the container was looked at last, in seconds since 1970",
      each(({ timestampMs }) => Math.floor(timestampMs / 1000)),
    ),
    gauge(
      "container_memory_rss",
      "Anonymous memory, in bytes",
      each((usage) => Number(usage.memoryRssBytes)),
    ),
    gauge(
      "container_memory_usage_bytes",
      "Memory in use, whatever it is used for, in bytes",
      each((usage) => Number(usage.memoryUsageBytes)),
    ),
    gauge(
      "container_memory_working_set_bytes",
      "Memory in use that cannot be given up, in bytes",
      each((usage) => Number(usage.memoryWorkingSetBytes)),
    ),
    gauge("machine_cpu_cores", "Logical processors", [[{}, node.cpus]]),
    gauge("machine_memory_bytes", "Memory of the machine, in bytes", [[{}, Number(node.memoryTotalBytes)]]),
  ].join("");
}
