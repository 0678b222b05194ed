import { BlockList, isIP } from "node:net";
import { CallError } from "../link/call.ts";

export interface ProxyTarget {
  /** Without path: "http://10.244.1.2:8080". */
  origin: string;
  secure: boolean;
  /** "10.244.1.2:8080", as Go prints it. */
  address: string;
  /** With query. */
  path: string;
}

/** What the edge may have this node connect to. */
export function reachable(places: { cidrs: string[]; addresses: string[] }): (host: string) => boolean {
  const list = new BlockList();
  for (const cidr of places.cidrs) {
    const [base, bits] = cidr.split("/");
    list.addSubnet(base!, Number(bits), isIP(base!) === 6 ? "ipv6" : "ipv4");
  }
  for (const address of places.addresses) list.addAddress(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  return (host) => list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}

/**
 * `/proxy/{http|https}/{address}:{port}/{path}`: pure.
 * @throws CallError when it is malformed, or leads out of the cluster
 */
export function proxyTarget(path: string, allowed: (host: string) => boolean): ProxyTarget {
  const match = /^\/proxy\/(https?)\/(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})(\/[^?]*)?(\?.*)?$/.exec(path);
  const host = match?.[2] ?? match?.[3];
  const port = Number(match?.[4]);
  if (!match || host === undefined || isIP(host) === 0 || port < 1 || port > 65_535)
    throw new CallError(400, "not the address of a pod or service");
  if (!allowed(host)) throw new CallError(403, `address ${host} is neither of the cluster's nor this node's`);
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const scheme = match[1]!;
  return {
    origin: `${scheme}://${address}`,
    secure: scheme === "https",
    address,
    path: `${match[5] ?? "/"}${match[6] ?? ""}`,
  };
}
