/** Public keys as certificates hold them: SubjectPublicKeyInfo, DER. Source: RFC 5280 section 4.1.2.7. Pure. */
import { DerError, oidText, readElement, readInside, TAG } from "./der.ts";

export type PublicKey =
  | { type: "Ed25519" }
  | { type: "ECDSA"; curve: "P-224" | "P-256" | "P-384" | "P-521" }
  /** `bits`: of the modulus, in whole bytes. */
  | { type: "RSA"; bits: number }
  | { type: "other" };

const CURVES: ReadonlyMap<string, "P-224" | "P-256" | "P-384" | "P-521"> = new Map([
  ["1.3.132.0.33", "P-224"],
  ["1.2.840.10045.3.1.7", "P-256"],
  ["1.3.132.0.34", "P-384"],
  ["1.3.132.0.35", "P-521"],
]);
export const RSA = "1.2.840.113549.1.1.1";
export const EC = "1.2.840.10045.2.1";
export const ED25519 = "1.3.101.112";
const OTHERS = ["1.2.840.10040.4.1", "1.3.101.110"];

const BIT_STRING = 0x03;
const INTEGER = 0x02;

/** What is in a BIT STRING of whole bytes. @throws DerError */
export function bits({ tag, content }: { tag: number; content: Uint8Array }): Uint8Array<ArrayBuffer> {
  if (tag !== BIT_STRING || content[0] !== 0) throw new DerError("no string of whole bytes");
  return Uint8Array.from(content.subarray(1));
}

/** @throws DerError when it is no key, or one that nobody knows */
export function readPublicKey(spki: Uint8Array): PublicKey {
  const whole = readElement(spki);
  if (whole.whole.length !== spki.length) throw new DerError("trailing data");
  const [algorithm, key, ...more] = readInside(whole, TAG.sequence);
  if (!key || more.length > 0) throw new DerError("no key");
  const data = bits(key);
  const [id, parameters] = readInside(algorithm, TAG.sequence);
  if (id?.tag !== TAG.oid) throw new DerError("no algorithm");
  const oid = oidText(id);
  if (oid === ED25519) {
    if (data.length !== 32) throw new DerError("wrong Ed25519 public key size");
    return { type: "Ed25519" };
  }
  if (oid === EC) {
    const curve = parameters?.tag === TAG.oid ? CURVES.get(oidText(parameters)) : undefined;
    if (!curve) throw new DerError("unsupported elliptic curve");
    const size = Math.ceil(Number(curve.slice(2)) / 8);
    if (data.length !== 1 + 2 * size || data[0] !== 4) throw new DerError("failed to unmarshal elliptic curve point");
    return { type: "ECDSA", curve };
  }
  if (oid === RSA) {
    const [modulus, exponent] = readInside(readElement(data), TAG.sequence);
    if (modulus?.tag !== INTEGER || exponent?.tag !== INTEGER) throw new DerError("invalid RSA public key");
    const first = modulus.content.findIndex((byte) => byte !== 0);
    if (first < 0) throw new DerError("invalid RSA modulus");
    return { type: "RSA", bits: (modulus.content.length - first) * 8 };
  }
  if (OTHERS.includes(oid)) return { type: "other" };
  throw new DerError("unknown public key algorithm");
}

/** What is wrong with a key that a pod's certificate is asked for, as the value to show and why. */
export function keyProblem(key: PublicKey, shown: string): { value: string; detail: string } | undefined {
  switch (key.type) {
    case "Ed25519":
      return undefined;
    case "ECDSA":
      if (key.curve !== "P-224") return undefined;
      return { value: `curve ${key.curve}`, detail: "elliptic public keys must use curve P256 or P384" };
    case "RSA":
      if (key.bits === 3072 || key.bits === 4096) return undefined;
      return { value: `${key.bits}-bit modulus`, detail: "RSA keys must have modulus size 3072 or 4096" };
    case "other":
      return { value: shown, detail: "unknown public key type; supported types are Ed25519, ECDSA, and RSA" };
  }
}
