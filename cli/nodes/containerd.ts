/** One containerd per node, apart from any the machine may run already: own root, state, socket, CNI directory. */
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../failure.ts";
import { readIfExists, writeFileAtomic } from "../files.ts";
import { PAUSE_IMAGE, pauseImageArchive } from "../images/pause.ts";
import { findCniDir, findProgram } from "../system/install.ts";
import { runningPid, startDaemon } from "../system/process.ts";
import { run, runOrThrow } from "../system/run.ts";
import { containerdConfig } from "./containerd-config.ts";
import { inNamespace, type LocalNode } from "./local-node.ts";

const READY_TIMEOUT_MS = 20_000;

/** Go's name of this machine's architecture, as image platforms use it. */
export const goArch = (): string => ({ x64: "amd64", arm64: "arm64" })[process.arch as string] ?? process.arch;

/** Starts containerd if it does not run, waits for its socket, and makes sure the pause image is there. */
export async function startContainerd(node: LocalNode): Promise<{ started: boolean }> {
  const started = runningPid(node.containerd) === undefined;
  if (started) {
    const cniBinDir = findCniDir();
    const program = findProgram("containerd");
    if (!cniBinDir || !program)
      throw new Failure("containerd or the CNI plugins are missing: run ./kedge up without --no-install");
    for (const dir of [node.dir, node.runDir]) fs.mkdirSync(dir, { recursive: true, mode: 0o711 });
    fs.mkdirSync(path.join(node.dir, "state", "cni"), { recursive: true });
    const configFile = path.join(node.dir, "containerd.toml");
    const config = containerdConfig({
      rootDir: path.join(node.dir, "containerd"),
      stateDir: path.join(node.runDir, "containerd"),
      socket: node.runtimeSocket,
      cniBinDir,
      cniConfDir: path.join(node.dir, "state", "cni"),
      registryDir: path.join(node.dir, "registry"),
    });
    writeFileAtomic(configFile, config, 0o600);
    startDaemon({
      ...node.containerd,
      command: inNamespace(node, [program, "--config", configFile]),
      env: { PATH: `${path.dirname(program)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
    });
  }
  await waitReady(node);
  const images = await runOrThrow("ctr", [...ctr(node), "images", "ls", "-q"]);
  if (!images.split("\n").includes(PAUSE_IMAGE)) {
    await runOrThrow("ctr", [...ctr(node), "images", "import", "-"], { input: pauseImageArchive(goArch()) });
  }
  return { started };
}

/** Arguments that make `ctr` speak of this node's pods' images and containers. */
export const ctr = (node: LocalNode): string[] => ["--address", node.runtimeSocket, "--namespace", "k8s.io"];

async function waitReady(node: LocalNode): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    if (fs.existsSync(node.runtimeSocket)) {
      const { exitCode } = await run("ctr", ["--address", node.runtimeSocket, "version"]);
      if (exitCode === 0) return;
    }
    if (runningPid(node.containerd) === undefined || performance.now() > deadline) {
      const tail = (readIfExists(node.containerd.logFile) ?? "").trimEnd().split("\n").slice(-5).join("\n");
      throw new Failure(
        `containerd of node ${node.name} did not start. The last lines of ${node.containerd.logFile}:\n${tail}`,
      );
    }
    await sleep(30);
  }
}
