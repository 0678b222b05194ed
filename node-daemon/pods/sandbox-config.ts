/** A pod → the sandbox it runs in. Pure. */
import { Protocol } from "../runtime/generated/cri-v1-types.ts";
import type { PodSandboxConfig } from "../runtime/runtime.ts";
import { sandboxLabels } from "./labels.ts";
import { isSidecar, type NodePod, usesHostNetwork } from "./pod.ts";
import { sandboxSecurity } from "./security.ts";

export interface SandboxFacts {
  attempt: number;
  hostname: string;
  logDirectory: string;
  cgroupParent: string;
  dns: { nameservers: string[]; searches: string[]; options: string[] };
}

const PROTOCOLS: { readonly [name: string]: Protocol } = Protocol;

type PortMapping = NonNullable<PodSandboxConfig["portMappings"]>[number];

/** Ports of the host that lead into the pod. On the host's network they are the containers' own. */
export function portMappings(pod: NodePod): PortMapping[] {
  if (usesHostNetwork(pod)) return [];
  const containers = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers];
  return containers.flatMap(({ ports }) =>
    (ports ?? [])
      .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
      .map(({ containerPort, hostPort = 0, hostIP = "", protocol = "TCP" }) => ({
        protocol: PROTOCOLS[protocol] ?? Protocol.TCP,
        containerPort,
        hostPort,
        hostIp: hostIP,
      })),
  );
}

export function sandboxConfig(pod: NodePod, facts: SandboxFacts): PodSandboxConfig {
  const { metadata, spec } = pod;
  return {
    metadata: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid, attempt: facts.attempt },
    hostname: usesHostNetwork(pod) ? "" : facts.hostname,
    logDirectory: facts.logDirectory,
    dnsConfig: { servers: facts.dns.nameservers, searches: facts.dns.searches, options: facts.dns.options },
    portMappings: portMappings(pod),
    labels: sandboxLabels(pod),
    annotations: { ...metadata.annotations },
    linux: {
      cgroupParent: facts.cgroupParent,
      securityContext: sandboxSecurity(pod),
      sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    },
  };
}
