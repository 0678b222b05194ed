/** Checks of IP addresses beyond their form. */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { type CidrBlock, formatIp, type IpAddress, maskIp, parseCidr, parseIp } from "../../machinery/meta/ip.ts";
import { cidr, ipAddress } from "../../machinery/meta/names.ts";
import { addMessages } from "./checks.ts";

/** The address without the leading zeros that some software takes for octal. */
function withoutZeros(text: string): string {
  const tail = text.lastIndexOf(":") + 1;
  const octets = text.slice(tail).split(".");
  if (octets.length !== 4) return text;
  return text.slice(0, tail) + octets.map((octet) => octet.replace(/^0+(?=\d)/, "")).join(".");
}

/** What older versions have taken for an address. */
export const parseSloppyIp = (text: string): IpAddress | undefined => parseIp(text) ?? parseIp(withoutZeros(text));

export const ipFamily = (text: string): "IPv4" | "IPv6" | undefined => {
  const family = parseSloppyIp(text)?.family;
  return family === undefined ? undefined : family === 4 ? "IPv4" : "IPv6";
};

/** Addresses that mean the machine itself or its own link can lead to no service. */
export function checkNonSpecialIp(errors: FieldError[], text: string, path: string, ip = parseSloppyIp(text)): void {
  if (!ip) {
    errors.push(invalid(path, text, "must be a valid IP address"));
    return;
  }
  const [first = 0, second = 0, third = 0] = ip.bytes;
  const four = ip.family === 4;
  const zeroUpTo = (end: number): boolean => ip.bytes.subarray(0, end).every((byte) => byte === 0);
  if (zeroUpTo(ip.bytes.length)) errors.push(invalid(path, text, `may not be unspecified (${text})`));
  if (four ? first === 127 : zeroUpTo(15) && ip.bytes[15] === 1) {
    errors.push(invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)"));
  }
  if (four ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80) {
    errors.push(invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"));
  }
  if (four ? first === 224 && second === 0 && third === 0 : first === 0xff && (second & 0x0f) === 2) {
    errors.push(invalid(path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"));
  }
}

/** ::ffff:1.2.3.4, which some software takes for 1.2.3.4 and some does not. */
const isMapped = ({ family, bytes }: IpAddress): boolean =>
  family === 6 && bytes[10] === 255 && bytes[11] === 255 && bytes.subarray(0, 10).every((byte) => byte === 0);

function legacyIpMessages(text: string): readonly string[] {
  const ip = parseIp(text);
  if (ip) return isMapped(ip) ? ["must not be an IPv4-mapped IPv6 address"] : [];
  return parseSloppyIp(text) ? ["must not have leading 0s"] : ipAddress(text);
}

/** As `parseSloppyIp`, for blocks. */
export function parseSloppyCidr(text: string): CidrBlock | undefined {
  const block = parseCidr(text);
  if (block) return block;
  const [address = "", length = ""] = text.split("/");
  return parseCidr(`${withoutZeros(address)}/${length.replace(/^0+(?=\d)/, "")}`);
}

function legacyCidrMessages(text: string): readonly string[] {
  const block = parseCidr(text);
  if (!block) {
    return parseSloppyCidr(text) ? ["must not have leading 0s in IP or prefix length"] : cidr(text);
  }
  if (isMapped(block)) return ["must not have an IPv4-mapped IPv6 address"];
  return formatIp(maskIp(block)) === formatIp(block) ? [] : ["must not have bits set beyond the prefix length"];
}

/**
 * An address as older fields take it: not in canonical form, but without doubt which one is meant (KEP-4858).
 * @param kept what the object has said before, which it may go on saying
 */
export function checkLegacyIp(errors: FieldError[], text: string, path: string, kept?: readonly string[]): void {
  if (!kept?.includes(text)) addMessages(errors, path, text, legacyIpMessages(text));
}

/** As `checkLegacyIp`, for blocks: besides, no bits are set that the mask clears. */
export function checkLegacyCidr(errors: FieldError[], text: string, path: string, kept?: readonly string[]): void {
  if (!kept?.includes(text)) addMessages(errors, path, text, legacyCidrMessages(text));
}

const canonicalMessages = (canonical: string, text: string): readonly string[] =>
  canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];

/** As newer fields take addresses: in one form only, so that no two readers see different ones in one text. */
export function canonicalIpMessages(text: string): readonly string[] {
  const messages = legacyIpMessages(text);
  const ip = parseIp(text);
  return messages.length > 0 || !ip ? messages : canonicalMessages(formatIp(ip), text);
}

export function canonicalCidrMessages(text: string): readonly string[] {
  const messages = legacyCidrMessages(text);
  const block = parseCidr(text);
  return messages.length > 0 || !block ? messages : canonicalMessages(`${formatIp(block)}/${block.prefixLength}`, text);
}
