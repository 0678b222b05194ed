/**
 * What a signer answers to a PodCertificateRequest: once, a certificate or a no. Whether the certificate begins about
 * now, and whether the writer may sign, is judged at admission, which knows the time and the writer.
 * Source: KEP-4317.
 */
import { deepEqual } from "../../machinery/meta/equality.ts";
import { type FieldError, invalid, notSupported, required, tooLong } from "../../machinery/meta/field-error.ts";
import { checkConditions } from "../common/conditions.ts";
import { invalidUnshown } from "../common/omitted.ts";
import { same } from "../common/same.ts";
import { utf8Bytes } from "../core/data.ts";
import type { PodCertificateRequest, PodCertificateRequestStatus } from "../generated/api/certificates-v1beta1.ts";
import { DerError } from "./der.ts";
import { blockBytes, pemBlocks } from "./pem.ts";
import { requestedKey } from "./pod-certificate-key.ts";
import { type Certificate, certificateOf } from "./x509.ts";

const ENDS = ["Issued", "Denied", "Failed"];
const CHAIN = "status.certificateChain";
const MAX_CHAIN_BYTES = 100 * 1024;
const HOUR_MS = 3_600_000;
const TEN_MINUTES_MS = 600_000;

const ended = (status: PodCertificateRequestStatus | undefined, types: readonly string[] = ENDS): boolean =>
  status?.conditions?.some(({ type, status: is }) => types.includes(type) && is === "True") ?? false;

function checkEnds(errors: FieldError[], { conditions = [] }: PodCertificateRequestStatus): void {
  let known = 0;
  conditions.forEach(({ type, status }, i) => {
    // The dot before the index is upstream's.
    const path = `status.conditions.[${i}]`;
    if (!ENDS.includes(type)) {
      errors.push(notSupported(`${path}.type`, type ?? "", ENDS));
      return;
    }
    known++;
    if (known > 1) {
      const detail = 'There may be at most one condition with type "Issued", "Denied", or "Failed"';
      errors.push(invalid(`${path}.type`, type, detail));
    }
    if (status !== "True") errors.push(notSupported(`${path}.status`, status ?? "", ["True"]));
  });
  checkConditions(errors, conditions, "status.conditions");
}

/** Undefined, and an error told, when the leaf is none. */
function readLeaf(errors: FieldError[], chain: string): Certificate | undefined {
  if (utf8Bytes(chain) > MAX_CHAIN_BYTES) {
    errors.push(tooLong(CHAIN, MAX_CHAIN_BYTES));
    return undefined;
  }
  const [block] = pemBlocks(chain);
  const leaf = block?.type === "CERTIFICATE" ? certificateOf(blockBytes(block)) : undefined;
  if (!block) errors.push(invalid(CHAIN, chain, "issued certificate chain must contain at least one certificate"));
  else if (block.type !== "CERTIFICATE") {
    errors.push(invalid(CHAIN, chain, "issued certificate chain must consist entirely of CERTIFICATE PEM blocks"));
  } else if (!leaf) errors.push(invalid(CHAIN, chain, "leaf certificate does not parse as valid X.509"));
  return leaf;
}

/** As much of RFC 5322 as an address in a certificate can be: no white space, something on both sides of one "@". */
const ADDRESS = /^[^\s@<>()[\],;:\\"]+@[^\s@<>(),;:\\"]+$/;

function checkNames(errors: FieldError[], { dnsNames, emails }: Certificate): void {
  for (const name of dnsNames) {
    const say = (detail: string): void => {
      errors.push(invalid(CHAIN, name, detail));
    };
    if (name === "") say("leaf certificate should not contain empty DNSName");
    if (name.includes("..")) say("leaf certificate's DNSName should not contain '..'");
    if (name.startsWith(".") || name.endsWith(".")) {
      say("leaf certificate's DNSName should not start or end with '.'");
    }
  }
  for (const email of emails) {
    if (!ADDRESS.test(email)) {
      errors.push(invalid(CHAIN, email, "leaf certificate should not contain invalid EmailAddress"));
    }
  }
}

function isForKey({ spec }: PodCertificateRequest, leaf: Certificate): boolean {
  try {
    return deepEqual([...requestedKey(spec)], [...leaf.publicKey]);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return false;
  }
}

