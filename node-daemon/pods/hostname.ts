/** What a pod calls itself. Pure. */
import type { NodePod } from "./pod.ts";

/** Linux allows 64 bytes; kubelet cuts at 63, without a trailing "-" or ".". */
const MAX_HOSTNAME = 63;

export interface HostNames {
  /** What the kernel is told. */
  hostname: string;
  /** Without the domain, also where the kernel is told both. */
  shortName: string;
  /** "" without a subdomain. */
  domain: string;
}

export function hostNames(
  { metadata, spec }: NodePod,
  { clusterDomain, nodeHostname }: { clusterDomain: string; nodeHostname: string },
): HostNames {
  const own = (hostname: string): HostNames => ({ hostname, shortName: hostname, domain: "" });
  if (spec.hostnameOverride) return own(spec.hostnameOverride);
  if (spec.hostNetwork) return own(nodeHostname);
  const shortName = (spec.hostname || metadata.name).slice(0, MAX_HOSTNAME).replace(/[-.]+$/, "");
  const domain = spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : "";
  return { hostname: spec.setHostnameAsFQDN && domain ? `${shortName}.${domain}` : shortName, shortName, domain };
}
