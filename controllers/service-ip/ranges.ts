import type { ServiceCIDR } from "../../kinds/networking/v1-types.ts";
import { type CidrBlock, cidrContains, type IpAddress, parseCidr } from "../../machinery/meta/ip.ts";

/** The ranges of a ServiceCIDR; what is no range is left out. */
export const blocksOf = ({ spec }: ServiceCIDR): CidrBlock[] =>
  (spec.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);

export const holds = (cidr: ServiceCIDR, address: IpAddress): boolean =>
  blocksOf(cidr).some((block) => cidrContains(block, address));

/** Whether all of `block` lies in one of the ServiceCIDR's ranges. */
export const covers = (cidr: ServiceCIDR, block: CidrBlock): boolean =>
  blocksOf(cidr).some((other) => other.prefixLength <= block.prefixLength && cidrContains(other, block));
