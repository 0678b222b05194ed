/** Runs a Durable Object class in a workerd process of its own, as the self-hosted control plane does. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";

export interface Workerd {
  /** The body of a POST to the object, as JSON. @throws Error with the body of any other status than 200 */
  call(path: string): Promise<unknown>;
  /** As kill -9. */
  kill(): Promise<void>;
}

/** Bundles a module that exports class `Subject` and a default handler; returns the bundle's path. */
export async function bundleFor(folder: string, module: URL): Promise<string> {
  mkdirSync(join(folder, "data"), { recursive: true });
  const outfile = join(folder, "worker.js");
  await build({
    entryPoints: [module.pathname],
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*"],
    outfile,
    logLevel: "error",
  });
  return outfile;
}

/** @param folder where `bundleFor` put the bundle; data is kept in its `data/` */
export async function startWorkerd(folder: string): Promise<Workerd> {
  writeFileSync(
    join(folder, "workerd.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "storage", disk = (path = ${JSON.stringify(join(folder, "data"))}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", service = "main", http = ())],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  bindings = [(name = "SUBJECT", durableObjectNamespace = "Subject")],
  durableObjectNamespaces = [(className = "Subject", uniqueKey = "subject", enableSql = true)],
  durableObjectStorage = (localDisk = "storage"),
);
`,
  );
  const program = (createRequire(import.meta.url)("workerd") as { default: string }).default;
  const child = spawn(program, ["serve", "workerd.capnp", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const port = await listening(child);
  return {
    async call(path) {
      const response = await fetch(`http://127.0.0.1:${port}/${path}`, { method: "POST" });
      const body = await response.text();
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${body}`);
      return JSON.parse(body);
    },
    async kill() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** workerd tells on its control descriptor when a socket listens: {"event":"listen","socket":"http","port":1234} */
function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let errors = "";
    child.stdio[2]!.on("data", (data: Buffer) => {
      errors += data.toString();
    });
    child.stdio[3]!.on("data", (data: Buffer) => {
      const port = /"port":(\d+)/.exec(data.toString())?.[1];
      if (port) resolve(Number(port));
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`workerd ended with ${code}: ${errors}`)));
  });
}
