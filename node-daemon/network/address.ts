/** IPv4 addresses and CIDRs as unsigned 32-bit numbers. */

const OCTETS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** The address as a number, or undefined when it is not dotted decimal (leading zeros are refused). */
export function parseIpv4(text: string | undefined): number | undefined {
  const match = text === undefined ? null : OCTETS.exec(text);
  if (!match) return undefined;
  let value = 0;
  for (let i = 1; i <= 4; i++) {
    const octet = match[i] as string;
    if ((octet.length > 1 && octet.startsWith("0")) || Number(octet) > 255) return undefined;
    value = value * 256 + Number(octet);
  }
  return value;
}

export const formatIpv4 = (value: number): string =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

export const isIpv4 = (text: string | undefined): text is string => parseIpv4(text) !== undefined;

export interface Cidr {
  /** First address of the range. */
  base: number;
  /** 0 to 32. */
  prefix: number;
}

/** "10.244.1.0/24"; a plain address is a /32; host bits are cleared. Undefined when malformed. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const address = parseIpv4(slash < 0 ? text : text.slice(0, slash));
  const length = slash < 0 ? "32" : text.slice(slash + 1);
  if (address === undefined || !/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined;
  const prefix = Number(length);
  return { base: (address & maskOf(prefix)) >>> 0, prefix };
}

const maskOf = (prefix: number): number => (prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0);

export const formatCidr = ({ base, prefix }: Cidr): string => `${formatIpv4(base)}/${prefix}`;

export const contains = ({ base, prefix }: Cidr, address: number): boolean => (address & maskOf(prefix)) >>> 0 === base;

/** The range of length `prefix` that contains this one. */
export const widen = ({ base }: Cidr, prefix: number): Cidr => ({ base: (base & maskOf(prefix)) >>> 0, prefix });
