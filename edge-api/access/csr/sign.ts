/**
 * Signs approved certificate requests of Kubernetes' own signers. Loaded only when there is something to sign: see
 * certificates.ts.
 */
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type JsonGeneralNames,
  KeyUsagesExtension,
  Name,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { type CertificateRequest, parseDer, requestDer } from "../../../kinds/certificates/certificate-request.ts";
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
  const asked = parseDer(der);
  const problem = signerProblem(spec.signerName, asked, spec.usages ?? []);
  if (problem !== undefined) throw new Error(problem);

  const request = new Pkcs10CertificateRequest(der);
  if (!(await request.verify())) throw new Error("the certificate request is not signed by its own key");
  const issuer = new X509Certificate(authority.certificate);
  const plan = planCertificate(
    { usages: spec.usages ?? [], expirationSeconds: spec.expirationSeconds },
    { nowMs, authorityUntilMs: issuer.notAfter.getTime() },
  );
  const names = namesOf(asked);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: new Name(asked.subject.map(({ type, values }) => ({ [type]: values }))),
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
      // Whoever has no subject is named here alone.
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names, asked.subject.length === 0)]),
    ],
  });
  return `${certificate.toString("pem")}\n`;
}

/** Those that were checked, and no others: names of other kinds are not certified, as upstream certifies none. */
function namesOf({ dnsNames, emails, ips, uris }: CertificateRequest): JsonGeneralNames {
  return [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...emails.map((value) => ({ type: "email" as const, value })),
    ...ips.map((value) => ({ type: "ip" as const, value })),
    ...uris.map((value) => ({ type: "url" as const, value })),
  ];
}
