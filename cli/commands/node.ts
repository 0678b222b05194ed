import fs from "node:fs";
import path from "node:path";
import { parseCommandLine } from "../arguments.ts";
import { createEdgeClient } from "../edge-client.ts";
import { Failure } from "../failure.ts";
import { readIfExists, writeFileAtomic } from "../files.ts";
import { pauseImageArchive } from "../images/pause.ts";
import { layoutOf, projectDir } from "../layout.ts";
import { CLUSTER_DEFAULTS } from "../nodes/cluster-defaults.ts";
import { goArch } from "../nodes/containerd.ts";
import { containerdConfig } from "../nodes/containerd-config.ts";
import { hostNodeName, localNodes } from "../nodes/local-node.ts";
import { createProgress, type Progress } from "../progress.ts";
import { readRunFile } from "../run-file.ts";
import { ensureInstalled, findCniDir, findProgram, NODE_NEEDS } from "../system/install.ts";
import { runningPid } from "../system/process.ts";
import { run } from "../system/run.ts";
import { CONTAINERD_UNIT, containerdUnit, NODE_UNIT, nodeUnit, type UnitPaths } from "../system/systemd-units.ts";

const LINE = {
  usage: "./kedge node install|uninstall [flags]",
  flags: {
    server: { type: "string", value: "URL", help: "https URL of the edge (default: the cluster in --data)" },
    ca: {
      type: "string",
      value: "FILE",
      help: "PEM of the CA of the edge's certificate, where it is not a public one",
    },
    "token-file": {
      type: "string",
      value: "FILE",
      help: "file with a token that may register nodes; - reads standard input",
    },
    name: { type: "string", value: "NAME", help: "name of the node (default: the host's name)" },
    data: {
      type: "string",
      value: "DIR",
      help: "the local cluster to join where --server is absent",
      default: ".kedge",
    },
    root: { type: "string", value: "DIR", help: "install below this directory instead of /", default: "/" },
    "no-install": { type: "boolean", help: "say what is missing instead of installing it" },
  },
  positionals: { least: 1, most: 1 },
} as const;

const STATE_DIR = "/var/lib/kedge";
const CONFIG_DIR = "/etc/kedge";
const SOCKET = "/run/kedge/containerd.sock";
const UNIT_DIR = "/etc/systemd/system";

interface Join {
  serverUrl: string;
  caPem: string | undefined;
  token: string;
}

export async function main(args: string[]): Promise<void> {
  const line = parseCommandLine(LINE, args);
  if (!line) return;
  const { flags } = line;
  const root = path.resolve(flags.root);
  const progress = createProgress(process.stderr);
  const action = line.positionals[0];
  if (root === "/" && process.getuid?.() !== 0) throw new Failure("installing a node needs root: run with sudo");
  if (action === "uninstall") return uninstall(root, progress);
  if (action !== "install") throw new Failure(`unknown: node ${action}. Usage: ${LINE.usage}`, 2);

  await ensureInstalled(NODE_NEEDS, { install: !flags["no-install"], progress });
  const name = flags.name ?? hostNodeName();
  if (root === "/") refuseBesideUp(flags.data);
  const join = flags.server ? remoteJoin(flags) : localJoin(flags.data);
  const token = await progress.step(`Registering ${name} at ${join.serverUrl}`, () => issueToken(join, name));
  const paths = await progress.step("Writing configuration and units", async () =>
    writeFiles({ root, name, join, token }),
  );
  await enable(root, paths, progress);
}

const in_ = (root: string, file: string): string => path.join(root, file);

/** `up` and the service would fight over the same addresses. */
function refuseBesideUp(dataDirectory: string): void {
  const layout = layoutOf(dataDirectory);
  const [host] = localNodes(layout, Math.min(readRunFile(layout)?.nodes ?? 0, 1));
  if (host && runningPid(host.daemon) !== undefined) {
    throw new Failure(
      "this machine is already a node of the cluster that ./kedge up started.\n" +
        "Run ./kedge down, then ./kedge up --no-node, then this again.",
    );
  }
}

function localJoin(dataDirectory: string): Join {
  const layout = layoutOf(dataDirectory);
  const run = readRunFile(layout);
  const token = readIfExists(path.join(layout.pkiDir, "admin.token"))?.trim();
  const caPem = readIfExists(path.join(layout.pkiDir, "ca.crt"));
  if (!run || !token || !caPem)
    throw new Failure(
      `there is no cluster in ${layout.dataDir}: give --server and --token-file, or run ./kedge up --no-node first`,
    );
  return { serverUrl: `https://127.0.0.1:${run.port}`, caPem, token };
}

function remoteJoin(flags: {
  server?: string | undefined;
  ca?: string | undefined;
  "token-file"?: string | undefined;
}): Join {
  const { server = "", ca } = flags;
  if (!/^https:\/\/[^/]+\/?$/.test(server))
    throw new Failure(`--server takes an https URL without a path, not "${server}"`, 2);
  const tokenFile = flags["token-file"];
  if (!tokenFile) throw new Failure("--server needs --token-file with a token that may register nodes", 2);
  const token = fs.readFileSync(tokenFile === "-" ? 0 : tokenFile, "utf8").trim();
  if (token === "") throw new Failure(`${tokenFile} holds no token`);
  return {
    serverUrl: server.replace(/\/$/, ""),
    caPem: ca === undefined ? undefined : fs.readFileSync(ca, "utf8"),
    token,
  };
}

