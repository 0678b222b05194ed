/** A container of a pod → what the runtime is asked to create. Pure. */
import type { Container, EphemeralContainer } from "../../kinds/core/v1-types.ts";
import { type Mount, Signal } from "../runtime/generated/cri-v1-types.ts";
import type { ContainerConfig, Image, Init, LinuxContainerResources } from "../runtime/runtime.ts";
import type { Environment } from "./env.ts";
import { expand } from "./expand.ts";
import { containerAnnotations, containerLabels } from "./labels.ts";
import { containerLog } from "./paths.ts";
import type { AnyContainer, NodePod } from "./pod.ts";
import { containerSecurity } from "./security.ts";

export interface ContainerFacts {
  restartCount: number;
  environment: Environment;
  image: Pick<Image, "id" | "uid" | "username">;
  mounts: Init<Mount>[];
  resources: LinuxContainerResources;
  /** Of the container whose processes an ephemeral container shares. */
  targetId?: string | undefined;
}

const SIGNALS: { readonly [name: string]: Signal } = Signal;

/** "SIGRTMIN+3" is SIGRTMINPLUS3 to CRI. */
const signalOf = (name: string): Signal =>
  SIGNALS[name.replace("+", "PLUS").replace("-", "MINUS")] ?? Signal.RUNTIME_DEFAULT;

/** @throws ContainerConfigError */
export function containerConfig(pod: NodePod, container: AnyContainer, facts: ContainerFacts): ContainerConfig {
  const { restartCount, environment, image, mounts, resources, targetId } = facts;
  const variables = new Map(environment.variables);
  const expanded = (words: string[] | undefined): string[] =>
    (words ?? []).map((word) => expand(word, (name) => variables.get(name)));
  const stopSignal = container.lifecycle?.stopSignal;
  const { stdin, stdinOnce, tty } = container as Container | EphemeralContainer;
  return {
    metadata: { name: container.name, attempt: restartCount },
    image: { image: image.id, userSpecifiedImage: container.image ?? "" },
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? "",
    envs: environment.variables.map(([key, value]) => ({ key, value: new TextEncoder().encode(value) })),
    mounts,
    labels: containerLabels(pod, container.name),
    annotations: containerAnnotations(pod, container, restartCount),
    logPath: containerLog(container.name, restartCount),
    stdin: stdin ?? false,
    stdinOnce: stdinOnce ?? false,
    tty: tty ?? false,
    linux: { resources, securityContext: containerSecurity(pod, container, { image, targetId }) },
    ...(stopSignal && { stopSignal: signalOf(stopSignal) }),
  };
}
