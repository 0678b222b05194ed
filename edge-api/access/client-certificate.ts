/**
 * Clients that show a certificate to Cloudflare's edge, which has verified it (mTLS of the zone). Their names are in its
 * subject: CN the user, each O a group.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates and
 * https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties
 */
import { AUTHENTICATED_GROUP, CREDENTIAL_ID_EXTRA, type Identity } from "./identity.ts";

/** `request.cf.tlsClientAuth`, as far as it is looked at. All values are text. */
export interface TlsClientAuth {
  certPresented?: string;
  /** SUCCESS, or what was wrong. */
  certVerified?: string;
  certRevoked?: string;
  certSubjectDNRFC2253?: string;
  certFingerprintSHA256?: string;
}

/** Where a subject says its user's uid. */
const UID_ATTRIBUTE = "1.3.6.1.4.1.57683.2";

/** Undefined for who showed no certificate, or none that is good, or one without a name. */
export function certificateIdentity(tls: TlsClientAuth | undefined): Identity | undefined {
  if (tls?.certPresented !== "1" || tls.certVerified !== "SUCCESS" || tls.certRevoked === "1") return undefined;
  const attributes = parseSubject(tls.certSubjectDNRFC2253 ?? "");
  const values = (type: string): string[] =>
    attributes.filter((attribute) => attribute.type === type).map(({ value }) => value);
  const [user] = values("CN");
  if (!user) return undefined;
  const [uid] = values(UID_ATTRIBUTE);
  const fingerprint = tls.certFingerprintSHA256?.toLowerCase().replaceAll(":", "");
  return {
    user,
    ...(uid !== undefined && { uid }),
    // The text has them in reverse.
    groups: [...new Set([...values("O").reverse(), AUTHENTICATED_GROUP])],
    ...(fingerprint && { extra: { [CREDENTIAL_ID_EXTRA]: [`X509SHA256=${fingerprint}`] } }),
  };
}

interface Attribute {
  type: string;
  value: string;
}

/** A distinguished name as RFC 2253 writes it; empty for what is none. */
export function parseSubject(text: string): Attribute[] {
  const attributes: Attribute[] = [];
  for (const part of splitUnescaped(text)) {
    const equals = part.indexOf("=");
    if (equals < 0) return [];
    const type = part
      .slice(0, equals)
      .trim()
      .toUpperCase()
      .replace(/^OID\./, "");
    const value = unescaped(part.slice(equals + 1).trim());
    if (value === undefined) return [];
    attributes.push({ type, value });
  }
  return attributes;
}

/** At commas and plus signs that stand for themselves. */
function splitUnescaped(text: string): string[] {
  const parts: string[] = [];
  let [part, quoted] = ["", false];
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === "\\") {
      part += char + (text[++i] ?? "");
    } else if (!quoted && (char === "," || char === "+" || char === ";")) {
      parts.push(part);
      part = "";
    } else {
      if (char === '"') quoted = !quoted;
      part += char;
    }
  }
  return part.trim() === "" && parts.length === 0 ? [] : [...parts, part];
}

/** Undefined for what is not well formed. */
function unescaped(text: string): string | undefined {
  if (text.startsWith("#")) return derText(text.slice(1));
  const inner = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let i = 0; i < inner.length; i++) {
    const escaped = inner[i] === "\\";
    const hex = escaped ? /^[0-9a-fA-F]{2}/.exec(inner.slice(i + 1, i + 3))?.[0] : undefined;
    if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
      continue;
    }
    if (escaped) i++;
    const char = String.fromCodePoint(inner.codePointAt(i) ?? 0xfffd);
    bytes.push(...encoder.encode(char));
    i += char.length - 1;
  }
  return decodeUtf8(Uint8Array.from(bytes));
}

/** A short DER string, in hexadecimal. */
function derText(hex: string): string | undefined {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const length = bytes[1] ?? 0;
  if (length >= 128 || bytes.length !== length + 2) return undefined;
  return decodeUtf8(bytes.subarray(2));
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}
