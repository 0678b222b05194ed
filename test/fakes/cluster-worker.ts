import { build } from "esbuild";
import { Miniflare } from "miniflare";

export interface ClusterWorker {
  /** Calls a method of the store. */
  call(method: string, ...parameters: unknown[]): Promise<unknown>;
  /** Throws the Controllers object out of memory, as Cloudflare does when it has been idle. */
  evict(): Promise<void>;
  stop(): Promise<void>;
}

/** The Controllers object in a real workerd, over a fake store. */
export async function startClusterWorker(): Promise<ClusterWorker> {
  const bundle = await build({
    entryPoints: [new URL("cluster-worker-entry.js", import.meta.url).pathname],
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*"],
    write: false,
    logLevel: "error",
  });
  const object = (exportName: string) => ({ type: "durable-object" as const, worker: "cluster", exportName });
  const miniflare = new Miniflare({
    workers: [
      {
        config: {
          name: "cluster",
          compatibilityDate: "2026-11-01",
          manifest: {
            mainModule: "main.js",
            modules: { "main.js": { type: "esm", contents: bundle.outputFiles[0]!.text } },
          },
          env: { CLUSTER_STORE: object("Store"), CONTROLLERS: object("Controllers") },
          exports: {
            Store: { type: "durable-object", storage: "sqlite" },
            Controllers: { type: "durable-object", storage: "sqlite" },
          },
        },
        dev: { unsafeDirectSockets: [{ port: 0 }] },
      },
    ],
  });
  await miniflare.ready;
  const url = (await miniflare.unsafeGetDirectURL("cluster")).origin;
  return {
    async call(method, ...parameters) {
      const response = await fetch(url, { method: "POST", body: JSON.stringify({ method, parameters }) });
      if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`);
      return response.json();
    },
    evict: () => miniflare.unsafeEvictDurableObject("cluster", "Controllers", { name: "default", webSockets: "close" }),
    stop: () => miniflare.dispose(),
  };
}
