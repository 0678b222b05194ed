/** Only who may approve for a signer decides on its requests. */
import { mayForSigner } from "../csr/authorize-signer.ts";
import { type CertificateSigningRequest, REQUESTS } from "./certificate-requester.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { refuse } from "./refuse.ts";

export const certificateApproval: AdmissionPlugin = {
  name: "CertificateApproval",
  resources: [REQUESTS],
  validate(attributes, env) {
    const { operation, subresource, identity, old } = attributes;
    if (operation !== "UPDATE" || subresource !== "approval") return;
    // The name as it is: that it cannot be changed is not this plugin's to rely on.
    const { signerName = "" } = (old as CertificateSigningRequest).spec;
    if (!mayForSigner(env, identity, "approve", signerName))
      throw refuse(attributes, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`);
  },
};
