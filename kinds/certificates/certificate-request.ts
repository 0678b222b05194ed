/** What a certificate request asks for. That it is signed by its own key is checked in edge-api/access/csr. Pure. */

import { DerError, type Element, oidText, readElement, readInside, stringText, TAG } from "./der.ts";
import { pemBlocks } from "./pem.ts";

export interface CertificateRequest {
  commonName: string;
  organizations: string[];
  /** All that is known of the subject: type (an OID) and values, each type once, as a certificate lists them. */
  subject: { type: string; values: string[] }[];
  dnsNames: string[];
  emails: string[];
  /** As text; IPv6 in full. */
  ips: string[];
  uris: string[];
}

const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";
const SERIAL_NUMBER = "2.5.4.5";
/** What Go keeps of a subject, in its order: country, organization and its unit, locality, province, street, postal code… */
const KEPT = [
  "2.5.4.6",
  ORGANIZATION,
  "2.5.4.11",
  "2.5.4.7",
  "2.5.4.8",
  "2.5.4.9",
  "2.5.4.17",
  COMMON_NAME,
  SERIAL_NUMBER,
];
/** Of these the last counts; others are lists. */
const SINGLE: ReadonlySet<string> = new Set([COMMON_NAME, SERIAL_NUMBER]);
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";

/** @param base64 `spec.request`: a PEM block, encoded once more. @throws Error with upstream's message */
export const parseCertificateRequest = (base64: string): CertificateRequest => parseDer(requestDer(base64));

/**
 * The DER of the request that counts, where there are several blocks: whoever checks a request and whoever signs it must
 * both read these bytes. @throws Error with upstream's message
 */
export function requestDer(base64: string): Uint8Array<ArrayBuffer> {
  let pem: string;
  try {
    pem = atob(base64);
  } catch {
    pem = "";
  }
  const [block] = pemBlocks(pem);
  if (block?.type !== "CERTIFICATE REQUEST") throw new Error("PEM block type must be CERTIFICATE REQUEST");
  return Uint8Array.from(atob(block.data), (c) => c.charCodeAt(0));
}

/** @throws DerError */
export function parseDer(bytes: Uint8Array): CertificateRequest {
  const [info] = readInside(readElement(bytes), TAG.sequence);
  const [_version, subject, _key, attributes] = readInside(info, TAG.sequence);
  const request: CertificateRequest = {
    commonName: "",
    organizations: [],
    subject: [],
    dnsNames: [],
    emails: [],
    ips: [],
    uris: [],
  };
  readSubject(request, subject);
  if (attributes) for (const attribute of readInside(attributes, TAG.context0)) readAttribute(request, attribute);
  return request;
}

function readSubject(request: CertificateRequest, subject: Element | undefined): void {
  const values = new Map<string, string[]>();
  for (const set of readInside(subject, TAG.sequence))
    for (const pair of readInside(set, TAG.set)) {
      const [type, value] = readInside(pair, TAG.sequence);
      if (type?.tag !== TAG.oid || !value) continue;
      const oid = oidText(type);
      if (!KEPT.includes(oid)) continue;
      const before = SINGLE.has(oid) ? [] : (values.get(oid) ?? []);
      values.set(oid, [...before, stringText(value)]);
    }
  request.subject = KEPT.flatMap((type) => (values.has(type) ? [{ type, values: values.get(type)! }] : []));
  request.commonName = values.get(COMMON_NAME)?.[0] ?? "";
  request.organizations = values.get(ORGANIZATION) ?? [];
}

function readAttribute(request: CertificateRequest, attribute: Element): void {
  const [type, values] = readInside(attribute, TAG.sequence);
  if (type?.tag !== TAG.oid || oidText(type) !== EXTENSION_REQUEST) return;
  for (const extensions of readInside(values, TAG.set))
    for (const extension of readInside(extensions, TAG.sequence)) {
      const parts = readInside(extension, TAG.sequence);
      const [id] = parts;
      const value = parts.at(-1);
      if (id?.tag !== TAG.oid || value?.tag !== TAG.octets || oidText(id) !== SUBJECT_ALTERNATIVE_NAME) continue;
      for (const name of readInside(readElement(value.content), TAG.sequence)) readName(request, name);
    }
}

/** The kinds of names, by their tag in a SubjectAltName. */
const EMAIL = 0x81;
const DNS = 0x82;
const URI = 0x86;
const IP = 0x87;

function readName(request: CertificateRequest, { tag, content }: Element): void {
  const text = () => stringText({ tag: 0x16, content, whole: content });
  if (tag === EMAIL) request.emails.push(text());
  if (tag === DNS) request.dnsNames.push(text());
  if (tag === URI) request.uris.push(text());
  if (tag === IP) request.ips.push(ipText(content));
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) throw new DerError(`cannot parse IP address of length ${bytes.length}`);
  const groups: string[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) groups.push((bytes[i]! * 256 + bytes[i + 1]!).toString(16));
  return groups.join(":");
}
