import { build } from "esbuild";
import { Miniflare } from "miniflare";

export interface TunnelWorker {
  /** "http://127.0.0.1:port", workerd's own socket. */
  url: string;
  /** What the store was told so far. @param fail how many calls it is to refuse from now on */
  notes(fail?: number): Promise<[string, boolean][]>;
  /** Throws the gateway's memory away, as Cloudflare does when it has been idle; its WebSockets stay. */
  hibernate(): Promise<void>;
  /** Ends the gateway with all its connections, as a crash does; what it stored stays. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** NodeGateway in a real workerd. */
export async function startTunnelWorker(): Promise<TunnelWorker> {
  const bundle = await build({
    entryPoints: [new URL("tunnel-worker-entry.js", import.meta.url).pathname],
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*"],
    write: false,
    logLevel: "error",
  });
  const object = (exportName: string) => ({ type: "durable-object" as const, worker: "tunnel", exportName });
  const miniflare = new Miniflare({
    workers: [
      {
        config: {
          name: "tunnel",
          compatibilityDate: "2026-11-01",
          manifest: {
            mainModule: "main.js",
            modules: { "main.js": { type: "esm", contents: bundle.outputFiles[0]!.text } },
          },
          env: { CLUSTER_STORE: object("NoteTaker"), NODE_GATEWAY: object("NodeGateway") },
          exports: {
            NoteTaker: { type: "durable-object", storage: "sqlite" },
            NodeGateway: { type: "durable-object", storage: "sqlite" },
          },
        },
        dev: { unsafeDirectSockets: [{ port: 0 }] },
      },
    ],
  });
  await miniflare.ready;
  const url = (await miniflare.unsafeGetDirectURL("tunnel")).origin;
  const evict = (webSockets: "hibernate" | "close") =>
    miniflare.unsafeEvictDurableObject("tunnel", "NodeGateway", { name: "default", webSockets });
  return {
    url,
    notes: async (fail = 0) => (await fetch(`${url}/notes?fail=${fail}`)).json() as Promise<[string, boolean][]>,
    hibernate: () => evict("hibernate"),
    crash: () => evict("close"),
    stop: () => miniflare.dispose(),
  };
}
