/** The key that a pod's certificate is asked for. Source: KEP-4317. Pure. */
import { type FieldError, invalid, tooLong } from "../../machinery/meta/field-error.ts";
import { base64Bytes } from "../core/data.ts";
import type { PodCertificateRequestSpec } from "../generated/api/certificates-v1beta1.ts";
import { DerError } from "./der.ts";
import { keyProblem, readPublicKey } from "./public-key.ts";
import { readSignedRequest } from "./signed-request.ts";

const MAX_KEY_BYTES = 10 * 1024;
const ONE_PROOF = "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set";

const bytesOf = (base64: string | undefined): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64 ?? ""), (character) => character.charCodeAt(0));

/**
 * SubjectPublicKeyInfo, DER, of the key that a certificate is asked for.
 * @throws DerError when there is none
 */
export function requestedKey({ stubPKCS10Request, pkixPublicKey }: PodCertificateRequestSpec): Uint8Array {
  return stubPKCS10Request ? readSignedRequest(bytesOf(stubPKCS10Request)).publicKey : bytesOf(pkixPublicKey);
}

export function checkRequestedKey(errors: FieldError[], spec: PodCertificateRequestSpec): void {
  const { stubPKCS10Request: stub, pkixPublicKey, proofOfPossession } = spec;
  for (const field of ["stubPKCS10Request", "pkixPublicKey", "proofOfPossession"] as const) {
    if (base64Bytes(spec[field] ?? "") <= MAX_KEY_BYTES) continue;
    errors.push(tooLong(`spec.${field}`, MAX_KEY_BYTES));
    return;
  }
  if (stub ? pkixPublicKey || proofOfPossession : !pkixPublicKey) {
    errors.push(invalid("spec", "null", ONE_PROOF));
    return;
  }
  const path = stub ? "spec.stubPKCS10Request" : "spec.pkixPublicKey";
  const shown = stub || pkixPublicKey || "";
  try {
    const problem = keyProblem(readPublicKey(requestedKey(spec)), shown);
    if (problem) errors.push(invalid(path, problem.value, problem.detail));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const detail = stub ? "must be a valid PKCS#10 CSR" : "must be a valid PKIX-serialized public key";
    errors.push(invalid(path, shown, detail));
  }
}
