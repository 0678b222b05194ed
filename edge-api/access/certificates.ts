/**
 * The cluster's certificate authority: made where none is given; signs server certificates for nodes' API endpoints.
 * Loaded only when a certificate is to be made: the ASN.1 tables cost time at start.
 */
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type GeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { badRequest } from "../../machinery/meta/status.ts";

const EC = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
const YEAR_MS = 365 * 24 * 3600 * 1000;
const CA_LIFETIME_MS = 10 * YEAR_MS;
const SERVER_LIFETIME_MS = YEAR_MS;
/** Certificates hold from a little earlier, for clocks that are behind. */
export const BACKDATE_MS = 5 * 60 * 1000;
const MAX_REQUEST_LENGTH = 16 * 1024;

export interface Authority {
  /** PEM */
  certificate: string;
  /** PEM, PKCS#8 */
  key: string;
}

export async function createAuthority(nowMs: number): Promise<Authority> {
  const keys = (await crypto.subtle.generateKey(EC, true, ["sign", "verify"])) as {
    privateKey: PrivateKey;
    publicKey: PrivateKey;
  };
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=kedge-ca",
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + CA_LIFETIME_MS),
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = (await crypto.subtle.exportKey("pkcs8", keys.privateKey)) as ArrayBuffer;
  return { certificate: `${certificate.toString("pem")}\n`, key: `${PemConverter.encode(pkcs8, "PRIVATE KEY")}\n` };
}

export interface AllowedNames {
  dns: readonly string[];
  ips: readonly string[];
}

/**
 * Signs a request for a server certificate.
 *
 * @param csr PEM
 * @returns PEM chain: the certificate, then the authority's
 * @throws ApiError 400 when the request is malformed, not signed by its own key, or asks for other names
 */
export async function signServerRequest(
  authority: Authority,
  csr: string,
  { allowed, nowMs }: { allowed: AllowedNames; nowMs: number },
): Promise<string> {
  const request = await parseRequest(csr);
  const names = requestedNames(request);
  const refused = names.filter(({ type, value }) => !(type === "dns" ? allowed.dns : allowed.ips).includes(value));
  if (refused.length > 0) {
    throw badRequest(
      `the certificate request asks for names that are not this node's: ${refused.map((n) => n.value).join(", ")}`,
    );
  }
  const issuer = new X509Certificate(authority.certificate);
  const signingKey = await importKey(authority.key, issuer);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${names[0]!.value}`,
    issuer: issuer.subject,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(Math.min(nowMs + SERVER_LIFETIME_MS, issuer.notAfter.getTime())),
    publicKey: await request.publicKey.export(),
    signingKey,
    signingAlgorithm: signatureFor(issuer),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names),
      await AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()),
    ],
  });
  return `${certificate.toString("pem")}\n${authority.certificate.trim()}\n`;
}

async function parseRequest(csr: string): Promise<Pkcs10CertificateRequest> {
  if (csr.length > MAX_REQUEST_LENGTH) throw badRequest("the certificate request is too long");
  let request: Pkcs10CertificateRequest;
  let valid: boolean;
  try {
    request = new Pkcs10CertificateRequest(csr);
    valid = await request.verify();
  } catch {
    throw badRequest("the body is not a PEM certificate request (PKCS#10)");
  }
  if (!valid) throw badRequest("the certificate request is not signed by its own key");
  return request;
}

function requestedNames(request: Pkcs10CertificateRequest): { type: "dns" | "ip"; value: string }[] {
  const extension = request.extensions.find((e) => e instanceof SubjectAlternativeNameExtension);
  const names = (extension?.names as GeneralNames | undefined)?.items ?? [];
  if (names.length === 0) throw badRequest("the certificate request names no host: it needs subjectAltName");
  return names.map(({ type, value }) => {
    if (type !== "dns" && type !== "ip") throw badRequest(`a server certificate cannot have a name of type ${type}`);
    return { type, value };
  });
}

/** Key type of the authority, which may be RSA when it was made by other tools. */
const isElliptic = (issuer: X509Certificate): boolean => issuer.publicKey.algorithm.name.startsWith("EC");

export const signatureFor = (issuer: X509Certificate) =>
  isElliptic(issuer) ? SIGNATURE : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

/** CryptoKey, which the two platforms' typings call differently. */
type PrivateKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export function importKey(pem: string, issuer: X509Certificate): Promise<PrivateKey> {
  if (!pem.includes("BEGIN PRIVATE KEY")) throw new Error("the CA key must be a PKCS#8 PEM (BEGIN PRIVATE KEY)");
  const algorithm = isElliptic(issuer) ? issuer.publicKey.algorithm : signatureFor(issuer);
  return crypto.subtle.importKey("pkcs8", PemConverter.decode(pem)[0]!, algorithm as typeof EC, false, ["sign"]);
}

/** 16 random bytes, positive, as upper-case hex. */
export function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0]! &= 0x7f;
  bytes[0]! |= 0x40;
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
}
