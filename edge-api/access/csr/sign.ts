/**
 * Signs approved certificate requests of Kubernetes' own signers. Loaded only when there is something to sign: see
 * certificates.ts.
 */
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { parseDer, requestDer } from "../../../kinds/certificates/certificate-request.ts";
import { isKubernetesSigner, signerProblem } from "../../../kinds/certificates/signers.ts";
import type { CertificateSigningRequest } from "../../../kinds/certificates/v1-types.ts";
import { type Authority, importKey, serialNumber, signatureFor } from "../certificates.ts";
import { planCertificate } from "./plan.ts";

/**
 * @returns PEM of the certificate alone: the authority is a root, which whoever checks has already
 * @throws Error when the request is not to be signed, or the authority has expired
 */
export async function signApproved(
  authority: Authority,
  { spec, status }: CertificateSigningRequest,
  nowMs: number,
): Promise<string> {
  const isTrue = (wanted: string): boolean =>
    status?.conditions?.some((c) => c.type === wanted && c.status === "True") ?? false;
  if (!isTrue("Approved") || isTrue("Denied")) throw new Error("the certificate request is not approved");
  if (isTrue("Failed")) throw new Error("the certificate request has failed");
  if (!isKubernetesSigner(spec.signerName)) throw new Error(`${spec.signerName} is none of Kubernetes' signers`);
  // What is signed are the very bytes that are checked: another reader of the PEM might find another request in it.
  const der = requestDer(spec.request);
  const problem = signerProblem(spec.signerName, parseDer(der), spec.usages ?? []);
  if (problem !== undefined) throw new Error(problem);

  const request = new Pkcs10CertificateRequest(der);
  if (!(await request.verify())) throw new Error("the certificate request is not signed by its own key");
  const issuer = new X509Certificate(authority.certificate);
  const plan = planCertificate(
    { usages: spec.usages ?? [], expirationSeconds: spec.expirationSeconds },
    { nowMs, authorityUntilMs: issuer.notAfter.getTime() },
  );
  const names = request.extensions.filter((extension) => extension instanceof SubjectAlternativeNameExtension);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: request.subjectName,
    issuer: issuer.subject,
    notBefore: new Date(plan.notBeforeMs),
    notAfter: new Date(plan.notAfterMs),
    publicKey: request.publicKey,
    signingKey: await importKey(authority.key, issuer),
    signingAlgorithm: signatureFor(issuer),
    extensions: [
      ...(plan.keyUsages === 0 ? [] : [new KeyUsagesExtension(plan.keyUsages, true)]),
      ...(plan.extendedKeyUsages.length === 0 ? [] : [new ExtendedKeyUsageExtension(plan.extendedKeyUsages)]),
      new BasicConstraintsExtension(false, undefined, true),
      await AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()),
      ...names,
    ],
  });
  return `${certificate.toString("pem")}\n`;
}
