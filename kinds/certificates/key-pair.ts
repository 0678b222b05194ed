/**
 * Whether a certificate and a private key belong together, as Go's tls.X509KeyPair tells it. What the key alone does
 * not say (an Ed25519 key's public half) is not judged. Sources: RFC 8017 (PKCS #1), RFC 5958 (PKCS #8), RFC 5915. Pure.
 */
import { DerError, type Element, oidText, readElement, readInside, TAG } from "./der.ts";
import { blockBytes, pemBlocks } from "./pem.ts";
import { bits, EC, ED25519, RSA, readPublicKey } from "./public-key.ts";
import { certificateOf } from "./x509.ts";

const INTEGER = 0x02;
const EC_PUBLIC = 0xa1;

interface KeyHalf {
  type: "Ed25519" | "ECDSA" | "RSA";
  /** What both halves have: the modulus, or the point. */
  shared?: Uint8Array;
}

const wholeNumber = (element: Element | undefined): Uint8Array => {
  if (element?.tag !== INTEGER) throw new DerError("no number");
  return element.content;
};

/** What RSAPrivateKey says; undefined: it is something else. */
function rsaHalf([version, modulus, exponent, secret]: readonly Element[]): KeyHalf | undefined {
  const parts = [version, modulus, exponent, secret];
  return parts.every((part) => part?.tag === INTEGER) ? { type: "RSA", shared: modulus!.content } : undefined;
}

/** What ECPrivateKey says. */
function ecHalf([version, secret, ...more]: readonly Element[]): KeyHalf | undefined {
  if (version?.tag !== INTEGER || secret?.tag !== TAG.octets) return undefined;
  const point = more.find(({ tag }) => tag === EC_PUBLIC);
  return point ? { type: "ECDSA", shared: bits(readElement(point.content)) } : { type: "ECDSA" };
}

/** What PrivateKeyInfo says. */
function wrappedHalf([version, algorithm, key]: readonly Element[]): KeyHalf | undefined {
  if (version?.tag !== INTEGER || algorithm?.tag !== TAG.sequence || key?.tag !== TAG.octets) return undefined;
  const [id] = readInside(algorithm, TAG.sequence);
  if (id?.tag !== TAG.oid) return undefined;
  const oid = oidText(id);
  if (oid === ED25519) return { type: "Ed25519" };
  const inner = readElement(key.content);
  if (oid === RSA) return rsaHalf(readInside(inner, TAG.sequence));
  return oid === EC ? ecHalf(readInside(inner, TAG.sequence)) : undefined;
}

/** Undefined: no private key that can be read. */
function privateHalf(der: Uint8Array): KeyHalf | undefined {
  try {
    const parts = readInside(readElement(der), TAG.sequence);
    return rsaHalf(parts) ?? wrappedHalf(parts) ?? ecHalf(parts);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** Undefined: a key of a kind that nobody uses. */
function publicHalf(spki: Uint8Array): KeyHalf | undefined {
  try {
    const { type } = readPublicKey(spki);
    if (type === "other") return undefined;
    const data = bits(readInside(readElement(spki), TAG.sequence)[1]!);
    if (type !== "RSA") return { type, shared: data };
    return { type, shared: wholeNumber(readInside(readElement(data), TAG.sequence)[0]) };
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

const isKey = (type: string): boolean => type === "PRIVATE KEY" || type.endsWith(" PRIVATE KEY");
const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

function missingCertificate(types: readonly string[]): string {
  if (types.length === 0) return "tls: failed to find any PEM data in certificate input";
  if (types.length === 1 && types[0]!.endsWith("PRIVATE KEY")) {
    return "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched";
  }
  return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${types.join(" ")}]`;
}

function missingKey(types: readonly string[]): string {
  if (types.length === 0) return "tls: failed to find any PEM data in key input";
  if (types.length === 1 && types[0] === "CERTIFICATE") {
    return "tls: found a certificate rather than a key in the PEM for the private key";
  }
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${types.join(" ")}]`;
}

/** @returns undefined when nothing is wrong with these two texts of PEM blocks */
export function keyPairProblem(certificates: string, key: string): string | undefined {
  const blocks = pemBlocks(certificates);
  const first = blocks.find(({ type }) => type === "CERTIFICATE");
  if (!first) return missingCertificate(blocks.map(({ type }) => type));
  const keyBlocks = pemBlocks(key);
  const keyBlock = keyBlocks.find(({ type }) => isKey(type));
  if (!keyBlock) return missingKey(keyBlocks.map(({ type }) => type));
  const certificate = certificateOf(blockBytes(first));
  if (!certificate) return "x509: malformed certificate";
  const secret = privateHalf(blockBytes(keyBlock));
  if (!secret) return "tls: failed to parse private key";
  const shown = publicHalf(certificate.publicKey);
  if (!shown) return "tls: unknown public key algorithm";
  if (shown.type !== secret.type) return "tls: private key type does not match public key type";
  const isOther = shown.shared && secret.shared && !isSame(shown.shared, secret.shared);
  return isOther ? "tls: private key does not match public key" : undefined;
}
