import { readElement, readInside, TAG } from "../../kinds/certificates/der.ts";
import { pemBlocks } from "../../kinds/certificates/pem.ts";
import type { CertificateSigningRequest } from "../../kinds/certificates/v1-types.ts";
import type { Plan } from "../runner/controller.ts";
import { deleteOp } from "../runner/ops.ts";
import { CERTIFICATE_REQUESTS } from "../view/resources.ts";
import { createdMs } from "../workload/pods.ts";

/** How long a request is kept once somebody has decided, and while nobody has. As upstream. */
export const DECIDED_MS = 3_600_000;
export const PENDING_MS = 24 * 3_600_000;

const CONTEXT_0 = 0xa0;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** Deletes requests that have been answered long ago, that nobody answers, or whose certificate has expired. */
export function planCleaning(request: CertificateSigningRequest, nowMs: number): Plan {
  if (request.metadata.deletionTimestamp) return { actions: [] };
  const atMs = deletionMs(request);
  if (atMs === undefined) return { actions: [] };
  return atMs > nowMs
    ? { actions: [], againAtMs: atMs }
    : { actions: [{ op: deleteOp(CERTIFICATE_REQUESTS, request) }] };
}

/** From when on nobody needs the request, epoch ms. */
function deletionMs(request: CertificateSigningRequest): number | undefined {
  const { conditions = [], certificate } = request.status ?? {};
  if (conditions.length === 0 && !certificate) return createdMs(request) + PENDING_MS;
  const moments: number[] = [];
  for (const { type, lastUpdateTime } of conditions) {
    const counts = type === "Denied" || type === "Failed" || (type === "Approved" && certificate);
    if (counts && lastUpdateTime) moments.push(Date.parse(lastUpdateTime) + DECIDED_MS);
  }
  const expiry = certificate && expiresAtMs(certificate);
  if (expiry) moments.push(expiry);
  const earliest = Math.min(...moments);
  return Number.isFinite(earliest) ? earliest : undefined;
}

/** When the first certificate of a base64-coded PEM text ends, epoch ms; undefined when that cannot be read. */
export function expiresAtMs(certificate: string): number | undefined {
  try {
    const [block] = pemBlocks(atob(certificate));
    if (!block) return undefined;
    const der = Uint8Array.from(atob(block.data), (character) => character.charCodeAt(0));
    const [body] = readInside(readElement(der), TAG.sequence);
    const fields = readInside(body, TAG.sequence);
    // The version comes first where it is not the first version; then serial, algorithm, issuer, validity.
    const validity = fields[fields[0]?.tag === CONTEXT_0 ? 4 : 3];
    const [, notAfter] = readInside(validity, TAG.sequence);
    if (!notAfter) return undefined;
    return timeMs(notAfter.tag, String.fromCharCode(...notAfter.content));
  } catch {
    return undefined;
  }
}

/** "260102030405Z" or "20260102030405Z" (RFC 5280, 4.1.2.5). */
function timeMs(tag: number, text: string): number | undefined {
  if (tag !== UTC_TIME && tag !== GENERALIZED_TIME) return undefined;
  const digits = tag === UTC_TIME ? `${text < "5" ? "20" : "19"}${text}` : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits) ?? [];
  if (year === undefined) return undefined;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}
