/** What a pod's worker works with: one of each per daemon, made by pod-manager.ts. */
import type { NodeRuntimeHandler, Secret, Service } from "../../kinds/core/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { ApiClient, Log, NodeNetwork } from "../contracts.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { ObjectCache } from "../volumes/object-cache.ts";
import type { VolumeManager } from "../volumes/volume-manager.ts";
import type { PodCgroups } from "./cgroups.ts";
import type { EventRecorder } from "./events.ts";
import type { NodeFacts } from "./field-ref.ts";
import type { ImageManager } from "./images.ts";
import type { PodPaths } from "./paths.ts";
import type { NodePod } from "./pod.ts";
import type { ProbeManager } from "./probes/probe-manager.ts";
import type { ResizePending } from "./resize.ts";
import type { RuntimeCache } from "./runtime-cache.ts";
import type { Slots } from "./slots.ts";
import type { StatusWriter } from "./status-writer.ts";

/** The pod cannot run on this node. */
export interface Rejection {
  reason: string;
  message: string;
}

export interface HostFacts extends NodeFacts {
  hostname: string;
  memoryCapacityBytes: number;
  /** The kernel enforces AppArmor profiles. */
  appArmor: boolean;
  /** What the node tells of them. */
  runtimeHandlers?: readonly NodeRuntimeHandler[];
}

export interface PodServices {
  api: ApiClient;
  runtime: Runtime;
  cache: RuntimeCache;
  clock: Clock;
  log: Log;
  events: EventRecorder;
  images: ImageManager;
  probes: ProbeManager;
  volumes: VolumeManager;
  objects: ObjectCache;
  status: StatusWriter;
  network: NodeNetwork;
  cgroups: Pick<PodCgroups, "parent" | "limit" | "remove">;
  paths: PodPaths;
  clusterDomain: string;
  host(): HostFacts;
  /** undefined until they are known. */
  services(): Iterable<Service> | undefined;
  /** Whether a pod that is new here may start. */
  admit(pod: NodePod): Rejection | undefined;
  /** What keeps a pod that runs from other resources; undefined: nothing. */
  mayResize(pod: NodePod, before: NodePod): ResizePending | undefined;
  /** Bounds how many sandboxes start at the same time. */
  sandboxSlots: Slots;
}

export type PullSecrets = (pod: NodePod) => Promise<Secret[]>;
