/**
 * X.509 certificates, as much as the API server looks at: who may sign with them, how long they hold, for which key.
 * Their signatures are not checked: whoever trusts them does. Source: RFC 5280 section 4. Pure.
 */
import { DerError, type Element, oidText, readAll, readElement, readInside, stringText, TAG } from "./der.ts";

export interface Certificate {
  /** Whether the basic constraints say that it may sign others. */
  isAuthority: boolean;
  notBeforeMs: number;
  notAfterMs: number;
  /** SubjectPublicKeyInfo, DER */
  publicKey: Uint8Array;
  dnsNames: string[];
  emails: string[];
}

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
/** Unique identifiers of issuer and subject, which nobody uses. */
const UNIQUE_IDS = [0x81, 0x82, 0xa1, 0xa2];
const SAN_EMAIL = 0x81;
const SAN_DNS = 0x82;

const BASIC_CONSTRAINTS = "2.5.29.19";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";

function expectTag(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw new DerError(`expected tag ${tag}, found ${element?.tag}`);
  return element;
}

/** `260102030405Z`, or with four digits of the year. */
function timeMs(element: Element | undefined): number {
  const text = element && String.fromCharCode(...element.content);
  const isShort = element?.tag === UTC_TIME;
  const parts = (isShort ? /^(\d\d)((?:\d\d){5})Z$/ : /^(\d{4})((?:\d\d){5})Z$/).exec(text ?? "");
  if (!parts || (!isShort && element?.tag !== GENERALIZED_TIME)) throw new DerError("malformed time");
  const [, yearText = "", rest = ""] = parts;
  const year = isShort ? (Number(yearText) < 50 ? `20${yearText}` : `19${yearText}`) : yearText;
  const [month, day, hour, minute, second] = rest.match(/../g) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(ms)) throw new DerError("malformed time");
  return ms;
}

function readConstraints(bytes: Uint8Array): boolean {
  const [first, ...rest] = readInside(wholeElement(bytes), TAG.sequence);
  const isAuthority = first?.tag === BOOLEAN;
  if (isAuthority && first.content.length !== 1) throw new DerError("malformed boolean");
  const others = isAuthority ? rest : first ? [first, ...rest] : [];
  if (others.length > 1) throw new DerError("too many basic constraints");
  for (const other of others) expectTag(other, INTEGER);
  return isAuthority && first.content[0] === 0xff;
}

/** The element that `bytes` consists of. @throws DerError when something follows it */
function wholeElement(bytes: Uint8Array): Element {
  const element = readElement(bytes);
  if (element.whole.length !== bytes.length) throw new DerError("trailing data");
  return element;
}

function readExtensions(certificate: Certificate, list: Element | undefined): void {
  if (!list) return;
  const seen = new Set<string>();
  for (const extension of readInside(wholeElement(expectTag(list, EXTENSIONS).content), TAG.sequence)) {
    const [id, ...rest] = readInside(extension, TAG.sequence);
    const value = expectTag(rest.at(-1), TAG.octets).content;
    if (rest.length > 2 || (rest.length === 2 && rest[0]!.tag !== BOOLEAN)) throw new DerError("malformed extension");
    const oid = oidText(expectTag(id, TAG.oid));
    if (seen.has(oid)) throw new DerError("duplicate extensions");
    seen.add(oid);
    if (oid === BASIC_CONSTRAINTS) certificate.isAuthority = readConstraints(value);
    if (oid !== SUBJECT_ALTERNATIVE_NAME) continue;
    for (const { tag, content, whole } of readInside(wholeElement(value), TAG.sequence)) {
      const text = (): string => stringText({ tag: 0x16, content, whole });
      if (tag === SAN_EMAIL) certificate.emails.push(text());
      if (tag === SAN_DNS) certificate.dnsNames.push(text());
    }
  }
}

const isSame = (a: Element, b: Element): boolean =>
  a.whole.length === b.whole.length && a.whole.every((byte, i) => byte === b.whole[i]);

/** @throws DerError when it is no certificate */
export function parseCertificate(bytes: Uint8Array): Certificate {
  const [info, outerAlgorithm, signature, ...more] = readInside(wholeElement(bytes), TAG.sequence);
  expectTag(signature, BIT_STRING);
  if (more.length > 0) throw new DerError("trailing data");
  const fields = readInside(info, TAG.sequence);
  const version = fields[0]?.tag === VERSION ? fields.shift() : undefined;
  if (version) expectTag(readElement(version.content), INTEGER);
  const [serial, algorithm, issuer, validity, subject, publicKey, ...optional] = fields;
  expectTag(serial, INTEGER);
  if (!isSame(expectTag(algorithm, TAG.sequence), expectTag(outerAlgorithm, TAG.sequence))) {
    throw new DerError("inner and outer signature algorithm identifiers don't match");
  }
  for (const name of [issuer, subject]) expectTag(name, TAG.sequence);
  const [notBefore, notAfter] = readInside(validity, TAG.sequence);
  const [keyAlgorithm, key] = readAll(expectTag(publicKey, TAG.sequence).content);
  expectTag(keyAlgorithm, TAG.sequence);
  expectTag(key, BIT_STRING);
  const certificate: Certificate = {
    isAuthority: false,
    notBeforeMs: timeMs(notBefore),
    notAfterMs: timeMs(notAfter),
    publicKey: publicKey!.whole,
    dnsNames: [],
    emails: [],
  };
  readExtensions(
    certificate,
    optional.find(({ tag }) => !UNIQUE_IDS.includes(tag)),
  );
  return certificate;
}

/** Undefined when it is none. */
export function certificateOf(bytes: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(bytes);
  } catch (error) {
    if (error instanceof DerError || error instanceof TypeError) return undefined;
    throw error;
  }
}
