/** What a service says that has no effect, or a better name. */
import type { Endpoints, Service } from "../generated/api/core-v1.ts";
import type { EndpointSlice } from "../generated/api/discovery-v1.ts";
import type { Ingress, NetworkPolicy } from "../generated/api/networking-v1.ts";
import { cidrWarnings, ipWarnings } from "./addresses.ts";

const TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints";
const TOPOLOGY_MODE = "service.kubernetes.io/topology-mode";

export function serviceWarnings({ metadata, spec }: Service): string[] {
  const warnings: string[] = [];
  if (Object.hasOwn(metadata.annotations ?? {}, TOPOLOGY_HINTS)) {
    warnings.push(`annotation ${TOPOLOGY_HINTS} is deprecated, please use ${TOPOLOGY_MODE} instead`);
  }
  const { type, clusterIP, clusterIPs = [], externalIPs = [], loadBalancerIP } = spec;
  const isExternal = type === "ExternalName";
  const isHeadless = type === "ClusterIP" && clusterIP === "None";
  if (clusterIP && !isHeadless && !isExternal) {
    warnings.push(...clusterIPs.flatMap((ip, i) => ipWarnings(`spec.clusterIPs[${i}]`, ip)));
  }
  if (isHeadless) {
    if (loadBalancerIP) warnings.push("spec.loadBalancerIP is ignored for headless services");
    if (externalIPs.length > 0) warnings.push("spec.externalIPs is ignored for headless services");
    if (spec.sessionAffinity !== "None") warnings.push("spec.SessionAffinity is ignored for headless services");
  }
  warnings.push(...externalIPs.flatMap((ip, i) => ipWarnings(`spec.externalIPs[${i}]`, ip)));
  if (externalIPs.length > 0 && !isHeadless && !isExternal) {
    warnings.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  }
  if (loadBalancerIP) warnings.push(...ipWarnings("spec.loadBalancerIP", loadBalancerIP));
  for (const [i, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    warnings.push(...cidrWarnings(`spec.loadBalancerSourceRanges[${i}]`, range));
  }
  if (isExternal && externalIPs.length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (!isExternal && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === "PreferClose") {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
}

export const endpointsWarnings = ({ subsets = [] }: Endpoints): string[] =>
  subsets.flatMap((subset, i) =>
    (["addresses", "notReadyAddresses"] as const).flatMap((list) =>
      (subset[list] ?? []).flatMap(({ ip }, j) => ipWarnings(`subsets[${i}].${list}[${j}].ip`, ip)),
    ),
  );

const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
/** They write addresses as they should be. */
const CAREFUL_MANAGERS = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];

export function endpointSliceWarnings({ metadata, addressType, endpoints }: EndpointSlice): string[] {
  if (addressType === "FQDN") return ["spec.addressType: FQDN endpoints are deprecated"];
  if (CAREFUL_MANAGERS.includes(metadata.labels?.[MANAGED_BY] ?? "")) return [];
  return (endpoints ?? []).flatMap(({ addresses }, i) =>
    (addresses ?? []).flatMap((ip, j) => ipWarnings(`endpoints[${i}].addresses[${j}]`, ip)),
  );
}

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

export const ingressWarnings = ({ metadata }: Ingress, prev: Ingress | undefined): string[] =>
  !prev && Object.hasOwn(metadata.annotations ?? {}, CLASS_ANNOTATION)
    ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
    : [];

export function networkPolicyWarnings({ spec }: NetworkPolicy): string[] {
  const warnings: string[] = [];
  const check = (peers: readonly { ipBlock?: { cidr: string; except?: string[] } }[] | undefined, at: string): void => {
    for (const [j, { ipBlock }] of (peers ?? []).entries()) {
      if (!ipBlock) continue;
      warnings.push(...cidrWarnings(`${at}[${j}].ipBlock.cidr`, ipBlock.cidr));
      for (const [k, except] of (ipBlock.except ?? []).entries()) {
        warnings.push(...cidrWarnings(`${at}[${j}].ipBlock.except[${k}]`, except));
      }
    }
  };
  spec?.ingress?.forEach(({ from }, i) => void check(from, `spec.ingress[${i}].from`));
  spec?.egress?.forEach(({ to }, i) => void check(to, `spec.egress[${i}].to`));
  return warnings;
}
