/** What a node and its containers use. Figures only grow (CPU) or are of the moment (memory, disk). */
import { readFile } from "node:fs/promises";
import type { Rate } from "./sampler.ts";

/** As the container runtime measures it. */
export interface ContainerUsage {
  containerId: string;
  timestampMs: number;
  cpuNanoseconds: bigint;
  memoryWorkingSetBytes: bigint;
  memoryUsageBytes: bigint;
  memoryRssBytes: bigint;
  writableLayerBytes: bigint;
  writableLayerInodes: bigint;
}

export interface NodeUsage {
  timestampMs: number;
  cpuNanoseconds: bigint;
  memoryTotalBytes: bigint;
  memoryAvailableBytes: bigint;
}

/** A container's figures with its place in the cluster. */
export interface PlacedUsage {
  namespace: string;
  pod: string;
  podUid: string;
  container: string;
  usage: ContainerUsage;
  /** Epoch; 0 when it is not known. */
  startedAtMs: number;
  /** Undefined when it has been seen only once. */
  rate: Rate | undefined;
}

/** USER_HZ, which has been 100 on every architecture Linux runs Node on. */
const NANOSECONDS_PER_TICK = 10_000_000n;

/** From the first line of /proc/stat: everything but idle and iowait; guest time is in user time already. Pure. */
export function cpuNanoseconds(stat: string): bigint {
  const fields = stat.slice(0, stat.indexOf("\n")).trim().split(/\s+/).slice(1).map(BigInt);
  const [user = 0n, nice = 0n, system = 0n, , , irq = 0n, softirq = 0n, steal = 0n] = fields;
  return (user + nice + system + irq + softirq + steal) * NANOSECONDS_PER_TICK;
}

/** One line of /proc/meminfo, in bytes. Pure. */
export function memoryBytes(meminfo: string, name: string): bigint {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1];
  return BigInt(kilobytes ?? 0) * 1024n;
}

export async function readNodeUsage(nowMs: number): Promise<NodeUsage> {
  const [stat, meminfo] = await Promise.all([readFile("/proc/stat", "utf8"), readFile("/proc/meminfo", "utf8")]);
  return {
    timestampMs: nowMs,
    cpuNanoseconds: cpuNanoseconds(stat),
    memoryTotalBytes: memoryBytes(meminfo, "MemTotal"),
    memoryAvailableBytes: memoryBytes(meminfo, "MemAvailable"),
  };
}
