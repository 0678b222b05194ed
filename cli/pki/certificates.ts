/** The cluster's CA and the edge's serving certificate. ECDSA P-256, as client-go, kubectl and workerd all take. */
import "reflect-metadata"; // @peculiar/x509 needs it loaded first
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
/** Clocks of nodes may be behind ours. */
const BACKDATE_MS = 300_000;

export interface KeyedCertificate {
  certificatePem: string;
  /** PKCS#8. */
  keyPem: string;
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

export async function createAuthority(commonName: string, nowMs: number): Promise<KeyedCertificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + 3650 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString("pem")}\n`, keyPem: `${await keyPem(keys.privateKey)}\n` };
}

export interface ServingRequest {
  authority: KeyedCertificate;
  dnsNames: string[];
  ipAddresses: string[];
  nowMs: number;
}

export async function createServingCertificate(request: ServingRequest): Promise<KeyedCertificate> {
  const issuer = new x509.X509Certificate(request.authority.certificatePem);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    x509.PemConverter.decodeFirst(request.authority.keyPem),
    ALGORITHM,
    false,
    ["sign"],
  );
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: "CN=kedge-edge",
    issuer: issuer.subject,
    notBefore: new Date(request.nowMs - BACKDATE_MS),
    notAfter: new Date(request.nowMs + 365 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...request.dnsNames.map((value) => ({ type: "dns" as const, value })),
        ...request.ipAddresses.map((value) => ({ type: "ip" as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString("pem")}\n`, keyPem: `${await keyPem(keys.privateKey)}\n` };
}

/** Whether a certificate is signed by this CA, speaks for all the names, and lives another 30 days. */
export async function stillServes(certificatePem: string, request: ServingRequest): Promise<boolean> {
  const certificate = new x509.X509Certificate(certificatePem);
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items.map((n) => n.value) ?? [];
  const wanted = [...request.dnsNames, ...request.ipAddresses];
  const issuer = new x509.X509Certificate(request.authority.certificatePem);
  return (
    wanted.every((name) => names.includes(name)) &&
    certificate.notAfter.getTime() > request.nowMs + 30 * DAY_MS &&
    (await certificate.verify({ publicKey: issuer.publicKey, signatureOnly: true }))
  );
}
