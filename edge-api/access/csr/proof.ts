/**
 * That who asks for a certificate has the key: the signature of the request, or of the pod's uid. The platform's
 * cryptography answers later, so this is looked at before the writing turn.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/, KEP-4317
 */

import { requestDer } from "../../../kinds/certificates/certificate-request.ts";
import { DerError, oidText, readElement, readInside, TAG } from "../../../kinds/certificates/der.ts";
import { type PublicKey, readPublicKey } from "../../../kinds/certificates/public-key.ts";
import { readSignedRequest } from "../../../kinds/certificates/signed-request.ts";
import { invalidUnshown } from "../../../kinds/common/omitted.ts";
import type { Kind } from "../../../kinds/kind.ts";
import { type FieldError, invalid, invalidObject } from "../../../machinery/meta/field-error.ts";
import type { Fields, KubeObject } from "../../../machinery/meta/object.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** By storage key. Each says what is wrong; nothing where there is nothing to check, which validation tells. */
const CHECKS: ReadonlyMap<string, (spec: Fields) => Promise<FieldError | undefined>> = new Map([
  ["certificatesigningrequests.certificates.k8s.io", checkRequest],
  ["podcertificaterequests.certificates.k8s.io", checkPodRequest],
]);

export const needsProof = ({ storage }: Kind): boolean => CHECKS.has(storage);

/** @throws ApiError 422 when the key is somebody else's */
export async function checkProof({ storage, group, kind }: Kind, object: KubeObject): Promise<void> {
  const { spec, metadata } = object;
  if (typeof spec !== "object" || spec === null) return;
  const error = await CHECKS.get(storage)?.(spec as Fields);
  if (error) throw invalidObject({ group, kind, name: metadata?.name ?? "" }, [error]);
}

async function checkRequest({ request }: Fields): Promise<FieldError | undefined> {
  if (typeof request !== "string") return undefined;
  let der: Bytes;
  try {
    der = requestDer(request);
  } catch {
    return undefined;
  }
  const problem = await requestProblem(der);
  return problem === undefined ? undefined : invalid("spec.request", request, problem);
}

const NO_PROOF = "could not verify proof-of-possession signature";

async function checkPodRequest(spec: Fields): Promise<FieldError | undefined> {
  const {
    stubPKCS10Request: stub,
    pkixPublicKey,
    proofOfPossession,
    podUID = "",
  } = spec as { [field: string]: string };
  if (stub) {
    const problem = await requestProblem(bytesOf(stub));
    return problem === undefined ? undefined : invalid("spec.stubPKCS10Request", stub, problem);
  }
  if (!pkixPublicKey) return undefined;
  const isProven = await proves({
    key: bytesOf(pkixPublicKey),
    data: Uint8Array.from(new TextEncoder().encode(podUID)),
    signature: bytesOf(proofOfPossession ?? ""),
  });
  return isProven === false ? invalidUnshown("spec.proofOfPossession", NO_PROOF) : undefined;
}

function bytesOf(base64: string): Bytes {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

interface Signature {
  /** How it was made, as WebCrypto is asked. */
  algorithm: { name: string; saltLength?: number; hash?: string };
  signature: Bytes;
}

/** @returns undefined: no key that can prove anything */
async function proves(asked: { key: Bytes; data: Bytes; signature: Bytes }): Promise<boolean | undefined> {
  const key = readKey(asked.key);
  if (!key || key.type === "other" || (key.type === "ECDSA" && key.curve === "P-224")) return undefined;
  for (const signature of proofsOf(key, asked.signature)) {
    if (await verify({ key, spki: asked.key, data: asked.data, ...signature })) return true;
  }
  return false;
}

/** Whoever signs with RSA uses as much salt as fits, or as much as the hash is long. */
function proofsOf(key: PublicKey, signature: Bytes): Signature[] {
  if (key.type === "Ed25519") return [{ algorithm: { name: "Ed25519" }, signature }];
  const hash = "SHA-256";
  if (key.type === "ECDSA") return [{ algorithm: { name: "ECDSA", hash }, signature }];
  if (key.type !== "RSA") return [];
  const hashBytes = 32;
  return [key.bits / 8 - hashBytes - 2, hashBytes].map((saltLength) => ({
    algorithm: { name: "RSA-PSS", hash, saltLength },
    signature,
  }));
}

function readKey(spki: Bytes): PublicKey | undefined {
  try {
    return readPublicKey(spki);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

const RSA_HASHES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.1.5", "SHA-1"],
  ["1.2.840.113549.1.1.11", "SHA-256"],
  ["1.2.840.113549.1.1.12", "SHA-384"],
  ["1.2.840.113549.1.1.13", "SHA-512"],
]);
const EC_HASHES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.10045.4.1", "SHA-1"],
  ["1.2.840.10045.4.3.2", "SHA-256"],
  ["1.2.840.10045.4.3.3", "SHA-384"],
  ["1.2.840.10045.4.3.4", "SHA-512"],
]);
/** With the salt that belongs to each. */
const PSS_HASHES: ReadonlyMap<string, [hash: string, saltLength: number]> = new Map([
  ["2.16.840.1.101.3.4.2.1", ["SHA-256", 32]],
  ["2.16.840.1.101.3.4.2.2", ["SHA-384", 48]],
  ["2.16.840.1.101.3.4.2.3", ["SHA-512", 64]],
]);
const RSA_PSS = "1.2.840.113549.1.1.10";
const ED25519 = "1.3.101.112";