async function issueToken({ serverUrl, caPem, token }: Join, name: string): Promise<string> {
  const edge = createEdgeClient({ serverUrl, token, ...(caPem && { caPem }) });
  try {
    return ((await edge.call("POST", `/kedge/v1/nodes/${name}/token`)) as { token: string }).token;
  } catch (error) {
    throw new Failure(`the edge did not let this node register: ${(error as Error).message}`);
  } finally {
    await edge.close();
  }
}

function writeFiles({ root, name, join, token }: { root: string; name: string; join: Join; token: string }): UnitPaths {
  const paths: UnitPaths = {
    containerdProgram: findProgram("containerd") ?? "/usr/bin/containerd",
    ctrProgram: findProgram("ctr") ?? "/usr/bin/ctr",
    containerdConfigFile: `${CONFIG_DIR}/containerd.toml`,
    containerdSocket: SOCKET,
    pauseArchiveFile: `${STATE_DIR}/pause.tar`,
    nodeProgram: process.execPath,
    daemonMainFile: path.join(projectDir, "node-daemon/main.ts"),
    daemonConfigFile: `${CONFIG_DIR}/node.json`,
  };
  const cniBinDir = findCniDir() ?? "/usr/lib/cni";
  for (const dir of [CONFIG_DIR, STATE_DIR, UNIT_DIR]) fs.mkdirSync(in_(root, dir), { recursive: true, mode: 0o755 });
  const nodeConfig = {
    nodeName: name,
    serverUrl: join.serverUrl,
    ...(join.caPem && { serverCa: join.caPem }),
    tokenFile: `${STATE_DIR}/token`,
    runtimeSocket: SOCKET,
    stateDir: `${STATE_DIR}/state`,
    cniBinDir,
    ...CLUSTER_DEFAULTS,
  };
  writeFileAtomic(in_(root, `${STATE_DIR}/token`), `${token}\n`, 0o600);
  writeFileAtomic(in_(root, paths.pauseArchiveFile), pauseImageArchive(goArch()), 0o644);
  writeFileAtomic(in_(root, paths.daemonConfigFile), `${JSON.stringify(nodeConfig, null, 2)}\n`, 0o600);
  const containerd = containerdConfig({
    rootDir: `${STATE_DIR}/containerd`,
    stateDir: "/run/kedge/containerd",
    socket: SOCKET,
    cniBinDir,
    cniConfDir: `${STATE_DIR}/state/cni`,
    registryDir: `${CONFIG_DIR}/registry`,
  });
  writeFileAtomic(in_(root, paths.containerdConfigFile), containerd, 0o644);
  writeFileAtomic(in_(root, `${UNIT_DIR}/${CONTAINERD_UNIT}`), containerdUnit(paths), 0o644);
  writeFileAtomic(in_(root, `${UNIT_DIR}/${NODE_UNIT}`), nodeUnit(paths), 0o644);
  return paths;
}

const systemdRuns = (): boolean => fs.existsSync("/run/systemd/system");

async function enable(root: string, paths: UnitPaths, progress: Progress): Promise<void> {
  const units = [CONTAINERD_UNIT, NODE_UNIT];
  await progress.step("Enabling the service", async () => {
    const ran = await run("systemctl", [`--root=${root}`, "enable", ...units]);
    if (ran.exitCode !== 0) throw new Failure(`systemctl enable failed: ${ran.stderr.trim()}`);
  });
  const done = `The node daemon is ${NODE_UNIT}; its configuration is ${paths.daemonConfigFile}.\n`;
  if (root !== "/" || !systemdRuns()) {
    process.stdout.write(`${done}systemd is not running here: the service starts with the next boot that has it.\n`);
    return;
  }
  await progress.step("Starting the service", async () => {
    await run("systemctl", ["daemon-reload"]);
    const ran = await run("systemctl", ["restart", ...units]);
    if (ran.exitCode !== 0)
      throw new Failure(`systemctl restart failed: ${ran.stderr.trim()}\nSee: journalctl -u ${NODE_UNIT}`);
  });
  process.stdout.write(`${done}Follow it with: journalctl -fu ${NODE_UNIT}\n`);
}

async function uninstall(root: string, progress: Progress): Promise<void> {
  await progress.step("Removing the service", async () => {
    const units = [NODE_UNIT, CONTAINERD_UNIT];
    if (root === "/" && systemdRuns()) {
      await run("systemctl", ["stop", NODE_UNIT]);
      const config = `${CONFIG_DIR}/node.json`;
      if (fs.existsSync(config)) {
        const main = path.join(projectDir, "node-daemon/main.ts");
        const ran = await run(process.execPath, [
          "--disable-warning=ExperimentalWarning",
          main,
          "--config",
          config,
          "--teardown",
        ]);
        if (ran.exitCode !== 0) throw new Failure(`the node's pods could not be removed: ${ran.stderr.trim()}`);
      }
      await run("systemctl", ["stop", CONTAINERD_UNIT]);
    }
    await run("systemctl", [`--root=${root}`, "disable", ...units]);
    for (const unit of units) fs.rmSync(in_(root, `${UNIT_DIR}/${unit}`), { force: true });
    fs.rmSync(in_(root, CONFIG_DIR), { recursive: true, force: true });
    fs.rmSync(in_(root, STATE_DIR), { recursive: true, force: true });
  });
}
