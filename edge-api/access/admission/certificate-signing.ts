/** Only who may sign for a signer issues its certificates and says what became of its requests. */
import { deepEqual } from "../../../machinery/meta/equality.ts";
import { mayForSigner } from "../csr/authorize-signer.ts";
import { type CertificateSigningRequest, REQUESTS } from "./certificate-requester.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { refuse } from "./refuse.ts";

export const certificateSigning: AdmissionPlugin = {
  name: "CertificateSigning",
  resources: [REQUESTS],
  validate(attributes, env) {
    const { operation, subresource, identity, object, old } = attributes;
    if (operation !== "UPDATE" || subresource !== "status") return;
    const [next, prev] = [object as CertificateSigningRequest, old as CertificateSigningRequest];
    const isSame =
      (next.status?.certificate ?? "") === (prev.status?.certificate ?? "") &&
      deepEqual(next.status?.conditions ?? [], prev.status?.conditions ?? []);
    if (isSame) return;
    const { signerName = "" } = prev.spec;
    if (!mayForSigner(env, identity, "sign", signerName))
      throw refuse(attributes, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`);
  },
};
