/** Ports of containers. */
import { duplicate, type FieldError, invalid, required } from "../../../machinery/meta/field-error.ts";
import { portName } from "../../../machinery/meta/names.ts";
import { addMessages, checkPortNumber, checkRequiredOneOf } from "../../common/checks.ts";
import type { Container, ContainerPort, PodSpec } from "../v1-types.ts";

export const PROTOCOLS = ["SCTP", "TCP", "UDP"] as const;

export function checkContainerPorts(
  errors: FieldError[],
  ports: readonly ContainerPort[] | undefined,
  path: string,
): void {
  if (!ports) return;
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const item = `${path}[${i}]`;
    if (port.name) {
      const messages = portName(port.name);
      if (messages.length > 0) addMessages(errors, `${item}.name`, port.name, messages);
      else if (names.has(port.name)) errors.push(duplicate(`${item}.name`, port.name));
      else names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(`${item}.containerPort`));
    else checkPortNumber(errors, port.containerPort, `${item}.containerPort`);
    if (port.hostPort) checkPortNumber(errors, port.hostPort, `${item}.hostPort`);
    checkRequiredOneOf(errors, port.protocol, `${item}.protocol`, PROTOCOLS);
  });
}

/** No two containers that run at once may ask for the same port of the node. */
export function checkHostPortConflicts(errors: FieldError[], containers: readonly Container[], path: string): void {
  let taken: Set<string> | undefined;
  containers.forEach((container, c) => {
    container.ports?.forEach((port, p) => {
      if (!port.hostPort) return;
      taken ??= new Set();
      const key = `${port.protocol}/${port.hostIP ?? ""}/${port.hostPort}`;
      if (taken.has(key)) errors.push(duplicate(`${path}[${c}].ports[${p}].hostPort`, key));
      taken.add(key);
    });
  });
}

/** On the node's own network a container's port is the node's. In templates the host port may still be open. */
export function checkHostNetworkPorts(
  errors: FieldError[],
  spec: PodSpec,
  { path, isPod }: { path: string; isPod: boolean },
): void {
  if (!spec.hostNetwork) return;
  spec.containers?.forEach((container, c) => {
    container.ports?.forEach((port, p) => {
      const hostPort = port.hostPort ?? 0;
      if ((isPod || hostPort !== 0) && hostPort !== port.containerPort) {
        const detail = "must match `containerPort` when `hostNetwork` is true";
        errors.push(invalid(`${path}.containers[${c}].ports[${p}].hostPort`, hostPort, detail));
      }
    });
  });
}
