/** The nodes that `up` makes on this machine: the machine itself, and others in network namespaces of their own. */
import os from "node:os";
import path from "node:path";
import type { Layout } from "../layout.ts";
import type { Daemon } from "../system/process.ts";

export interface LocalNode {
  name: string;
  /** 1 is the machine itself. */
  index: number;
  /** Absent for the machine itself. */
  networkNamespace?: string;
  dir: string;
  /** Sockets and containerd's state (mounts): below /run. */
  runDir: string;
  runtimeSocket: string;
  containerd: Daemon & { logFile: string };
  daemon: Daemon & { logFile: string; configFile: string };
}

/** This machine's name as a Kubernetes node name (DNS-1123 subdomain). */
export function hostNodeName(): string {
  const name = os
    .hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, "-")
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  return name || "node";
}

export function localNodes(layout: Layout, count: number): LocalNode[] {
  const host = hostNodeName();
  return Array.from({ length: count }, (_, position) => {
    const index = position + 1;
    const name = index === 1 ? host : `${host}-${index}`;
    const dir = path.join(layout.nodesDir, name);
    const runDir = path.join(layout.runDir, name);
    return {
      name,
      index,
      ...(index > 1 && { networkNamespace: `kedge-${layout.id}-${index}` }),
      dir,
      runDir,
      runtimeSocket: path.join(runDir, "containerd.sock"),
      containerd: { pidFile: path.join(runDir, "containerd.pid"), logFile: path.join(dir, "containerd.log") },
      daemon: {
        pidFile: path.join(runDir, "daemon.pid"),
        logFile: path.join(dir, "daemon.log"),
        configFile: path.join(dir, "config.json"),
      },
    };
  });
}

/** Runs a command in the node's network namespace. Mounts stay shared, unlike with `ip netns exec`. */
export const inNamespace = (node: LocalNode, command: string[]): string[] =>
  node.networkNamespace ? ["nsenter", `--net=/run/netns/${node.networkNamespace}`, "--", ...command] : command;
