/**
 * What a signed certificate says beside its subject and its key: how long it holds, and what for. Pure.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */

/** What kube-controller-manager's --cluster-signing-duration is by default. */
const MAX_LIFETIME_MS = 365 * 24 * 3600 * 1000;
const MIN_LIFETIME_MS = 10 * 60 * 1000;
/** Certificates hold from a little earlier, for clocks that are behind. */
const BACKDATE_MS = 5 * 60 * 1000;
/** From this lifetime on, the end is moved as the beginning is: of a short life that would take too much. */
const LONG_LIFETIME_MS = 8 * 3600 * 1000;

export interface CertificatePlan {
  notBeforeMs: number;
  notAfterMs: number;
  /** Bits of the key usage extension, the first being 1: RFC 5280, 4.2.1.3. */
  keyUsages: number;
  /** OIDs. */
  extendedKeyUsages: string[];
}

export interface Wanted {
  usages: readonly string[];
  expirationSeconds?: number | undefined;
}

/** @throws Error in upstream's words when the authority has expired or a usage is unknown */
export function planCertificate(
  { usages, expirationSeconds }: Wanted,
  { nowMs, authorityUntilMs }: { nowMs: number; authorityUntilMs: number },
): CertificatePlan {
  if (nowMs >= authorityUntilMs)
    throw new Error(`the signer has expired: NotAfter=${new Date(authorityUntilMs).toISOString()}`);
  const lifetimeMs = Math.max(
    Math.min((expirationSeconds ?? Number.POSITIVE_INFINITY) * 1000, MAX_LIFETIME_MS),
    MIN_LIFETIME_MS,
  );
  const endMs = nowMs + lifetimeMs - (lifetimeMs < LONG_LIFETIME_MS ? 0 : BACKDATE_MS);
  return {
    notBeforeMs: nowMs - BACKDATE_MS,
    notAfterMs: Math.min(endMs, authorityUntilMs),
    ...usagesOf(usages),
  };
}

const KEY_USAGES: ReadonlyMap<string, number> = new Map([
  ["signing", 1],
  ["digital signature", 1],
  ["content commitment", 2],
  ["key encipherment", 4],
  ["data encipherment", 8],
  ["key agreement", 16],
  ["cert sign", 32],
  ["crl sign", 64],
  ["encipher only", 128],
  ["decipher only", 256],
]);

const PURPOSES = "1.3.6.1.5.5.7.3";
/** In the order in which certificates list them. */
const EXTENDED_KEY_USAGES: ReadonlyMap<string, string> = new Map([
  ["any", "2.5.29.37.0"],
  ["server auth", `${PURPOSES}.1`],
  ["client auth", `${PURPOSES}.2`],
  ["code signing", `${PURPOSES}.3`],
  ["email protection", `${PURPOSES}.4`],
  ["s/mime", `${PURPOSES}.4`],
  ["ipsec end system", `${PURPOSES}.5`],
  ["ipsec tunnel", `${PURPOSES}.6`],
  ["ipsec user", `${PURPOSES}.7`],
  ["timestamping", `${PURPOSES}.8`],
  ["ocsp signing", `${PURPOSES}.9`],
  ["microsoft sgc", "1.3.6.1.4.1.311.10.3.3"],
  ["netscape sgc", "2.16.840.1.113730.4.1"],
]);

function usagesOf(usages: readonly string[]): Pick<CertificatePlan, "keyUsages" | "extendedKeyUsages"> {
  const unknown = usages.filter((usage) => !KEY_USAGES.has(usage) && !EXTENDED_KEY_USAGES.has(usage));
  if (unknown.length > 0) throw new Error(`unrecognized usage values: [${unknown.map((u) => JSON.stringify(u))}]`);
  let keyUsages = 0;
  for (const usage of usages) keyUsages |= KEY_USAGES.get(usage) ?? 0;
  const purposes = [...EXTENDED_KEY_USAGES].filter(([usage]) => usages.includes(usage)).map(([, oid]) => oid);
  return { keyUsages, extendedKeyUsages: [...new Set(purposes)] };
}
