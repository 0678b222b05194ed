/** Ranges that cluster IPs are taken from. Source: registry/core/service/ipallocator of kube-apiserver. Pure. */
import { formatIp, maskIp, parseCidr, parseIp } from "../../../machinery/meta/ip.ts";

export type Family = "IPv4" | "IPv6";

export interface AddressRange {
  family: Family;
  /** As bits; both may be handed out. Of a range without room `last` is below `first`. */
  first: bigint;
  last: bigint;
  /** Where the part begins that is handed out first; below it addresses are likely to be asked for by name. */
  dynamicStart: bigint;
}

const MIN_STATIC = 16n;
const MAX_STATIC = 256n;
const STATIC_STEP = 16n;
const MIN_IPV6_PREFIX_LENGTH = 64;

const toBits = (bytes: Uint8Array): bigint => bytes.reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);

function toText(bits: bigint, family: Family): string {
  const bytes = new Uint8Array(family === "IPv4" ? 4 : 16);
  for (let i = bytes.length - 1, rest = bits; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return formatIp({ family: family === "IPv4" ? 4 : 6, bytes });
}

/** How many addresses at a range's begin are kept for those who ask for them. */
function staticSize(size: bigint): bigint {
  if (size <= MIN_STATIC) return 0n;
  const part = size / STATIC_STEP;
  return part < MIN_STATIC ? MIN_STATIC : part > MAX_STATIC ? MAX_STATIC : part;
}

/** Undefined for what is no range of services. */
export function addressRange(cidr: string): AddressRange | undefined {
  const block = parseCidr(cidr);
  if (!block || (block.family === 6 && block.prefixLength < MIN_IPV6_PREFIX_LENGTH)) return undefined;
  const family = block.family === 4 ? "IPv4" : "IPv6";
  const base = toBits(maskIp(block).bytes);
  const size = 1n << BigInt(block.bytes.length * 8 - block.prefixLength);
  // The network's own address is nobody's, nor is the one that means all of an IPv4 network.
  const [first, last] = [base + 1n, base + size - (family === "IPv4" ? 2n : 1n)];
  return { family, first, last, dynamicStart: first + staticSize(size) };
}

/** Canonical text, which is an IPAddress object's name. Undefined when it is no address. */
export function canonicalAddress(text: string): string | undefined {
  const ip = parseIp(text);
  return ip && formatIp(ip);
}

export function rangeHolds({ family, first, last }: AddressRange, address: string): boolean {
  const ip = parseIp(address);
  if (!ip || (ip.family === 4) !== (family === "IPv4")) return false;
  const bits = toBits(ip.bytes);
  return first <= bits && bits <= last;
}

/** As fine as a double. */
const RANDOM_STEPS = 2 ** 53;

/** All of the dynamic part from a random place on, then all of the static part. */
export function* candidates({ family, first, last, dynamicStart }: AddressRange, random: () => number) {
  const parts = [
    [dynamicStart, last],
    [first, dynamicStart - 1n],
  ] as const;
  for (const [from, to] of parts) {
    const size = to - from + 1n;
    if (size <= 0n) continue;
    const start = (size * BigInt(Math.floor(random() * RANDOM_STEPS))) / BigInt(RANDOM_STEPS);
    for (let i = 0n; i < size; i++) yield toText(from + ((start + i) % size), family);
  }
}
