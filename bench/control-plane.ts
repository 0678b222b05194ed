/**
 * Cold start and idle memory of the self-hosted control plane, beside a workerd that serves one line of JavaScript on
 * the same machine in the same run, and the reference figures of kube-apiserver + etcd (1.20 + 3.4, 2 cores, 24 GB).
 *
 *   node bench/control-plane.ts [runs]
 */
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { projectDir } from "../cli/layout.ts";
import { pidOf } from "../test/e2e/harness.ts";
import { memoryMb } from "./lib/servers.ts";

const RUNS = Number(process.argv[2] ?? 5);
const PORT = 17_443;
const IDLE_MS = 15_000;
const home = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-bench-"));
const dataDir = path.join(home, "data");
const env = { ...process.env, HOME: home, KUBECONFIG: path.join(home, "kubeconfig") };
const kedge = (...args: string[]) =>
  execFileSync(path.join(projectDir, "kedge"), [...args, "--data", dataDir], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function floor(): Promise<{ startMs: number; memory: number }> {
  fs.writeFileSync(path.join(home, "floor.js"), 'export default { fetch: () => new Response("ok") };');
  fs.writeFileSync(
    path.join(home, "floor.capnp"),
    `using W = import "/workerd/workerd.capnp";
const config :W.Config = (services = [(name = "f", worker = (modules = [(name = "w", esModule = embed "floor.js")], compatibilityDate = "2026-11-01"))], sockets = [(name = "h", address = "127.0.0.1:${PORT}", http = (), service = "f")]);`,
  );
  const { default: program } = createRequire(import.meta.url)("workerd") as { default: string };
  const started = performance.now();
  const child = spawn(program, ["serve", "floor.capnp"], { cwd: home, stdio: "ignore" });
  while (!(await fetch(`http://127.0.0.1:${PORT}`).catch(() => undefined))?.ok) await sleep(5);
  const startMs = performance.now() - started;
  await sleep(2_000);
  const memory = memoryMb(child.pid as number);
  child.kill();
  await new Promise((resolve) => child.on("exit", resolve));
  return { startMs, memory };
}

const bare = await floor();
const first: number[] = [];
const again: number[] = [];
for (let i = 0; i < RUNS; i++) {
  for (const times of [first, again]) {
    const started = performance.now();
    kedge("up", "--no-node", "--port", String(PORT));
    times.push(performance.now() - started);
    if (times === first) kedge("down");
  }
  if (i < RUNS - 1) kedge("down", "--purge");
}
await sleep(IDLE_MS);
const memory = memoryMb(pidOf(path.join(dataDir, "control-plane/workerd.pid")));
kedge("down", "--purge");
fs.rmSync(home, { recursive: true });

const ms = (value: number) => `${(value / 1000).toFixed(2)} s`.padStart(10);
const mb = (value: number) => `${value.toFixed(0)} MB`.padStart(10);
console.log(`                                      kedge      floor*   kube-apiserver + etcd
cold start to ready, new cluster ${ms(median(first))}  ${ms(bare.startMs)}   5.0 s
cold start to ready, with data   ${ms(median(again))}  ${ms(bare.startMs)}   5.0 s
idle memory after ${IDLE_MS / 1000} s           ${mb(memory)}  ${mb(bare.memory)}   535 MB
* a workerd with one line of JavaScript, without the ./kedge command in front; kedge: median of ${RUNS}, command included`);
