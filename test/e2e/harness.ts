/** What the end-to-end tests share: the real commands, run as a user would, against a data directory of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { layoutOf, projectDir } from "../../cli/layout.ts";
import { type Ran, run } from "../../cli/system/run.ts";

/** Why tests with real nodes cannot run on this machine, as `./kedge test` found out; undefined when they can. */
export const skipNodes = process.env.KEDGE_SKIP_NODE_TESTS ?? (process.getuid?.() === 0 ? undefined : "not root");

export interface TestCluster {
  dataDir: string;
  /** The "user's" kubeconfig of this test. */
  kubeconfig: string;
  port: number;
  kedge(...args: string[]): Promise<Ran>;
  /** @throws Error with what kubectl said when it fails */
  kubectl(...args: string[]): Promise<string>;
  kubectlRan(args: string[], input?: string): Promise<Ran>;
  /** A kubectl that goes on (watch, logs -f, port-forward); ended by the cluster's `remove`. */
  kubectlStart(args: string[]): Running;
  remove(): Promise<void>;
}

export interface Running {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  exited: Promise<number>;
}

export function start(program: string, args: string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"], cwd: projectDir });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const exited = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? -1));
  });
  return { child, stdout: () => out, stderr: () => err, exited };
}

export function testCluster(name: string, port: number): TestCluster {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), `kedge-e2e-${name}-`));
  const dataDir = path.join(home, "data");
  const kubeconfig = path.join(home, "kubeconfig");
  const env = { ...process.env, HOME: home, KUBECONFIG: kubeconfig };
  const children: Running[] = [];
  const kedge = (...args: string[]) =>
    run(path.join(projectDir, "kedge"), [...args, "--data", dataDir], { env, cwd: projectDir });
  const kubectlRan = (args: string[], input?: string) =>
    run("kubectl", args, { env, ...(input !== undefined && { input }) });
  return {
    dataDir,
    kubeconfig,
    port,
    kedge,
    kubectlRan,
    async kubectl(...args) {
      const ran = await kubectlRan(args);
      if (ran.exitCode !== 0)
        throw new Error(`kubectl ${args.join(" ")}: exit ${ran.exitCode}: ${ran.stderr}${ran.stdout}`);
      return ran.stdout;
    },
    kubectlStart(args) {
      const running = start("kubectl", args, env);
      children.push(running);
      return running;
    },
    async remove() {
      for (const { child } of children) child.kill("SIGKILL");
      const ran = await kedge("down", "--purge");
      if (ran.exitCode !== 0) throw new Error(`kedge down --purge: exit ${ran.exitCode}: ${ran.stderr}`);
      fs.rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Asks again until the answer is truthy. @throws Error with the last answer or error when `timeoutMs` has passed */
export async function eventually<T>(what: string, timeoutMs: number, ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}; last: ${last}`);
    await sleep(100);
  }
}

/** The pid in a pid file of kedge's. */
export const pidOf = (file: string): number => Number(fs.readFileSync(file, "utf8").split(" ")[0]);

/** Its inode; undefined when it has just gone. */
function namespaceId(file: string): number | undefined {
  return fs.statSync(file, { throwIfNoEntry: false })?.ino;
}

/** Network namespaces with processes in them. One that has just gone counts as used: it is not left behind. */
function namespacesInUse(): Set<number | undefined> {
  const found = new Set<number | undefined>([undefined]);
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      found.add(namespaceId(`/proc/${pid}/ns/net`));
    } catch {
      // It has just ended.
    }
  }
  return found;
}

/** What this cluster could leave behind in the kernel, one line each; what others do on the machine is left out. */
export async function kernelState(cluster: TestCluster): Promise<string[]> {
  const { id, dataDir, runDir } = layoutOf(cluster.dataDir);
  const lines = async (program: string, ...args: string[]) =>
    (await run(program, args)).stdout.split("\n").filter((line) => line.trim() !== "");
  const links = (JSON.parse((await run("ip", ["-j", "link"])).stdout) as { ifname: string }[]).map(
    (l) => `link ${l.ifname}`,
  );
  const addresses = (await lines("ip", "-o", "addr", "show", "dev", "lo")).map((line) => line.replace(/\s+/g, " "));
  const routes = (await lines("ip", "route", "show", "table", "all")).filter((line) => !line.includes("local fe80"));
  // Pods' namespaces carry no sign of their cluster: those in which something runs are others'.
  const alive = namespacesInUse();
  const namespaces = (await lines("ip", "netns", "list"))
    .map((line) => `netns ${line.split(" ")[0]}`)
    .filter(
      (line) =>
        line.includes(id) || (line.startsWith("netns cni-") && !alive.has(namespaceId(`/run/netns/${line.slice(6)}`))),
    );
  const tables = await lines("nft", "list", "tables");
  const ours = (line: string) => line.includes(dataDir) || line.includes(runDir);
  const mounts = fs.readFileSync("/proc/self/mountinfo", "utf8").split("\n").filter(ours);
  const processes = (await lines("ps", "-eo", "args")).filter(ours);
  return [...links, ...addresses, ...routes, ...namespaces, ...tables, ...mounts, ...processes]
    .map((line) => line.trim())
    .sort();
}
