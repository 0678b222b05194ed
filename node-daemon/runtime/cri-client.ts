import { type Clock, systemClock } from "../../machinery/clock.ts";
import type { Log } from "../contracts.ts";
import {
  toCondition,
  toContainer,
  toContainerStatus,
  toFilesystem,
  toImage,
  toSandbox,
  toSandboxStatus,
  toUsage,
} from "./cri-convert.ts";
import { followEvents } from "./event-stream.ts";
import type * as cri from "./generated/cri-v1-types.ts";
import { connectRuntime } from "./rpc.ts";
import { isNotFound, type Runtime, RuntimeError } from "./runtime.ts";

/** kubelet's runtimeRequestTimeout. */
const CALL_TIMEOUT_MS = 120_000;
/** Pulling ends by the runtime's own progress watch; this bounds what it forgets. */
const PULL_TIMEOUT_MS = 60 * 60_000;
/** What execSync allows the runtime beyond the command's own timeout. */
const EXEC_SLACK_MS = 10_000;

/** Names an image in a request. */
const spec = (image: string): { image: { image: string } } => ({ image: { image } });

/** containerd's verbose status carries its configuration as JSON. */
function sandboxImageOf(config: string | undefined): string | undefined {
  if (config === undefined) return undefined;
  const found = /"sandboxImage":\s*"([^"]+)"/.exec(config);
  return found?.[1];
}

const selecting = (labels: { [key: string]: string } | undefined): object =>
  labels ? { filter: { labelSelector: labels } } : {};

/** CRI v1 over containerd's unix socket. */
export function connectCri(socketPath: string, options: { log: Log; clock?: Clock }): Runtime {
  const rpc = connectRuntime(socketPath);
  const clock = options.clock ?? systemClock;
  const runtime = <T>(method: string, input: object, timeoutMs = CALL_TIMEOUT_MS): Promise<T> =>
    rpc.call<T>("RuntimeService", method, input, timeoutMs);
  const images = <T>(method: string, input: object, timeoutMs = CALL_TIMEOUT_MS): Promise<T> =>
    rpc.call<T>("ImageService", method, input, timeoutMs);
  const found = <T>(value: T | undefined, what: string): T => {
    if (value === undefined) throw new RuntimeError("NotFound", `${what} not found`);
    return value;
  };
  const gone = (error: unknown): void => {
    if (!isNotFound(error)) throw error;
  };

  return {
    async version() {
      const answer = await runtime<cri.VersionResponse>("Version", { version: "v1" });
      return { name: answer.runtimeName, version: answer.runtimeVersion };
    },
    async status() {
      const { status, info, features, runtimeHandlers } = await runtime<cri.StatusResponse>("Status", {
        verbose: true,
      });
      const conditions = status?.conditions ?? [];
      return {
        runtime: toCondition(conditions, "RuntimeReady"),
        network: toCondition(conditions, "NetworkReady"),
        sandboxImage: sandboxImageOf(info.config),
        ...(features && { features }),
        handlers: runtimeHandlers,
      };
    },

    async runSandbox(config, runtimeHandler = "") {
      return (
        await runtime<cri.RunPodSandboxResponse>("RunPodSandbox", { config, runtimeHandler }, 2 * CALL_TIMEOUT_MS)
      ).podSandboxId;
    },
    stopSandbox: (id) => runtime<void>("StopPodSandbox", { podSandboxId: id }).catch(gone),
    removeSandbox: (id) => runtime<void>("RemovePodSandbox", { podSandboxId: id }).catch(gone),
    async listSandboxes(labels) {
      return (await runtime<cri.ListPodSandboxResponse>("ListPodSandbox", selecting(labels))).items.map(toSandbox);
    },
    async sandboxStatus(id) {
      const { status } = await runtime<cri.PodSandboxStatusResponse>("PodSandboxStatus", { podSandboxId: id });
      return toSandboxStatus(found(status, `sandbox ${id}`));
    },

    async createContainer({ sandboxId, config, sandboxConfig }) {
      const request = { podSandboxId: sandboxId, config, sandboxConfig };
      return (await runtime<cri.CreateContainerResponse>("CreateContainer", request)).containerId;
    },
    async startContainer(id) {
      await runtime("StartContainer", { containerId: id });
    },
    stopContainer: (id, timeoutSeconds) =>
      runtime<void>(
        "StopContainer",
        { containerId: id, timeout: BigInt(timeoutSeconds) },
        timeoutSeconds * 1000 + CALL_TIMEOUT_MS,
      ).catch(gone),
    removeContainer: (id) => runtime<void>("RemoveContainer", { containerId: id }).catch(gone),
    async listContainers(labels) {
      return (await runtime<cri.ListContainersResponse>("ListContainers", selecting(labels))).containers.map(
        toContainer,
      );
    },
    async containerStatus(id) {
      const { status } = await runtime<cri.ContainerStatusResponse>("ContainerStatus", { containerId: id });
      return toContainerStatus(found(status, `container ${id}`));
    },
    async updateResources(id, linux) {
      await runtime("UpdateContainerResources", { containerId: id, linux });
    },
    async reopenLog(id) {
      await runtime("ReopenContainerLog", { containerId: id });
    },

    async execSync({ containerId, command, timeoutMs }) {
      // CRI counts whole seconds; 0 would mean without end.
      const timeout = BigInt(Math.max(1, Math.ceil(timeoutMs / 1000)));
      const request = { containerId, cmd: command, timeout };
      const { stdout, stderr, exitCode } = await runtime<cri.ExecSyncResponse>(
        "ExecSync",
        request,
        timeoutMs + EXEC_SLACK_MS,
      );
      return { stdout, stderr, exitCode };
    },
    async execUrl({ containerId, command, ...streams }) {
      return (await runtime<cri.ExecResponse>("Exec", { containerId, cmd: command, ...streams })).url;
    },
    async attachUrl(request) {
      return (await runtime<cri.AttachResponse>("Attach", request)).url;
    },
    async portForwardUrl({ sandboxId, ports }) {
      return (await runtime<cri.PortForwardResponse>("PortForward", { podSandboxId: sandboxId, port: ports })).url;
    },

    async listImages() {
      return (await images<cri.ListImagesResponse>("ListImages", {})).images.map(toImage);
    },
    async imageStatus(reference) {
      const { image } = await images<cri.ImageStatusResponse>("ImageStatus", spec(reference));
      return image && toImage(image);
    },
    async pullImage(reference, auth) {
      const request = { ...spec(reference), ...(auth && { auth }) };
      return (await images<cri.PullImageResponse>("PullImage", request, PULL_TIMEOUT_MS)).imageRef;
    },
    removeImage: (reference) => images<void>("RemoveImage", spec(reference)).catch(gone),
    async imageFilesystems() {
      return (await images<cri.ImageFsInfoResponse>("ImageFsInfo", {})).imageFilesystems.map(toFilesystem);
    },

    async containerStats() {
      return (await runtime<cri.ListContainerStatsResponse>("ListContainerStats", {})).stats.map(toUsage);
    },

    subscribe: (listener) => followEvents(rpc, { clock, log: options.log, listener }),
    close: () => rpc.close(),
  };
}
