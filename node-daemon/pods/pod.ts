/** A pod as the daemon works with it, and small questions about it. */
import type { Container, EphemeralContainer, Pod, PodSpec, PodStatus } from "../../kinds/core/v1-types.ts";
import type { KubeObject, ObjectMeta } from "../../machinery/meta/object.ts";

export interface NodePod extends Pod {
  metadata: ObjectMeta & { name: string; namespace: string; uid: string };
  spec: PodSpec;
  status?: PodStatus;
}

/** What every container of a pod has, ephemeral ones included. */
export type AnyContainer = Container | EphemeralContainer;

export type ContainerKind = "init" | "regular" | "ephemeral";

/** uids become directory names. */
const UID = /^[A-Za-z0-9][A-Za-z0-9-]{0,127}$/;

/** undefined for what cannot be a stored pod (no usable uid, no name or spec). */
export function asNodePod(object: KubeObject): NodePod | undefined {
  const { name, namespace, uid } = object.metadata;
  return name && namespace && uid && UID.test(uid) && object.spec ? (object as NodePod) : undefined;
}

export const podKey = (pod: NodePod): string => `${pod.metadata.namespace}/${pod.metadata.name}`;

/** As kubelet names a pod in messages: `web_default(3c1f…)`. */
export const describePod = ({ metadata: { name, namespace, uid } }: NodePod): string => `${name}_${namespace}(${uid})`;

/** A sidecar: an init container that runs for as long as the pod does. */
export const isSidecar = (container: AnyContainer): boolean => (container as Container).restartPolicy === "Always";

export function findContainer(
  pod: NodePod,
  name: string,
): { container: AnyContainer; kind: ContainerKind } | undefined {
  for (const [kind, list] of containerLists(pod)) {
    const container = list.find((candidate) => candidate.name === name);
    if (container) return { container, kind };
  }
  return undefined;
}

export const containerLists = ({ spec }: NodePod): [ContainerKind, AnyContainer[]][] => [
  ["init", spec.initContainers ?? []],
  ["regular", spec.containers],
  ["ephemeral", spec.ephemeralContainers ?? []],
];

/** All but the ephemeral ones. */
export const containersOf = ({ spec }: NodePod): Container[] => [...(spec.initContainers ?? []), ...spec.containers];

/** Event field path of a container: `spec.containers{web}`. */
export function containerFieldPath(pod: NodePod, name: string): string {
  const kind = findContainer(pod, name)?.kind ?? "regular";
  const field = { init: "initContainers", regular: "containers", ephemeral: "ephemeralContainers" }[kind];
  return `spec.${field}{${name}}`;
}

export const usesHostNetwork = (pod: NodePod): boolean => pod.spec.hostNetwork === true;

export const isTerminalPhase = (phase: string | undefined): boolean => phase === "Succeeded" || phase === "Failed";

export const DEFAULT_GRACE_SECONDS = 30;
