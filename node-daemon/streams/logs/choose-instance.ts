import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { ContainerInstance, RunningPod } from "../../contracts.ts";
import { CallError } from "../../link/call.ts";

/** What of a pod's status decides which log is meant. */
interface ContainerStatus {
  name?: string;
  state?: { waiting?: { reason?: string }; running?: object; terminated?: { containerID?: string } };
}

/**
 * The instance of a container whose log is asked for, as the kubelet chooses it. Pure.
 * @param pod as the runtime has it; undefined when it has nothing of it. @param object as the API has it
 * @throws CallError with the kubelet's words
 */
export function chooseInstance(options: {
  pod: RunningPod | undefined;
  object: KubeObject | undefined;
  podName: string;
  containerName: string;
  previous: boolean;
}): ContainerInstance {
  const { pod, object, podName, containerName, previous } = options;
  if (!pod && !object) throw new CallError(404, `pod "${podName}" does not exist\n`);
  if (object && !hasContainer(object, containerName))
    throw new CallError(404, `container "${containerName}" not found in pod "${podName}"\n`);
  const which = `container "${containerName}" in pod "${podName}"`;
  const instances = pod?.containers.get(containerName) ?? [];
  const status = statusOf(object, containerName);
  const waiting = status?.state?.waiting;
  const [newest, older] = instances;
  // While the container waits for its next start, the newest instance is the terminated one "last state" names.
  const betweenStarts = newest?.state === "exited" && waiting !== undefined;
  if (previous) {
    const instance = betweenStarts ? newest : older;
    if (!instance) throw new CallError(400, `previous terminated ${which} not found`);
    return instance;
  }
  if (newest && newest.state !== "created") return newest;
  if (older) return older;
  if (newest) throw new CallError(400, `${which} is waiting to start: ContainerCreating`);
  if (!status) throw new CallError(400, `${which} is not available`);
  if (status.state?.terminated) throw new CallError(400, `${which} is terminated`);
  throw new CallError(400, `${which} is waiting to start${reasonOf(waiting?.reason)}`);
}

function reasonOf(reason: string | undefined): string {
  if (!reason) return " - no logs yet";
  if (reason === "ErrImagePull") return ": image can't be pulled";
  if (reason === "ImagePullBackOff") return ": trying and failing to pull image";
  return `: ${reason}`;
}

function hasContainer(object: KubeObject, name: string): boolean {
  const spec = (object.spec ?? {}) as { [list: string]: { name?: string }[] | undefined };
  return ["containers", "initContainers", "ephemeralContainers"].some((list) =>
    spec[list]?.some((container) => container.name === name),
  );
}

function statusOf(object: KubeObject | undefined, name: string): ContainerStatus | undefined {
  const status = (object?.status ?? {}) as { [list: string]: ContainerStatus[] | undefined };
  return ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]
    .flatMap((list) => status[list] ?? [])
    .find((container) => container.name === name);
}
