/** What this machine is, and how it fares. */
import { readFile, statfs } from "node:fs/promises";
import { arch, availableParallelism, hostname, release } from "node:os";

export interface Machine {
  hostname: string;
  architecture: string;
  kernelVersion: string;
  osImage: string;
  machineId: string;
  bootId: string;
  systemUuid: string;
  cpus: number;
  memoryBytes: number;
  swapBytes: number;
  /** The kernel enforces AppArmor profiles. */
  appArmor: boolean;
}

export interface Measures {
  memoryAvailableBytes: number;
  disk: { capacityBytes: number; availableBytes: number; inodes: number; inodesFree: number };
  pids: { max: number; running: number };
}

const readTrimmed = (path: string): Promise<string> =>
  readFile(path, "utf8").then(
    (text) => text.trim(),
    () => "",
  );

const GO_ARCH: { readonly [nodeArch: string]: string } = { x64: "amd64", ia32: "386", loong64: "loong64" };

/** A value of /proc/meminfo, in bytes; 0 when it is not there. */
export function memoryField(meminfo: string, name: string): number {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** PRETTY_NAME of an os-release file. */
export function prettyName(osRelease: string): string {
  const value = /^PRETTY_NAME=(.*)$/m.exec(osRelease)?.[1] ?? "";
  return value.replace(/^(["'])(.*)\1$/, "$2") || "Linux";
}

export async function readMachine(): Promise<Machine> {
  const [meminfo, osRelease, machineId, bootId, systemUuid, appArmor] = await Promise.all([
    readTrimmed("/proc/meminfo"),
    readTrimmed("/etc/os-release"),
    readTrimmed("/etc/machine-id"),
    readTrimmed("/proc/sys/kernel/random/boot_id"),
    readTrimmed("/sys/class/dmi/id/product_uuid"),
    readTrimmed("/sys/module/apparmor/parameters/enabled"),
  ]);
  return {
    hostname: hostname(),
    architecture: GO_ARCH[arch()] ?? arch(),
    kernelVersion: release(),
    osImage: prettyName(osRelease),
    machineId,
    bootId,
    systemUuid: systemUuid || machineId,
    cpus: availableParallelism(),
    memoryBytes: memoryField(meminfo, "MemTotal"),
    swapBytes: memoryField(meminfo, "SwapTotal"),
    appArmor: appArmor === "Y",
  };
}

/** @param directory on the file system pods write to */
export async function measure(directory: string): Promise<Measures> {
  const [meminfo, loadavg, pidMax, disk] = await Promise.all([
    readTrimmed("/proc/meminfo"),
    readTrimmed("/proc/loadavg"),
    readTrimmed("/proc/sys/kernel/pid_max"),
    statfs(directory),
  ]);
  return {
    memoryAvailableBytes: memoryField(meminfo, "MemAvailable"),
    disk: {
      capacityBytes: disk.blocks * disk.bsize,
      availableBytes: disk.bavail * disk.bsize,
      inodes: disk.files,
      inodesFree: disk.ffree,
    },
    // The fourth field: runnable/all scheduling entities.
    pids: { max: Number(pidMax) || 0, running: Number(loadavg.split(" ")[3]?.split("/")[1] ?? 0) },
  };
}
