import type { KubeObject } from "../../../machinery/meta/object.ts";
import { badRequest } from "../../../machinery/meta/status.ts";

interface Named {
  name: string;
  ports?: { name?: string; containerPort: number }[];
}

export interface Pod extends KubeObject {
  spec: {
    nodeName?: string;
    containers: Named[];
    initContainers?: Named[];
    ephemeralContainers?: Named[];
    hostNetwork?: boolean;
  };
  status?: { phase?: string; podIP?: string };
}

/** The container meant by a request that may not name one. @throws ApiError 400 in upstream's words */
export function containerOf({ spec, metadata }: Pod, asked: string): string {
  const { containers, initContainers = [], ephemeralContainers = [] } = spec;
  if (asked !== "") {
    if ([...containers, ...initContainers, ...ephemeralContainers].some(({ name }) => name === asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  if (containers.length === 1) return containers[0]!.name;
  const names = (list: readonly Named[]): string => `[${list.map(({ name }) => name).join(" ")}]`;
  let message = `a container name must be specified for pod ${metadata.name}, choose one of: ${names(containers)}`;
  if (initContainers.length > 0) message += ` or one of the init containers: ${names(initContainers)}`;
  if (ephemeralContainers.length > 0) message += ` or one of the ephemeral containers: ${names(ephemeralContainers)}`;
  throw badRequest(message);
}