/** The first that is wrong with when it holds. */
function timeProblem(request: PodCertificateRequest, leaf: Certificate): FieldError | undefined {
  const { notBefore = "", notAfter = "", beginRefreshAt = "" } = request.status ?? {};
  const [startMs, endMs, refreshMs] = [Date.parse(notBefore), Date.parse(notAfter), Date.parse(beginRefreshAt)];
  const say = (field: string, value: string | number, detail: string): FieldError =>
    invalid(`status.${field}`, value, detail);
  if (startMs !== leaf.notBeforeMs) {
    return say("notBefore", notBefore, "must be set to the NotBefore time encoded in the leaf certificate");
  }
  if (endMs !== leaf.notAfterMs) {
    return say("notAfter", notAfter, "must be set to the NotAfter time encoded in the leaf certificate");
  }
  const [lifetimeMs, maxSeconds] = [endMs - startMs, request.spec.maxExpirationSeconds ?? 0];
  // Go shows durations in nanoseconds.
  const lifetime = lifetimeMs * 1e6;
  if (lifetimeMs < HOUR_MS) return say("certificateChain", lifetime, "leaf certificate lifetime must be >= 1 hour");
  if (lifetimeMs > maxSeconds * 1000) {
    const detail = `leaf certificate lifetime must be <= spec.maxExpirationSeconds (${maxSeconds})`;
    return say("certificateChain", lifetime, detail);
  }
  if (refreshMs < startMs + TEN_MINUTES_MS) {
    return say("beginRefreshAt", beginRefreshAt, "must be at least 10 minutes after status.notBefore");
  }
  if (refreshMs > endMs - TEN_MINUTES_MS) {
    return say("beginRefreshAt", beginRefreshAt, "must be at least 10 minutes before status.notAfter");
  }
  return undefined;
}

const TIMES = [
  ["notBefore", "must be present and consistent with the issued certificate"],
  ["notAfter", "must be present and consistent with the issued certificate"],
  ["beginRefreshAt", "must be present and in the range [notbefore+10min, notafter-10min]"],
] as const;

function checkIssued(errors: FieldError[], request: PodCertificateRequest): void {
  const status = request.status ?? {};
  const chain = status.certificateChain ?? "";
  const leaf = readLeaf(errors, chain);
  if (!leaf) return;
  checkNames(errors, leaf);
  if (!isForKey(request, leaf)) {
    errors.push(invalid(CHAIN, chain, "leaf certificate was not issued to the requested public key"));
    return;
  }
  for (const [field, detail] of TIMES) if (!status[field]) errors.push(required(`status.${field}`, detail));
  if (errors.length > 0) return;
  const problem = timeProblem(request, leaf);
  if (problem) {
    errors.push(problem);
    return;
  }
  for (const block of pemBlocks(chain).slice(1)) {
    if (block.type !== "CERTIFICATE") {
      // The spelling is upstream's.
      errors.push(invalid(CHAIN, chain, "issued certificate chain must consist entirely of CERTFICATE PEM blocks"));
      return;
    }
    if (!certificateOf(blockBytes(block))) {
      errors.push(invalid(CHAIN, chain, "intermediate certificate does not parse as valid X.509"));
      return;
    }
  }
}

export function podCertificateStatusErrors(next: PodCertificateRequest, prev: PodCertificateRequest): FieldError[] {
  const errors: FieldError[] = [];
  const status = next.status ?? {};
  checkEnds(errors, status);
  if (errors.length > 0) return errors;
  const keep = (other: PodCertificateRequestStatus | undefined, detail: string): void => {
    if (!same(status, other)) errors.push(invalidUnshown("status", detail));
  };
  if (ended(prev.status)) keep(prev.status, "immutable after PodCertificateRequest is issued, denied, or failed");
  else if (ended(status, ["Denied", "Failed"])) {
    const detail = "non-condition status fields must be empty when denying or failing the PodCertificateRequest";
    keep({ ...(status.conditions && { conditions: status.conditions }) }, detail);
  } else if (ended(status)) checkIssued(errors, next);
  else keep(prev.status, 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"');
  return errors;
}
