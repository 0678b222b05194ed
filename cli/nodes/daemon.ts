/** The node daemon of one local node: its configuration, its first token, its process, its end. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { EdgeClient } from "../edge-client.ts";
import { writeFileAtomic } from "../files.ts";
import { findCniDir } from "../system/install.ts";
import { runningPid, startDaemon, stopDaemon } from "../system/process.ts";
import { run, runOrThrow } from "../system/run.ts";
import { bundleProgram } from "./bundle.ts";
import { CLUSTER_DEFAULTS } from "./cluster-defaults.ts";
import { startContainerd } from "./containerd.ts";
import { inNamespace, type LocalNode } from "./local-node.ts";

export interface DaemonOptions {
  node: LocalNode;
  serverUrl: string;
  caPem: string;
  /** What the node reports as InternalIP; absent: what the daemon finds. */
  nodeIp?: string;
}

const MAIN = "node-daemon/main.ts";

/** One for all nodes of a data directory. */
const bundleFile = (node: LocalNode): string => path.join(path.dirname(node.dir), "daemon.mjs");

export async function startNodeDaemon(options: DaemonOptions, edge: EdgeClient): Promise<{ started: boolean }> {
  const { node } = options;
  if (runningPid(node.daemon) !== undefined) return { started: false };
  const stateDir = path.join(node.dir, "state");
  fs.mkdirSync(stateDir, { recursive: true, mode: 0o711 });
  const tokenFile = path.join(node.dir, "token");
  const issued = (await edge.call("POST", `/kedge/v1/nodes/${node.name}/token`)) as { token: string };
  writeFileAtomic(tokenFile, `${issued.token}\n`, 0o600);
  const config = {
    nodeName: node.name,
    serverUrl: options.serverUrl,
    serverCa: options.caPem,
    tokenFile,
    runtimeSocket: node.runtimeSocket,
    stateDir,
    cniBinDir: findCniDir(),
    ...(options.nodeIp && { nodeIp: options.nodeIp }),
    ...CLUSTER_DEFAULTS,
    ...(node.networkNamespace && { networkNamespace: node.networkNamespace }),
  };
  writeFileAtomic(node.daemon.configFile, `${JSON.stringify(config, null, 2)}\n`, 0o600);
  await bundleProgram(MAIN, bundleFile(node));
  startDaemon({ ...node.daemon, command: daemonCommand(node) });
  return { started: true };
}

const daemonCommand = (node: LocalNode, ...flags: string[]): string[] =>
  inNamespace(node, [
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    bundleFile(node),
    "--config",
    node.daemon.configFile,
    ...flags,
  ]);

/**
 * Stops the daemon, its pods and its containerd, and removes what they made in the kernel. Returns what could not be
 * removed, in words; goes on whatever fails, so that a second `down` has less to do.
 */
export async function stopNode(node: LocalNode): Promise<string[]> {
  const problems: string[] = [];
  await stopDaemon(node.daemon, 10_000);
  if (fs.existsSync(node.daemon.configFile)) {
    try {
      await teardown(node);
    } catch (error) {
      problems.push(`node ${node.name}: ${(error as Error).message}`);
    }
  }
  await stopDaemon(node.containerd, 5_000);
  unmountBelow([node.dir, node.runDir], problems);
  return problems;
}

/**
 * Pods are removed through containerd, which is started for that if it has died. The namespace of a node that was
 * unplugged is gone: what is left of the node is removed from within a new one.
 */
async function teardown(node: LocalNode): Promise<void> {
  const namespace = node.networkNamespace;
  if (namespace && !fs.existsSync(`/run/netns/${namespace}`)) {
    await runOrThrow("ip", ["netns", "add", namespace]);
    await runOrThrow("ip", ["-n", namespace, "link", "set", "lo", "up"]);
  }
  await startContainerd(node);
  if (!fs.existsSync(bundleFile(node))) await bundleProgram(MAIN, bundleFile(node));
  const [program, ...args] = daemonCommand(node, "--teardown");
  const ran = await run(program as string, args);
  if (ran.exitCode !== 0) throw new Error(ran.stderr.trim().split("\n").slice(-3).join("\n"));
}

/** Unmounts what is left below the directories, innermost first. */
function unmountBelow(dirs: string[], problems: string[]): void {
  // Octal escapes of mountinfo (space, tab, newline, backslash) cannot occur in paths that kedge makes itself.
  const mounts = fs
    .readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((mount) => dirs.some((dir) => mount.startsWith(`${dir}/`)))
    .sort((a, b) => b.length - a.length);
  for (const mount of mounts) {
    const { status, stderr } = spawnSync("umount", [mount], { encoding: "utf8" });
    if (status !== 0) problems.push(`umount ${mount}: ${stderr.trim()}`);
  }
}
