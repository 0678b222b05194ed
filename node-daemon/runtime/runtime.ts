/**
 * The container runtime as the daemon uses it: CRI v1 in shape, with times in milliseconds and errors with a code. One
 * implementation talks to containerd (cri-client.ts), one is a fake for tests; both pass one contract suite.
 */
import type * as cri from "./generated/cri-v1-types.ts";

/** A CRI message with only the fields one cares to set. */
export type Init<T> = T extends Uint8Array
  ? T
  : T extends (infer E)[]
    ? Init<E>[]
    : T extends object
      ? { [K in keyof T]?: Init<T[K]> }
      : T;

export type PodSandboxConfig = Init<cri.PodSandboxConfig>;
export type ContainerConfig = Init<cri.ContainerConfig>;
export type LinuxContainerResources = Init<cri.LinuxContainerResources>;

export type RuntimeErrorCode =
  | "NotFound"
  | "AlreadyExists"
  | "DeadlineExceeded"
  | "Unavailable"
  | "Unimplemented"
  | "Canceled"
  | "Unknown";

export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;

  /** @param message as the runtime gave it, without the code */
  constructor(code: RuntimeErrorCode, message: string) {
    super(message);
    this.name = "RuntimeError";
    this.code = code;
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof RuntimeError && error.code === "NotFound";

type StringMap = { [key: string]: string };

export interface Sandbox {
  id: string;
  name: string;
  namespace: string;
  uid: string;
  attempt: number;
  ready: boolean;
  createdAtMs: number;
  labels: StringMap;
  annotations: StringMap;
}

export interface SandboxStatus extends Sandbox {
  /** Empty for pods on the host's network. */
  ips: string[];
}

export type ContainerState = "created" | "running" | "exited" | "unknown";

export interface Container {
  id: string;
  sandboxId: string;
  name: string;
  attempt: number;
  state: ContainerState;
  createdAtMs: number;
  /** What the pod asked for. */
  image: string;
  imageRef: string;
  labels: StringMap;
  annotations: StringMap;
}

export interface ContainerStatus {
  id: string;
  name: string;
  attempt: number;
  state: ContainerState;
  createdAtMs: number;
  /** 0 until it has started. */
  startedAtMs: number;
  /** 0 until it has ended. */
  finishedAtMs: number;
  exitCode: number;
  /** "Completed", "Error", "OOMKilled", "StartError", … or "". */
  reason: string;
  message: string;
  image: string;
  /** Digest reference, or the image's id where the image has none. */
  imageRef: string;
  imageId: string;
  labels: StringMap;
  annotations: StringMap;
  mounts: { containerPath: string; hostPath: string; readonly: boolean }[];
  logPath: string;
  resources: cri.LinuxContainerResources | undefined;
  user: { uid: bigint; gid: bigint; supplementalGroups: bigint[] } | undefined;
  stopSignal: string | undefined;
}

export interface Image {
  id: string;
  tags: string[];
  digests: string[];
  sizeBytes: number;
  /** What the image's config says to run as: a number, or a name. */
  uid: bigint | undefined;
  username: string;
  pinned: boolean;
}

export interface FilesystemUsage {
  mountpoint: string;
  usedBytes: number;
  inodesUsed: number;
}

export interface RuntimeCondition {
  ok: boolean;
  reason: string;
  message: string;
}

export interface ContainerUsage {
  containerId: string;
  timestampMs: number;
  cpuNanoseconds: bigint;
  memoryWorkingSetBytes: bigint;
  memoryUsageBytes: bigint;
  memoryRssBytes: bigint;
  writableLayerBytes: bigint;
  writableLayerInodes: bigint;
}

export interface ExecResult {
  stdout: Uint8Array;
  stderr: Uint8Array;
  exitCode: number;
}

export interface StreamOptions {
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

/** What has happened in the runtime, told as soon as it has; its lists may lag a little behind. */
export type RuntimeEvent =
  /** A container's or sandbox's main process ended. */
  | { type: "exit"; id: string }
  | { type: "oom"; id: string }
  /** Events were lost or may have been (the runtime went away and is back): look at everything. */
  | { type: "resync" };

export interface RuntimeState {
  runtime: RuntimeCondition;
  network: RuntimeCondition;
  /** The image sandboxes run, where the runtime says. */
  sandboxImage: string | undefined;
  /** What it can do of what not every runtime can; absent where it does not say. */
  features?: cri.RuntimeFeatures;
  handlers: cri.RuntimeHandler[];
}

/** All methods reject with RuntimeError. Stop and remove of what is gone succeed. */
export interface Runtime {
  version(): Promise<{ name: string; version: string }>;
  status(): Promise<RuntimeState>;

  runSandbox(config: PodSandboxConfig, runtimeHandler?: string): Promise<string>;
  stopSandbox(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;
  /** All, or those with these labels. */
  listSandboxes(labels?: StringMap): Promise<Sandbox[]>;
  sandboxStatus(id: string): Promise<SandboxStatus>;

  createContainer(request: {
    sandboxId: string;
    config: ContainerConfig;
    sandboxConfig: PodSandboxConfig;
  }): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** Sends the stop signal, and SIGKILL after `timeoutSeconds`. Called again with less, it hurries. */
  stopContainer(id: string, timeoutSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  /** All, or those with these labels. */
  listContainers(labels?: StringMap): Promise<Container[]>;
  containerStatus(id: string): Promise<ContainerStatus>;
  updateResources(id: string, resources: LinuxContainerResources): Promise<void>;
  reopenLog(id: string): Promise<void>;

  /** @throws RuntimeError DeadlineExceeded when the command outlives `timeoutMs` (it is killed) */
  execSync(request: { containerId: string; command: string[]; timeoutMs: number }): Promise<ExecResult>;
  execUrl(request: { containerId: string; command: string[] } & StreamOptions): Promise<string>;
  attachUrl(request: { containerId: string } & StreamOptions): Promise<string>;
  portForwardUrl(request: { sandboxId: string; ports: number[] }): Promise<string>;

  listImages(): Promise<Image[]>;
  /** undefined when the image is not here. */
  imageStatus(reference: string): Promise<Image | undefined>;
  /** Resolves to the image's reference. */
  pullImage(reference: string, auth?: Init<cri.AuthConfig>): Promise<string>;
  removeImage(reference: string): Promise<void>;
  imageFilesystems(): Promise<FilesystemUsage[]>;

  containerStats(): Promise<ContainerUsage[]>;

  /** Calls back with events until `close`, over any number of reconnects; the first event is a resync. */
  subscribe(listener: (event: RuntimeEvent) => void): { close(): void };
  close(): void;
}
