/** What a pod calls itself. Pure. */
import type { NodePod } from "./pod.ts";

/** Linux allows 64 bytes; kubelet cuts at 63, without a trailing "-" or ".". */
const MAX_HOSTNAME = 63;

export interface HostNames {
  hostname: string;
  /** "" without a subdomain. */
  domain: string;
}

export function hostNames(
  { metadata, spec }: NodePod,
  { clusterDomain, nodeHostname }: { clusterDomain: string; nodeHostname: string },
): HostNames {
  if (spec.hostnameOverride) return { hostname: spec.hostnameOverride, domain: "" };
  if (spec.hostNetwork) return { hostname: nodeHostname, domain: "" };
  const hostname = (spec.hostname || metadata.name).slice(0, MAX_HOSTNAME).replace(/[-.]+$/, "");
  const domain = spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : "";
  return spec.setHostnameAsFQDN && domain ? { hostname: `${hostname}.${domain}`, domain: "" } : { hostname, domain };
}
