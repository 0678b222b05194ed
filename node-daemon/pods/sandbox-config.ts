/** A pod → the sandbox it runs in. Host ports are rules of the service proxy, not the runtime's. Pure. */
import type { PodSandboxConfig } from "../runtime/runtime.ts";
import { sandboxLabels } from "./labels.ts";
import { type NodePod, usesHostNetwork } from "./pod.ts";
import { sandboxSecurity } from "./security.ts";

export interface SandboxFacts {
  attempt: number;
  hostname: string;
  logDirectory: string;
  cgroupParent: string;
  dns: { nameservers: string[]; searches: string[]; options: string[] };
}

export function sandboxConfig(pod: NodePod, facts: SandboxFacts): PodSandboxConfig {
  const { metadata, spec } = pod;
  return {
    metadata: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid, attempt: facts.attempt },
    hostname: usesHostNetwork(pod) ? "" : facts.hostname,
    logDirectory: facts.logDirectory,
    dnsConfig: { servers: facts.dns.nameservers, searches: facts.dns.searches, options: facts.dns.options },
    labels: sandboxLabels(pod),
    annotations: { ...metadata.annotations },
    linux: {
      cgroupParent: facts.cgroupParent,
      securityContext: sandboxSecurity(pod),
      sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    },
  };
}
