/** The whole Worker in a real workerd. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Miniflare } from "miniflare";
import { bundleWorker } from "../../cli/control-plane/bundle.ts";

export const ADMIN_TOKEN = "test-admin-token";

export interface WorkerUnderTest {
  /** "http://127.0.0.1:port", workerd's own socket. */
  url: string;
  /** Throws an object's (default: ClusterStore's) memory away, as Cloudflare does when it has been idle; its WebSockets stay. */
  hibernate(className?: string): Promise<void>;
  /** Ends an object (default: ClusterStore) with all its connections, as a crash does; what it stored stays. */
  crash(className?: string): Promise<void>;
  stop(): Promise<void>;
}

const CLASSES = {
  CLUSTER_STORE: "ClusterStore",
  EVENT_STORE: "EventStore",
  CONTROLLERS: "Controllers",
  SCHEDULER: "Scheduler",
  NODE_GATEWAY: "NodeGateway",
};

/** @param persistDir where the objects' data outlives this process; absent: nowhere */
export async function startWorker(persistDir?: string): Promise<WorkerUnderTest> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-worker-"));
  const bundle = path.join(dir, "main.js");
  await bundleWorker(bundle);
  const script = fs.readFileSync(bundle, "utf8");
  fs.rmSync(dir, { recursive: true });
  const objects = Object.entries(CLASSES);
  const miniflare = new Miniflare({
    ...(persistDir !== undefined && { resourcePersistencePath: persistDir }),
    workers: [
      {
        config: {
          name: "kedge",
          compatibilityDate: "2026-11-01",
          manifest: {
            mainModule: "main.js",
            modules: { "main.js": { type: "esm", contents: script } },
          },
          env: {
            ...Object.fromEntries(
              objects.map(([binding, exportName]) => [
                binding,
                { type: "durable-object", worker: "kedge", exportName },
              ]),
            ),
            KEDGE_ADMIN_TOKEN: { type: "text", value: ADMIN_TOKEN },
            KEDGE_ONE_PROCESS: { type: "text", value: "true" },
          },
          exports: Object.fromEntries(objects.map(([, name]) => [name, { type: "durable-object", storage: "sqlite" }])),
        },
        dev: { unsafeDirectSockets: [{ port: 0 }] },
      },
    ],
  } as ConstructorParameters<typeof Miniflare>[0]);
  await miniflare.ready;
  const evict = async (className: string, webSockets: "hibernate" | "close"): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await miniflare.unsafeEvictDurableObject("kedge", className, { name: "default", webSockets });
      } catch (error) {
        // That a client has left reaches the object in its own time, and workerd waits for it a few seconds.
        if (attempt === 3 || !String(error).includes("it still has active references")) throw error;
      }
    }
  };
  return {
    url: (await miniflare.unsafeGetDirectURL("kedge")).origin,
    hibernate: (className = "ClusterStore") => evict(className, "hibernate"),
    crash: (className = "ClusterStore") => evict(className, "close"),
    stop: () => miniflare.dispose(),
  };
}
