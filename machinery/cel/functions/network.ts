/** Kubernetes' libraries of IP addresses and CIDRs. */
import { type CidrBlock, cidrContains, formatIp, type IpAddress, maskIp, parseCidr, parseIp } from "../../meta/ip.ts";
import { BOOL, INT, opaque, STRING } from "../types.ts";
import { CelError, type OpaqueValue } from "../values.ts";
import { overText } from "./cost.ts";
import { global, member, type Overload } from "./function.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

const IP = opaque("net.IP");
const CIDR = opaque("net.CIDR");

class IpValue implements OpaqueValue {
  readonly opaqueType = "net.IP";
  readonly ip: IpAddress;

  constructor(ip: IpAddress) {
    this.ip = ip;
  }

  equals(other: OpaqueValue): boolean {
    return String(this) === String(other);
  }

  toString(): string {
    return formatIp(this.ip);
  }
}

class CidrValue implements OpaqueValue {
  readonly opaqueType = "net.CIDR";
  readonly block: CidrBlock;

  constructor(block: CidrBlock) {
    this.block = block;
  }

  equals(other: OpaqueValue): boolean {
    return String(this) === String(other);
  }

  toString(): string {
    return `${formatIp(this.block)}/${this.block.prefixLength}`;
  }
}

/** Zones and IPv4 within IPv6 are not taken. */
const readIp = (text: string): IpAddress | undefined =>
  text.includes("%") || /^::ffff:\d+\./i.test(text) ? undefined : parseIp(text);

function ip(text: string): IpValue {
  const parsed = readIp(text);
  if (!parsed)
    throw new CelError(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: unable to parse IP`,
    );
  return new IpValue(parsed);
}

function cidr(text: string): CidrValue {
  const parsed = /^::ffff:\d+\./i.test(text) ? undefined : parseCidr(text);
  if (!parsed)
    throw new CelError(
      `CIDR ${JSON.stringify(text)} parse error during conversion from string: network address parse error`,
    );
  return new CidrValue(parsed);
}

const first = ({ ip: { bytes } }: IpValue): number => bytes[0]!;
const second = ({ ip: { bytes } }: IpValue): number => bytes[1]!;
const isV4 = ({ ip: { bytes } }: IpValue): boolean => bytes.length === 4;
const isAllZeroBut = ({ ip: { bytes } }: IpValue, last: number): boolean =>
  bytes.slice(0, -1).every((byte) => byte === 0) && bytes.at(-1) === last;

const isLoopback = (value: IpValue): boolean => (isV4(value) ? first(value) === 127 : isAllZeroBut(value, 1));
const isMulticast = (value: IpValue): boolean => (isV4(value) ? first(value) >> 4 === 0xe : first(value) === 0xff);
const isLinkLocalUnicast = (value: IpValue): boolean =>
  isV4(value) ? first(value) === 169 && second(value) === 254 : first(value) === 0xfe && second(value) >> 6 === 2;
const isLinkLocalMulticast = (value: IpValue): boolean =>
  isV4(value)
    ? first(value) === 224 && second(value) === 0 && value.ip.bytes[2] === 0
    : first(value) === 0xff && (second(value) & 0x0f) === 2;
const isUnspecified = (value: IpValue): boolean => isAllZeroBut(value, 0);
const isBroadcast = (value: IpValue): boolean => isV4(value) && value.ip.bytes.every((byte) => byte === 255);
const isGlobalUnicast = (value: IpValue): boolean =>
  !isBroadcast(value) &&
  !isUnspecified(value) &&
  !isLoopback(value) &&
  !isMulticast(value) &&
  !isLinkLocalUnicast(value);

const isWithin = ({ block }: CidrValue, { ip: address }: IpValue): boolean =>
  block.bytes.length === address.bytes.length && cidrContains(block, address);

const containsBlock = (outer: CidrValue, inner: CidrValue): boolean =>
  inner.block.prefixLength >= outer.block.prefixLength && isWithin(outer, new IpValue(inner.block));

const masked = ({ block }: CidrValue): CidrValue =>
  new CidrValue({ ...maskIp(block), prefixLength: block.prefixLength });

export const NETWORK: readonly Overload[] = [
  global("ip", [STRING], IP, (text: Any) => ip(text), { cost: overText }),
  global("isIP", [STRING], BOOL, (text: Any) => readIp(text) !== undefined, { cost: overText }),
  global("ip.isCanonical", [STRING], BOOL, (text: Any) => String(ip(text)) === text, { cost: overText }),
  global("string", [IP], STRING, (value) => String(value)),
  member("family", [IP], INT, (value: Any) => (isV4(value) ? 4n : 6n)),
  member("isUnspecified", [IP], BOOL, (value: Any) => isUnspecified(value)),
  member("isLoopback", [IP], BOOL, (value: Any) => isLoopback(value)),
  member("isLinkLocalMulticast", [IP], BOOL, (value: Any) => isLinkLocalMulticast(value)),
  member("isLinkLocalUnicast", [IP], BOOL, (value: Any) => isLinkLocalUnicast(value)),
  member("isGlobalUnicast", [IP], BOOL, (value: Any) => isGlobalUnicast(value)),
  global("cidr", [STRING], CIDR, (text: Any) => cidr(text), { cost: overText }),
  global("isCIDR", [STRING], BOOL, (text: Any) => parseCidr(text) !== undefined, { cost: overText }),
  global("string", [CIDR], STRING, (value) => String(value)),
  member("containsIP", [CIDR, IP], BOOL, (block: Any, value: Any) => isWithin(block, value)),
  member("containsIP", [CIDR, STRING], BOOL, (block: Any, text: Any) => isWithin(block, ip(text))),
  member("containsCIDR", [CIDR, CIDR], BOOL, (outer: Any, inner: Any) => containsBlock(outer, inner)),
  member("containsCIDR", [CIDR, STRING], BOOL, (outer: Any, text: Any) => containsBlock(outer, cidr(text))),
  member("ip", [CIDR], IP, (value: Any) => new IpValue(value.block)),
  member("masked", [CIDR], CIDR, (value: Any) => masked(value)),
  member("prefixLength", [CIDR], INT, (value: Any) => BigInt(value.block.prefixLength)),
];
