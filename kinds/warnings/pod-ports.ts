/** Ports of a pod's containers that say the same twice, or not quite. */
import { eachContainer } from "../core/pod-template/windows.ts";
import type { ContainerPort, PodSpec } from "../generated/api/core-v1.ts";

export function portWarnings(spec: PodSpec, at: string): string[] {
  const warnings: string[] = [];
  const known = new Map<string, { at: string; port: ContainerPort }[]>();
  eachContainer(spec, at, ({ ports = [] }, containerAt) => {
    for (const [i, port] of ports.entries()) {
      const portAt = `${containerAt}.ports[${i}]`;
      if (port.hostIP && !port.hostPort) warnings.push(`${portAt}: hostIP set without hostPort: ${goText(port)}`);
      const key = `${port.containerPort}/${port.protocol}`;
      const others = known.get(key) ?? [];
      for (const other of others) {
        const how = conflict(port, other.port);
        if (how) warnings.push(`${portAt}: ${how} port definition with ${other.at}`);
      }
      known.set(key, [...others, { at: portAt, port }]);
    }
  });
  return warnings;
}

/** Both have the same port and protocol. */
function conflict(a: ContainerPort, b: ContainerPort): string | undefined {
  const [aPort, bPort] = [a.hostPort ?? 0, b.hostPort ?? 0];
  const [aIp, bIp] = [a.hostIP ?? "", b.hostIP ?? ""];
  if (aIp === bIp && aPort === bPort) return "duplicate";
  if (aPort === 0 || bPort === 0) return "overlapping";
  return aPort === bPort && (aIp === "") !== (bIp === "") ? "dangerously ambiguous" : undefined;
}

/** As Go prints a struct. */
const goText = ({ name = "", hostPort = 0, containerPort, protocol, hostIP = "" }: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
