import fs from "node:fs";
import { Failure } from "../failure.ts";

const NEEDED = ["cpu", "memory", "pids"];

/** @throws Failure when containers could not be limited: no cgroup hierarchy, or one without the controllers */
export function checkCgroups(): void {
  const mounts = fs
    .readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  const unified = mounts.find(([, dir, type]) => type === "cgroup2" && dir === "/sys/fs/cgroup");
  const present = unified
    ? fs.readFileSync("/sys/fs/cgroup/cgroup.controllers", "utf8").trim().split(" ")
    : mounts.filter(([, , type]) => type === "cgroup").flatMap(([, , , options]) => options?.split(",") ?? []);
  const lacking = NEEDED.filter((controller) => !present.includes(controller));
  if (lacking.length === 0) return;
  throw new Failure(
    `the kernel's cgroup controllers ${lacking.join(", ")} are missing, so containers cannot be limited.\n` +
      `Mount them (systemd does so; without it: apt-get install cgroupfs-mount), or use --no-node for the control plane alone.`,
  );
}
