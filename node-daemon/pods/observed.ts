/** One pod as the runtime has it. */
import type { ContainerState, SandboxStatus } from "../runtime/runtime.ts";

export interface ObservedContainer {
  id: string;
  sandboxId: string;
  name: string;
  attempt: number;
  state: ContainerState;
  createdAtMs: number;
  startedAtMs: number;
  finishedAtMs: number;
  exitCode: number;
  reason: string;
  message: string;
  image: string;
  imageRef: string;
  /** Hash of the spec it was made from. */
  hash: string;
  restartCount: number;
  gracePeriodSeconds: number;
  /** What it was given when it was made, as `resizable` has it; "" when unknown. */
  resources: string;
  logPath: string;
  user?: { uid: number; gid: number; supplementalGroups: number[] };
  stopSignal?: string;
}

export interface ObservedPod {
  uid: string;
  namespace: string;
  name: string;
  /** Newest first. */
  sandboxes: SandboxStatus[];
  /** All instances of all containers, newest first. */
  containers: ObservedContainer[];
}

export const nothingObserved = (pod: { uid: string; namespace: string; name: string }): ObservedPod => ({
  ...pod,
  sandboxes: [],
  containers: [],
});

/** The newest instance of a container. */
export const latest = (observed: ObservedPod, name: string): ObservedContainer | undefined =>
  observed.containers.find((container) => container.name === name);

export const runningContainers = (observed: ObservedPod): ObservedContainer[] =>
  observed.containers.filter(({ state }) => state === "running" || state === "unknown");

/** Addresses of the newest sandbox while it is ready. */
export const podIpsOf = ({ sandboxes: [sandbox] }: ObservedPod): string[] => (sandbox?.ready ? sandbox.ips : []);
