/**
 * PodCertificateRequest: a kubelet asks a signer for a certificate of one of its pods. That whoever asks has the key is
 * checked before a request is made: edge-api/access/csr/proof.ts.
 * Source: KEP-4317, https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import { type FieldError, invalid, required, tooLong } from "../../machinery/meta/field-error.ts";
import { checkAnnotations, checkSubdomain } from "../common/checks.ts";
import { nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import type { PodCertificateRequest, PodCertificateRequestSpec } from "../generated/api/certificates-v1beta1.ts";
import type { Strategy } from "../kind.ts";
import { checkRequestedKey } from "./pod-certificate-key.ts";
import { podCertificateStatusErrors } from "./pod-certificate-status.ts";
import { checkSignerName } from "./signer-name.ts";

const STATES = ["Issued", "Denied", "Failed"];
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const MAX_SECONDS = 91 * DAY_SECONDS;
const MAX_UID = 128;

const isKubernetesSigner = (name = ""): boolean => /^(?:[^/]*\.)?kubernetes\.io(?:\/|$)/.test(name);

function checkUserAnnotations(errors: FieldError[], annotations: { [key: string]: string } | undefined): void {
  const path = "spec.unverifiedUserAnnotations";
  checkAnnotations(errors, annotations, path);
  for (const key of Object.keys(annotations ?? {})) {
    if (!key.includes("/")) {
      errors.push(invalid(path, key, 'must be a domain-prefixed key (such as "acme.io/foo")'));
    }
  }
}

function createErrors({ spec }: PodCertificateRequest): FieldError[] {
  const errors: FieldError[] = [];
  checkSignerName(errors, spec.signerName, "spec.signerName");
  checkUserAnnotations(errors, spec.unverifiedUserAnnotations);
  for (const who of ["pod", "serviceAccount", "node"] as const) {
    checkSubdomain(errors, spec[`${who}Name`], `spec.${who}Name`);
    const [path, uid = ""] = [`spec.${who}UID`, spec[`${who}UID`]];
    if (uid === "") errors.push(invalid(path, "", "must not be empty"));
    if (uid.length > MAX_UID) errors.push(tooLong(path, MAX_UID));
  }
  const seconds = spec.maxExpirationSeconds;
  if (seconds === undefined) {
    errors.push(required("spec.maxExpirationSeconds", "must be set"));
    return errors;
  }
  const most = isKubernetesSigner(spec.signerName) ? DAY_SECONDS : MAX_SECONDS;
  if (seconds < HOUR_SECONDS || seconds > most) {
    errors.push(invalid("spec.maxExpirationSeconds", seconds, `must be in the range [${HOUR_SECONDS}, ${most}]`));
  }
  checkRequestedKey(errors, spec);
  return errors;
}

export const podCertificateRequest: Strategy<PodCertificateRequest> = {
  allowUnconditionalUpdate: false,
  defaults(next) {
    next.spec ??= {} as PodCertificateRequestSpec;
    next.spec.maxExpirationSeconds ??= DAY_SECONDS;
    return next;
  },
  ...separateStatus<PodCertificateRequest>({ keepsMetadata: true, check: podCertificateStatusErrors }),
  validateCreate: createErrors,
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