const UNKNOWN = "x509: cannot verify signature: algorithm unimplemented";
const FAILURES: { readonly [type: string]: string } = {
  RSA: "crypto/rsa: verification error",
  ECDSA: "x509: ECDSA verification failure",
  Ed25519: "x509: Ed25519 verification failure",
};

/** Why a request is not signed by its own key, in Go's words. Undefined as well for what is no request. */
async function requestProblem(der: Bytes): Promise<string | undefined> {
  try {
    const { info, publicKey, algorithm, parameters, signature } = readSignedRequest(der);
    const key = readPublicKey(publicKey);
    const how = howSigned(key, algorithm, parameters);
    if (!how) return UNKNOWN;
    if (await verify({ key, spki: publicKey, data: info, algorithm: how, signature })) return undefined;
    return FAILURES[key.type];
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function howSigned(
  key: PublicKey,
  oid: string,
  parameters: Uint8Array | undefined,
): Signature["algorithm"] | undefined {
  if (key.type === "Ed25519") return oid === ED25519 ? { name: "Ed25519" } : undefined;
  if (key.type === "ECDSA") {
    const hash = key.curve === "P-224" ? undefined : EC_HASHES.get(oid);
    return hash ? { name: "ECDSA", hash } : undefined;
  }
  if (key.type !== "RSA") return undefined;
  if (oid === RSA_PSS) return pssOf(parameters);
  const hash = RSA_HASHES.get(oid);
  return hash ? { name: "RSASSA-PKCS1-v1_5", hash } : undefined;
}

/** The hash of RSASSA-PSS-params; its salt is as long. @throws DerError */
function pssOf(parameters: Uint8Array | undefined): Signature["algorithm"] | undefined {
  if (!parameters) return undefined;
  const [hashField] = readInside(readElement(parameters), TAG.sequence);
  const [id] = readInside(readInside(hashField, TAG.context0)[0], TAG.sequence);
  const [hash, saltLength] = (id && PSS_HASHES.get(oidText(id))) ?? [];
  return hash && saltLength ? { name: "RSA-PSS", hash, saltLength } : undefined;
}

async function verify({
  key,
  spki,
  data,
  algorithm,
  signature,
}: Signature & { key: PublicKey; spki: Bytes; data: Bytes }): Promise<boolean> {
  const raw = key.type === "ECDSA" ? pointsOf(signature, Math.ceil(Number(key.curve.slice(2)) / 8)) : signature;
  if (!raw) return false;
  const curve = key.type === "ECDSA" ? { namedCurve: key.curve } : {};
  const imported = await crypto.subtle.importKey("spki", spki, { ...algorithm, ...curve }, false, ["verify"]);
  return crypto.subtle.verify(algorithm, imported, raw, data);
}

/** WebCrypto wants both numbers of an ECDSA signature side by side, each of `size` bytes; certificates hold DER. */
function pointsOf(signature: Bytes, size: number): Bytes | undefined {
  try {
    const whole = readElement(signature);
    const numbers = readInside(whole, TAG.sequence);
    if (numbers.length !== 2 || whole.whole.length !== signature.length) return undefined;
    const raw = new Uint8Array(2 * size);
    for (const [i, { content }] of numbers.entries()) {
      const first = content.findIndex((byte) => byte !== 0);
      const digits = first < 0 ? new Uint8Array() : content.subarray(first);
      if (digits.length > size) return undefined;
      raw.set(digits, (i + 1) * size - digits.length);
    }
    return raw;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
