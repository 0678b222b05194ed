/** PodCertificateRequest. Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/ */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { checkLabel, checkPresent, checkSubdomain } from "../common/checks.ts";
import { nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import type { PodCertificateRequest } from "../generated/api/certificates-v1beta1.ts";
import type { Strategy } from "../kind.ts";
import { checkSignerName } from "./signer-name.ts";

const STATES = ["Issued", "Denied", "Failed"];
const DEFAULT_SECONDS = 86_400;

export const podCertificateRequest: Strategy<PodCertificateRequest> = {
  defaults(next) {
    next.spec ??= {} as PodCertificateRequest["spec"];
    next.spec.maxExpirationSeconds ??= DEFAULT_SECONDS;
    return next;
  },
  ...separateStatus<PodCertificateRequest>(),
  validate({ spec }) {
    const errors: FieldError[] = [];
    checkSignerName(errors, spec.signerName, "spec.signerName");
    checkSubdomain(errors, spec.podName ?? "", "spec.podName");
    checkPresent(errors, spec.podUID, "spec.podUID");
    checkSubdomain(errors, spec.serviceAccountName ?? "", "spec.serviceAccountName");
    checkPresent(errors, spec.serviceAccountUID, "spec.serviceAccountUID");
    checkSubdomain(errors, spec.nodeName ?? "", "spec.nodeName");
    checkPresent(errors, spec.nodeUID, "spec.nodeUID");
    if (spec.serviceAccountName) checkLabel(errors, spec.serviceAccountName, "spec.serviceAccountName");
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec, prev.spec, "spec");
    return errors;
  },
  selectableFields: ({ spec }) => ({
    "spec.signerName": spec.signerName ?? "",
    "spec.podName": spec.podName ?? "",
    "spec.nodeName": spec.nodeName ?? "",
  }),
  row(object) {
    const { spec, status } = object;
    const state = status?.conditions?.findLast((condition) => STATES.includes(condition.type))?.type;
    return [
      nameOf(object),
      spec.podName ?? "",
      spec.serviceAccountName ?? "",
      spec.nodeName ?? "",
      spec.signerName ?? "",
      state ?? "Pending",
    ];
  },
};
