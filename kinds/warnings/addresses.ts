/** IP addresses and blocks that are taken as they are, but will not be for ever. */
import { type CidrBlock, formatIp, type IpAddress, maskIp, parseCidr, parseIp } from "../../machinery/meta/ip.ts";
import { parseSloppyCidr, parseSloppyIp } from "../common/ip-checks.ts";

const FUTURE = "will be considered invalid in a future Kubernetes release: use";

/** ::ffff:1.2.3.4 is 1.2.3.4. */
function unmapped(ip: IpAddress): IpAddress | undefined {
  const { family, bytes } = ip;
  const isMapped =
    family === 6 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return isMapped ? { family: 4, bytes: bytes.subarray(12) } : undefined;
}

/** What is no address at all is for validation to say. */
export function ipWarnings(path: string, text: string): string[] {
  const ip = parseSloppyIp(text);
  if (!ip) return [];
  const older = unmapped(ip) ?? (parseIp(text) ? undefined : ip);
  if (older) return [`${path}: non-standard IP address "${text}" ${FUTURE} "${formatIp(older)}"`];
  const canonical = formatIp(ip);
  if (canonical === text) return [];
  return [`${path}: IPv6 address "${text}" should be in RFC 5952 canonical format ("${canonical}")`];
}

export function cidrWarnings(path: string, text: string): string[] {
  const block = parseSloppyCidr(text);
  if (!block) return [];
  const first = maskIp(block);
  const canonical = blockText(first, block);
  const warnings: string[] = [];
  if (formatIp(first) !== formatIp(block)) {
    const single = `${formatIp(block)}/${block.bytes.length * 8}`;
    warnings.push(
      `${path}: CIDR value "${text}" is ambiguous in this context (should be "${canonical}" or "${single}"?)`,
    );
  }
  const older = unmapped(block);
  if (older || !parseCidr(text)) {
    const better = older ? `${formatIp(older)}/${Math.max(block.prefixLength - 96, 0)}` : canonical;
    warnings.push(`${path}: non-standard CIDR value "${text}" ${FUTURE} "${better}"`);
  } else if (warnings.length === 0 && block.family === 6 && canonical !== text) {
    warnings.push(`${path}: IPv6 CIDR value "${text}" should be in RFC 5952 canonical format ("${canonical}")`);
  }
  return warnings;
}

const blockText = (ip: IpAddress, { prefixLength }: CidrBlock): string => `${formatIp(ip)}/${prefixLength}`;
