/** Whether somebody may approve, sign or attest for a signer: by its name, or by its domain's. */
import type { AdmissionEnvironment } from "../admission/plugin.ts";
import type { Access } from "../authorize.ts";
import type { Identity } from "../identity.ts";

export function mayForSigner(
  { rights }: AdmissionEnvironment,
  identity: Identity,
  verb: "approve" | "sign" | "attest",
  signerName: string,
): boolean {
  if (!rights) throw new Error("signers cannot be decided on where nobody's rights are known");
  const slash = signerName.indexOf("/");
  const names = [signerName, `${slash < 0 ? signerName : signerName.slice(0, slash)}/*`];
  return names.some((name) => rights.authorizer.authorize(identity, access(verb, name)).decision === "allow");
}

const access = (verb: string, name: string): Access => ({
  isResource: true,
  verb,
  group: "certificates.k8s.io",
  resource: "signers",
  subresource: "",
  namespace: "",
  name,
  path: "",
});
