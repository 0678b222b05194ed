/**
 * Only who may sign for a signer answers its PodCertificateRequests, and with certificates that begin now. No plugin
 * upstream, but what its storage of them does once all plugins have had their say.
 */

import { same } from "../../../kinds/common/same.ts";
import type { PodCertificateRequest } from "../../../kinds/generated/api/certificates-v1beta1.ts";
import { type FieldError, fieldForbidden, invalid, invalidObject } from "../../../machinery/meta/field-error.ts";
import { mayForSigner } from "../csr/authorize-signer.ts";
import type { AdmissionPlugin } from "./plugin.ts";

export const POD_REQUESTS = "podcertificaterequests.certificates.k8s.io";
const SKEW_MS = 5 * 60_000;

export const podCertificateSigning: AdmissionPlugin = {
  name: "PodCertificateSigning",
  resources: [POD_REQUESTS],
  validate({ operation, subresource, kind, name, identity, object, old }, env) {
    if (operation !== "UPDATE" || subresource !== "status") return;
    const [next, prev] = [object as PodCertificateRequest, old as PodCertificateRequest];
    if (same(next.status, prev.status)) return;
    const refuse = (error: FieldError): Error => invalidObject({ group: kind.group, kind: kind.kind, name }, [error]);
    const { notBefore } = next.status ?? {};
    if (notBefore && Math.abs(Date.parse(notBefore) - env.clock.now()) >= SKEW_MS) {
      const detail = "must be set to within 5 minutes of kube-apiserver's current time";
      throw refuse(invalid("status.notBefore", notBefore, detail));
    }
    const { signerName } = prev.spec;
    if (mayForSigner(env, identity, "sign", signerName)) return;
    const who = `User ${JSON.stringify(identity.user)} is not permitted to "sign" for signer`;
    throw refuse(fieldForbidden("spec.signerName", `${who} ${JSON.stringify(signerName)}`));
  },
};
