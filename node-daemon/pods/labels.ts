/**
 * What the daemon writes on sandboxes and containers, so that it can rebuild everything after its own restart. The
 * names are kubelet's: crictl and log collectors read them.
 */
import { fnv32a } from "../../machinery/meta/hash.ts";
import type { AnyContainer, NodePod } from "./pod.ts";
import { DEFAULT_GRACE_SECONDS } from "./pod.ts";
import { resizable } from "./resources.ts";

type StringMap = { [key: string]: string };

export const POD_NAME = "io.kubernetes.pod.name";
export const POD_NAMESPACE = "io.kubernetes.pod.namespace";
export const POD_UID = "io.kubernetes.pod.uid";
export const CONTAINER_NAME = "io.kubernetes.container.name";
const HASH = "io.kubernetes.container.hash";
const RESTART_COUNT = "io.kubernetes.container.restartCount";
const TERMINATION_PATH = "io.kubernetes.container.terminationMessagePath";
const TERMINATION_POLICY = "io.kubernetes.container.terminationMessagePolicy";
const PRE_STOP = "io.kubernetes.container.preStopHandler";
const RESOURCES = "kedge.dev/container.resources";
const GRACE_PERIOD = "io.kubernetes.pod.terminationGracePeriod";

const podLabels = ({ metadata }: NodePod): StringMap => ({
  [POD_NAME]: metadata.name,
  [POD_NAMESPACE]: metadata.namespace,
  [POD_UID]: metadata.uid,
});

export const sandboxLabels = (pod: NodePod): StringMap => ({ ...pod.metadata.labels, ...podLabels(pod) });

export const containerLabels = (pod: NodePod, name: string): StringMap => ({
  ...podLabels(pod),
  [CONTAINER_NAME]: name,
});

/** Changes when the container must be replaced: other fields that may change in a running pod are handled in place. */
export const containerHash = ({ name, image }: AnyContainer): string =>
  fnv32a(JSON.stringify({ name, image })).toString(16);

export function containerAnnotations(pod: NodePod, container: AnyContainer, restartCount: number): StringMap {
  const preStop = container.lifecycle?.preStop;
  return {
    [HASH]: containerHash(container),
    [RESTART_COUNT]: String(restartCount),
    [TERMINATION_PATH]: container.terminationMessagePath ?? "",
    [TERMINATION_POLICY]: container.terminationMessagePolicy ?? "File",
    [RESOURCES]: resizable(pod, container),
    [GRACE_PERIOD]: String(pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS),
    ...(preStop && { [PRE_STOP]: JSON.stringify(preStop) }),
  };
}

export interface ContainerNotes {
  hash: string;
  restartCount: number;
  terminationPath: string;
  fallbackToLogs: boolean;
  gracePeriodSeconds: number;
  /** As `resizable` gives it; "" when unknown. */
  resources: string;
}

const wholeNumber = (text: string | undefined, otherwise: number): number =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : otherwise;

/** Reads back what containerAnnotations wrote; foreign or damaged values read as defaults. */
export const readNotes = (annotations: StringMap): ContainerNotes => ({
  hash: annotations[HASH] ?? "",
  restartCount: wholeNumber(annotations[RESTART_COUNT], 0),
  terminationPath: annotations[TERMINATION_PATH] ?? "",
  fallbackToLogs: annotations[TERMINATION_POLICY] === "FallbackToLogsOnError",
  gracePeriodSeconds: wholeNumber(annotations[GRACE_PERIOD], DEFAULT_GRACE_SECONDS),
  resources: annotations[RESOURCES] ?? "",
});
