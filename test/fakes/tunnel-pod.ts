/** One real container on a containerd of the test's own, as the streams see it. */
import { globSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { ContainerInstance, PodLookup, RunningPod, RuntimeStreams } from "../../node-daemon/contracts.ts";
import { connectCri } from "../../node-daemon/runtime/cri-client.ts";
import { NamespaceMode } from "../../node-daemon/runtime/generated/cri-v1-types.ts";
import type { PodSandboxConfig, Runtime } from "../../node-daemon/runtime/runtime.ts";
import { BUSYBOX_IMAGE, startContainerd } from "./runtime-containerd.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export interface TestPod {
  pods: PodLookup;
  streams: RuntimeStreams;
  runtime: Runtime;
  /** Runs another container in the pod, "ns/web". */
  run(name: string, options: { command: string[]; tty?: boolean; stdin?: boolean }): Promise<ContainerInstance>;
  stop(): Promise<void>;
}

/** On the host's network, so that no CNI is needed. @param directory short: it holds sockets */
export async function startTestPod(directory: string): Promise<TestPod> {
  const containerd = await startContainerd(directory);
  const runtime = connectCri(containerd.socket, { log: silent });
  const logDirectory = join(directory, "logs");
  const cgroup = `kedge-tunnel-test-${process.pid}`;
  mkdirSync(logDirectory);
  const sandboxConfig: PodSandboxConfig = {
    metadata: { name: "web", namespace: "ns", uid: "u1", attempt: 0 },
    logDirectory,
    linux: {
      cgroupParent: `/${cgroup}`,
      securityContext: { namespaceOptions: { network: NamespaceMode.NODE, pid: NamespaceMode.CONTAINER } },
    },
  };
  const sandboxId = await runtime.runSandbox(sandboxConfig);
  const pod: RunningPod = {
    namespace: "ns",
    name: "web",
    uid: "u1",
    sandboxId,
    podIp: "127.0.0.1",
    hostNetwork: true,
    containers: new Map(),
  };
  return {
    runtime,
    pods: { find: (namespace, name) => (namespace === "ns" && name === "web" ? pod : undefined), all: () => [] },
    streams: {
      exec: (request) => runtime.execUrl(request),
      attach: (request) => runtime.attachUrl(request),
      portForward: (request) => runtime.portForwardUrl(request),
    },
    async run(name, { command, tty = false, stdin = false }) {
      const id = await runtime.createContainer({
        sandboxId,
        sandboxConfig,
        config: {
          metadata: { name, attempt: 0 },
          image: { image: BUSYBOX_IMAGE },
          command,
          logPath: `${name}.log`,
          tty,
          stdin,
          linux: {},
        },
      });
      await runtime.startContainer(id);
      const logPath = join(logDirectory, `${name}.log`);
      const instance: ContainerInstance = { id, state: "running", attempt: 0, logPath, tty, stdin };
      pod.containers.set(name, [instance]);
      return instance;
    },
    async stop() {
      for (const { id } of [...pod.containers.values()].flat()) {
        await runtime.stopContainer(id, 0);
        await runtime.removeContainer(id);
      }
      await runtime.stopSandbox(sandboxId);
      await runtime.removeSandbox(sandboxId);
      runtime.close();
      await containerd.stop();
      for (const place of globSync([`/sys/fs/cgroup/*/${cgroup}`, `/sys/fs/cgroup/${cgroup}`])) rmdirSync(place);
    },
  };
}
