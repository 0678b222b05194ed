/** The cgroup around a pod's containers: its limits, its removal, and the end of everything in it. */
import { existsSync } from "node:fs";
import { readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fnv32a } from "../../machinery/meta/hash.ts";
import type { NodePod } from "./pod.ts";
import { podCgroup } from "./resources.ts";

const ROOT = "/sys/fs/cgroup";

/** cpu.weight of the unified hierarchy from cpu.shares, as runc converts them. */
export const cpuWeight = (shares: number): number => Math.max(1, Math.floor(1 + ((shares - 2) * 9999) / 262_142));

export class PodCgroups {
  readonly #node: string;
  readonly #unified: boolean;

  /** Several nodes may share a machine, and several clusters may have nodes of one name on it. */
  constructor({ nodeName, stateDir }: { nodeName: string; stateDir: string }) {
    this.#node = `${nodeName}-${fnv32a(stateDir).toString(16)}`;
    this.#unified = existsSync(join(ROOT, "cgroup.controllers"));
  }

  /** Of all of this node's pods. */
  get root(): string {
    return `/kedge/${this.#node}/kubepods`;
  }

  /** What CRI is told as cgroup parent. */
  parent(uid: string): string {
    return `${this.root}/pod${uid}`;
  }

  /** Sets the pod's limits, once the runtime has made its cgroup. Controllers that are missing are left out. */
  async limit(pod: NodePod): Promise<void> {
    const { cpuShares, cpuQuotaUs, cpuPeriodUs, memoryLimitBytes } = podCgroup(pod);
    const parent = this.parent(pod.metadata.uid);
    if (this.#unified) {
      const directory = join(ROOT, parent);
      await write(directory, "cpu.weight", String(cpuWeight(cpuShares)));
      if (cpuQuotaUs > 0) await write(directory, "cpu.max", `${cpuQuotaUs} ${cpuPeriodUs}`);
      if (memoryLimitBytes > 0) await write(directory, "memory.max", String(memoryLimitBytes));
      return;
    }
    await write(join(ROOT, "cpu", parent), "cpu.shares", String(cpuShares));
    if (cpuQuotaUs > 0) {
      await write(join(ROOT, "cpu", parent), "cpu.cfs_period_us", String(cpuPeriodUs));
      await write(join(ROOT, "cpu", parent), "cpu.cfs_quota_us", String(cpuQuotaUs));
    }
    if (memoryLimitBytes > 0)
      await write(join(ROOT, "memory", parent), "memory.limit_in_bytes", String(memoryLimitBytes));
  }

  /** Removes the pod's empty cgroups; those that still hold something stay for the next try. */
  async remove(uid: string): Promise<void> {
    for (const hierarchy of await this.#hierarchies()) await removeTree(join(hierarchy, this.parent(uid)));
  }

  /** Removes this node's cgroups altogether, when they are empty. */
  async removeAll(): Promise<void> {
    for (const hierarchy of await this.#hierarchies()) await removeTree(join(hierarchy, `/kedge/${this.#node}`));
  }

  /** uids of pods that have a cgroup. */
  async present(): Promise<Set<string>> {
    const uids = new Set<string>();
    for (const hierarchy of await this.#hierarchies()) {
      for (const name of await directories(join(hierarchy, this.root))) {
        if (name.startsWith("pod")) uids.add(name.slice(3));
      }
    }
    return uids;
  }

  /** Every process of every pod of this node. */
  async processes(): Promise<Set<number>> {
    const pids = new Set<number>();
    for (const hierarchy of await this.#hierarchies()) await collect(join(hierarchy, this.root), pids);
    return pids;
  }

  async #hierarchies(): Promise<string[]> {
    if (this.#unified) return [ROOT];
    return (await directories(ROOT)).map((name) => join(ROOT, name));
  }
}

const ignoreAbsent = (error: NodeJS.ErrnoException): void => {
  if (error.code !== "ENOENT") throw error;
};

const write = (directory: string, file: string, value: string): Promise<void> =>
  writeFile(join(directory, file), value).catch(ignoreAbsent);

async function directories(path: string): Promise<string[]> {
  try {
    return (await readdir(path, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    ignoreAbsent(error as NodeJS.ErrnoException);
    return [];
  }
}

async function removeTree(path: string): Promise<void> {
  for (const name of await directories(path)) await removeTree(join(path, name));
  await rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "EBUSY") throw error;
  });
}

async function collect(path: string, pids: Set<number>): Promise<void> {
  for (const name of await directories(path)) await collect(join(path, name), pids);
  try {
    for (const line of (await readFile(join(path, "cgroup.procs"), "utf8")).split("\n")) {
      if (line !== "") pids.add(Number(line));
    }
  } catch (error) {
    ignoreAbsent(error as NodeJS.ErrnoException);
  }
}
