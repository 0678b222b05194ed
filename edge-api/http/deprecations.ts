/**
 * Served versions that are on their way out, as Kubernetes v1.36 has them.
 * Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
 */
import type { RequestInfo } from "./request-info.ts";

export interface Deprecation {
  apiVersion: string;
  kind: string;
  /** Releases: "1.35". */
  since: string;
  removed?: string;
  use?: string;
}

const of = (apiVersion: string, since: string, removed?: string): ((kind: string, use?: string) => Deprecation) => {
  return (kind, use) => ({ apiVersion, kind, since, ...(removed && { removed }), ...(use && { use }) });
};

const core119 = of("v1", "1.19");
const core133 = of("v1", "1.33");
const certificates = of("certificates.k8s.io/v1alpha1", "1.34", "1.37");
const networking = of("networking.k8s.io/v1beta1", "1.34", "1.37");
const storage = of("storage.k8s.io/v1beta1", "1.34", "1.37");
const admission = of("admissionregistration.k8s.io/v1alpha1", "1.35", "1.38");
const resourceBeta1 = of("resource.k8s.io/v1beta1", "1.35", "1.38");
const resourceBeta2 = of("resource.k8s.io/v1beta2", "1.36", "1.39");

/** By resource, since most have none. */
const DEPRECATIONS: ReadonlyMap<string, readonly Deprecation[]> = new Map([
  ["componentstatuses", [core119("ComponentStatus")]],
  ["endpoints", [core133("Endpoints", "discovery.k8s.io/v1 EndpointSlice")]],
  ["clustertrustbundles", [certificates("ClusterTrustBundle")]],
  ["ipaddresses", [networking("IPAddress")]],
  ["servicecidrs", [networking("ServiceCIDR")]],
  ["volumeattributesclasses", [storage("VolumeAttributesClass", "storage.k8s.io/v1 VolumeAttributesClass")]],
  ["mutatingadmissionpolicies", [admission("MutatingAdmissionPolicy")]],
  ["mutatingadmissionpolicybindings", [admission("MutatingAdmissionPolicyBinding")]],
  [
    "leasecandidates",
    [
      of("coordination.k8s.io/v1beta1", "1.36", "1.39")("LeaseCandidate"),
      of("coordination.k8s.io/v1alpha2", "1.35", "1.38")("LeaseCandidate"),
    ],
  ],
  ["deviceclasses", [resourceBeta1("DeviceClass"), resourceBeta2("DeviceClass")]],
  ["resourceclaims", [resourceBeta1("ResourceClaim"), resourceBeta2("ResourceClaim")]],
  ["resourceclaimtemplates", [resourceBeta1("ResourceClaimTemplate"), resourceBeta2("ResourceClaimTemplate")]],
  ["resourceslices", [resourceBeta1("ResourceSlice"), resourceBeta2("ResourceSlice")]],
  ["devicetaintrules", [of("resource.k8s.io/v1alpha3", "1.36", "1.39")("DeviceTaintRule")]],
]);

/** Of what a request is about; undefined for what is not deprecated. */
export function deprecationOf({ resource, group, version }: RequestInfo): Deprecation | undefined {
  const candidates = DEPRECATIONS.get(resource);
  if (!candidates) return undefined;
  const asked = group ? `${group}/${version}` : version;
  return candidates.find(({ apiVersion }) => apiVersion === asked);
}

/** Goes with every answer about a deprecated version. */
export const deprecationWarning = ({ apiVersion, kind, since, removed, use }: Deprecation): string =>
  `${apiVersion} ${kind} is deprecated in v${since}+${removed ? `, unavailable in v${removed}+` : ""}${use ? `; use ${use}` : ""}`;
