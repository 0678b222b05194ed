/** Ports of the host that lead into a pod: the service proxy makes the rules. Pure. */
import { isSidecar, type NodePod, usesHostNetwork } from "./pod.ts";

export interface HostPort {
  hostIP: string;
  hostPort: number;
  protocol: "TCP" | "UDP" | "SCTP";
  podIP: string;
  containerPort: number;
}

/** None for pods on the host's network, whose ports are the host's own, or without an address. */
export function hostPorts(pod: NodePod, podIp: string | undefined): HostPort[] {
  if (podIp === undefined || usesHostNetwork(pod)) return [];
  const containers = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers];
  return containers.flatMap(({ ports }) =>
    (ports ?? [])
      .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
      .map(({ containerPort, hostPort = 0, hostIP = "", protocol = "TCP" }) => ({
        hostIP,
        hostPort,
        protocol,
        podIP: podIp,
        containerPort,
      })),
  );
}
