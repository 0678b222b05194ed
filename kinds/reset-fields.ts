/**
 * Fields that a write through an endpoint cannot change, and so cannot come to own: the resource's own endpoint leaves
 * status as it is, status leaves spec, and so on. Source: the strategies of kube-apiserver (GetResetFields).
 */
import type { FieldScope } from "../machinery/apply/scope.ts";
import type { Kind } from "./kind.ts";

const WHOLE = {};
const SPEC: FieldScope = { excluded: { "f:spec": WHOLE } };
const STATUS: FieldScope = { excluded: { "f:status": WHOLE } };
const SPEC_AND_METADATA: FieldScope = { excluded: { "f:metadata": WHOLE, "f:spec": WHOLE } };
const NOTHING: FieldScope = { excluded: {} };

/** By storage key and subresource, where it is not the usual. */
const SPECIAL: { readonly [endpoint: string]: FieldScope } = {
  "certificatesigningrequests.certificates.k8s.io": { excluded: { "f:spec": WHOLE, "f:status": WHOLE } },
  "certificatesigningrequests.certificates.k8s.io/approval": {
    excluded: { "f:spec": WHOLE, "f:status": { "f:certificate": WHOLE } },
  },
  "certificatesigningrequests.certificates.k8s.io/status": {
    excluded: { "f:spec": WHOLE, "f:status": { "f:conditions": WHOLE } },
  },
  "deployments.apps/status": { excluded: { "f:metadata": { "f:labels": WHOLE }, "f:spec": WHOLE } },
  "pods/ephemeralcontainers": { included: [["f:spec", "f:ephemeralContainers"]] },
  "pods/resize": {
    included: [
      ["f:spec", "f:resources"],
      ["f:spec", "f:containers", "*", "f:resources"],
      ["f:spec", "f:containers", "*", "f:resizePolicy"],
      ["f:spec", "f:initContainers", "*", "f:resources"],
      ["f:spec", "f:initContainers", "*", "f:resizePolicy"],
    ],
  },
  "pods/status": {
    excluded: { "f:metadata": { "f:deletionTimestamp": WHOLE, "f:ownerReferences": WHOLE }, "f:spec": WHOLE },
  },
  "apiservices.apiregistration.k8s.io/status": SPEC_AND_METADATA,
  "customresourcedefinitions.apiextensions.k8s.io/status": SPEC_AND_METADATA,
  "devicetaintrules.resource.k8s.io/status": SPEC_AND_METADATA,
  "flowschemas.flowcontrol.apiserver.k8s.io/status": SPEC_AND_METADATA,
  "podgroups.scheduling.k8s.io/status": SPEC_AND_METADATA,
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/status": SPEC_AND_METADATA,
  "resourceclaims.resource.k8s.io/status": SPEC_AND_METADATA,
  "resourcepoolstatusrequests.resource.k8s.io/status": SPEC_AND_METADATA,
  "storageversionmigrations.storagemigration.k8s.io/status": SPEC_AND_METADATA,
  "validatingadmissionpolicies.admissionregistration.k8s.io/status": SPEC_AND_METADATA,
  "volumeattachments.storage.k8s.io/status": SPEC_AND_METADATA,
};

/** What a write to this kind through this subresource ("": the resource itself) can come to own. */
export function fieldScopeOf({ storage, subresources }: Kind, subresource: string): FieldScope {
  const endpoint = subresource === "" ? storage : `${storage}/${subresource}`;
  if (Object.hasOwn(SPECIAL, endpoint)) return SPECIAL[endpoint]!;
  if (subresource === "status") return SPEC;
  return Object.hasOwn(subresources, "status") ? STATUS : NOTHING;
}
