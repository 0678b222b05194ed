/** The two servers a benchmark compares: kedge's control plane, and a Worker that does the least possible. */
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { workerdConfig } from "../../cli/control-plane/workerd-config.ts";
import { layoutOf, projectDir } from "../../cli/layout.ts";
import { ensurePki } from "../../cli/pki/store.ts";
import { pidOf } from "../../test/e2e/harness.ts";
import { connect, requestText, type Target } from "./load.ts";

export interface Server {
  target: Target;
  pid: number;
  stop(): Promise<void>;
}

const temporaryDir = () => fs.mkdtempSync(path.join(os.tmpdir(), "kedge-bench-"));

export async function startFloor(port: number): Promise<Server> {
  const dir = temporaryDir();
  const pki = await ensurePki(layoutOf(dir), { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] });
  fs.mkdirSync(path.join(dir, "w/storage"), { recursive: true });
  fs.copyFileSync(path.join(import.meta.dirname, "floor-worker.js"), path.join(dir, "w/worker.js"));
  const config = workerdConfig({
    listen: [`127.0.0.1:${port}`],
    workerFile: "worker.js",
    storageDir: path.join(dir, "w/storage"),
    serverKeyFile: "../pki/server.key",
    serverCertificateFile: "../pki/server.crt",
    compatibilityDate: "2026-11-01",
    compatibilityFlags: [],
    objects: [{ className: "Floor", binding: "FLOOR" }],
    environment: [],
  });
  fs.writeFileSync(path.join(dir, "w/workerd.capnp"), config);
  const { default: program } = createRequire(import.meta.url)("workerd") as { default: string };
  const child = spawn(program, ["serve", "workerd.capnp"], { cwd: path.join(dir, "w"), stdio: "inherit" });
  const target = { port, ca: pki.authority.certificatePem };
  await answers(target);
  return {
    target,
    pid: child.pid as number,
    async stop() {
      child.kill();
      await new Promise((resolve) => child.on("exit", resolve));
      fs.rmSync(dir, { recursive: true });
    },
  };
}

export async function startKedge(port: number): Promise<Server> {
  const home = temporaryDir();
  const dataDir = path.join(home, "data");
  const env = { ...process.env, HOME: home, KUBECONFIG: path.join(home, "kubeconfig") };
  const kedge = (...args: string[]) =>
    execFileSync(path.join(projectDir, "kedge"), [...args, "--data", dataDir], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
  kedge("up", "--no-node", "--port", String(port));
  return {
    target: {
      port,
      ca: fs.readFileSync(path.join(dataDir, "pki/ca.crt"), "utf8"),
      token: fs.readFileSync(path.join(dataDir, "pki/admin.token"), "utf8").trim(),
    },
    pid: pidOf(path.join(dataDir, "control-plane/workerd.pid")),
    async stop() {
      kedge("down", "--purge");
      fs.rmSync(home, { recursive: true });
    },
  };
}

async function answers(target: Target): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const connection = await connect(target);
      await connection.send(requestText(target, "GET", "/"));
      connection.close();
      return;
    } catch (error) {
      if (attempt > 200) throw error;
      await sleep(20);
    }
  }
}

/** Proportional set size in MB: what the process costs the machine. */
export function memoryMb(pid: number): number {
  const rollup = fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}
