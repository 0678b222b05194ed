/** Nobody gets a client certificate for the group that may do everything. */
import { type CertificateRequest, parseCertificateRequest } from "../../../kinds/certificates/certificate-request.ts";
import { KUBE_APISERVER_CLIENT } from "../../../kinds/certificates/signers.ts";
import { MASTERS_GROUP } from "../identity.ts";
import { type CertificateSigningRequest, REQUESTS } from "./certificate-requester.ts";
import type { AdmissionPlugin, Attributes } from "./plugin.ts";
import { refuse } from "./refuse.ts";

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  resources: [REQUESTS],
  validate(attributes) {
    const { operation, subresource, object } = attributes;
    if (operation !== "CREATE" || subresource !== "") return;
    const { signerName, request } = (object as CertificateSigningRequest).spec;
    if (signerName !== KUBE_APISERVER_CLIENT) return;
    if (parsed(attributes, request ?? "").organizations.includes(MASTERS_GROUP))
      throw refuse(attributes, `use of ${KUBE_APISERVER_CLIENT} signer with ${MASTERS_GROUP} group is not allowed`);
  },
};

function parsed(attributes: Attributes, request: string): CertificateRequest {
  try {
    return parseCertificateRequest(request);
  } catch (error) {
    throw refuse(attributes, `failed to parse CSR: ${(error as Error).message}`);
  }
}
