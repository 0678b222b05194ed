/** A node in memory: PodManager on a fake runtime, a fake API and a clock turned by hand. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Node, PodSpec, PodStatus } from "../../../kinds/core/v1-types.ts";
import { FakeRuntime } from "../../../test/fakes/runtime.ts";
import type { NodePod } from "../pod.ts";
import { createPodManager, type PodManager } from "../pod-manager.ts";
import { makePod } from "./build.ts";
import { FakeApi } from "./fake-api.ts";
import { fakeEvents, fakeNetwork, silentLog } from "./fake-services.ts";
import { JumpClock } from "./jump-clock.ts";

const NODE = "node-1";

export interface World {
  clock: JumpClock;
  runtime: FakeRuntime;
  api: FakeApi;
  events: ReturnType<typeof fakeEvents>;
  network: ReturnType<typeof fakeNetwork>;
  /** Image ids by where they are mounted. */
  imageMounts: Map<string, string>;
  /** This node as the API has it. */
  node: Node | undefined;
  manager: PodManager;
  stateDir: string;
  /** Creates a pod in the API. */
  create(name: string, spec?: Partial<PodSpec>, metadata?: object): void;
  /** Asks for its end, as `kubectl delete` does. */
  delete(name: string, graceSeconds: number): void;
  pod(name: string): NodePod | undefined;
  status(name: string): PodStatus;
  /** Goes on by `ms`, from timer to timer, letting everything happen that follows from each. */
  pass(ms: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  /** Goes on from timer to timer until something holds, at most `limitMs`. @throws Error when it never does */
  until(what: () => boolean, limitMs?: number): Promise<void>;
  /** A second daemon on the same runtime and API, after the first has stopped. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

const path = (name: string): string => `/api/v1/namespaces/default/pods/${name}`;

export async function makeWorld(): Promise<World> {
  const clock = new JumpClock();
  const runtime = new FakeRuntime(clock);
  runtime.addImage("busybox:1");
  const api = new FakeApi();
  const events = fakeEvents();
  const network = fakeNetwork();
  const stateDir = mkdtempSync(join(tmpdir(), "kedge-pods-"));
  const imageMounts = new Map<string, string>();
  const make = (): PodManager =>
    createPodManager({
      nodeName: NODE,
      stateDir,
      clusterDomain: "cluster.local",
      api,
      runtime,
      network,
      imageMounts: {
        mount: async (imageId, target) => void imageMounts.set(target, imageId),
        unmount: async (target) => void imageMounts.delete(target),
      },
      events,
      clock,
      log: silentLog,
      services: api.informer({ path: "/api/v1/services" }),
      host: () => ({
        nodeName: NODE,
        hostname: NODE,
        hostIps: ["192.168.0.1"],
        memoryCapacityBytes: 4 * 2 ** 30,
        appArmor: false,
        allocatable: { cpu: "2", memory: "4Gi" },
      }),
      node: () => world.node,
      // Neither needs root.
      mountTmpfs: async () => {},
    });
  const seen = (): number => runtime.calls.length + api.calls.length;
  const settle = async (): Promise<void> => {
    // Files are read and written for real: as long as any of that is under way, or calls are made, it goes on.
    for (let quiet = 0, before = seen(); quiet < 4; ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const busy = process.getActiveResourcesInfo().some((name) => /^(FSReq|CloseReq)/.test(name));
      quiet = busy || seen() !== before ? 0 : quiet + 1;
      before = seen();
    }
  };
  const world: World = {
    clock,
    runtime,
    api,
    events,
    network,
    imageMounts,
    node: undefined,
    stateDir,
    manager: make(),
    create(name, spec = {}, metadata = {}) {
      const pod = makePod(spec, {
        metadata: { name, uid: `uid-of-${name}`, ...metadata },
        status: { phase: "Pending" },
      });
      api.put(path(name), pod);
    },
    delete: (name, graceSeconds) => api.deletePod(path(name), graceSeconds),
    pod: (name) => api.objects.get(path(name)) as NodePod | undefined,
    status: (name) => (api.objects.get(path(name)) as NodePod | undefined)?.status ?? {},
    settle,
    async pass(ms) {
      await settle();
      for (const endMs = clock.now() + ms; clock.now() < endMs; ) {
        clock.goTo(Math.min(clock.nextMs(), endMs));
        await settle();
      }
    },
    async until(what, limitMs = 20_000) {
      await settle();
      for (const endMs = clock.now() + limitMs; !what(); ) {
        if (clock.nextMs() > endMs) throw new Error(`did not come about within ${limitMs} ms`);
        clock.goTo(clock.nextMs());
        await settle();
      }
    },
    async restart() {
      await world.manager.stop();
      world.manager = make();
      await world.manager.start();
      await settle();
    },
    async end() {
      const stopping = world.manager.stop();
      // Stops of containers that are under way end by the clock.
      await world.pass(60_000);
      await stopping;
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
  await world.manager.start();
  return world;
}
