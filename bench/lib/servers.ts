/** The two servers a benchmark compares: kedge's control plane, and a Worker that does the least possible. */
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bundleWorker } from "../../cli/control-plane/bundle.ts";
import { workerdConfig } from "../../cli/control-plane/workerd-config.ts";
import { readWrangler } from "../../cli/control-plane/wrangler-config.ts";
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

export const startFloor = (port: number): Promise<Server> =>
  startWorker(port, {
    async makeWorker(file) {
      fs.copyFileSync(path.join(import.meta.dirname, "floor-worker.js"), file);
    },
    objects: [{ className: "Floor", binding: "FLOOR" }],
  });

/** kedge's control plane, which counts what it does and tells it at /bench/cost. */
export const startCounted = (port: number): Promise<CountedServer> =>
  startWorker(port, {
    makeWorker: (file) => bundleWorker(file, path.join(import.meta.dirname, "../cost-worker.mjs")),
    objects: readWrangler(path.join(projectDir, "wrangler.toml")).objects,
  });

export interface CountedServer extends Server {
  /** Of all databases. */
  storedBytes(): number;
}

async function startWorker(
  port: number,
  worker: { makeWorker(file: string): Promise<void>; objects: { className: string; binding: string }[] },
): Promise<CountedServer> {
  const dir = temporaryDir();
  const pki = await ensurePki(layoutOf(dir), { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] });
  const storageDir = path.join(dir, "w/storage");
  fs.mkdirSync(storageDir, { recursive: true });
  await worker.makeWorker(path.join(dir, "w/worker.js"));
  const config = workerdConfig({
    listen: [`127.0.0.1:${port}`],
    workerFile: "worker.js",
    storageDir,
    serverKeyFile: "../pki/server.key",
    serverCertificateFile: "../pki/server.crt",
    compatibilityDate: "2026-11-01",
    compatibilityFlags: [],
    objects: worker.objects,
    environment: ["KEDGE_ADMIN_TOKEN", "KEDGE_CA_CERT", "KEDGE_CA_KEY"],
  });
  fs.writeFileSync(path.join(dir, "w/workerd.capnp"), config);
  const { default: program } = createRequire(import.meta.url)("workerd") as { default: string };
  const env = {
    KEDGE_ADMIN_TOKEN: pki.adminToken,
    KEDGE_CA_CERT: pki.authority.certificatePem,
    KEDGE_CA_KEY: pki.authority.keyPem,
  };
  const child = spawn(program, ["serve", "workerd.capnp"], { cwd: path.join(dir, "w"), stdio: "inherit", env });
  const target = { port, ca: pki.authority.certificatePem, token: pki.adminToken };
  await answers(target);
  return {
    target,
    pid: child.pid as number,
    storedBytes: () =>
      fs
        .readdirSync(storageDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath, entry.name)).size, 0),
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

const CLOCK_TICKS_A_SECOND = 100;

/** Processor time the process has used so far: tells what a request costs also while others keep the machine busy. */
export function cpuMs(pid: number): number {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_A_SECOND;
}
