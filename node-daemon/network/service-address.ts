/**
 * A service IP that this node answers itself (cluster DNS, API endpoint): the address as a /32 on `lo`, and a table of
 * rules that lets in this node and its pods only, and brings the service's ports to where the server listens.
 */
import { parseIpJson } from "./host.ts";
import type { Run } from "./run.ts";

export interface ServiceAddress {
  /** "kedge-dns" */
  table: string;
  ip: string;
  /** Who may connect besides the node itself. */
  clusterCidr: string;
  ports: { protocol: "tcp" | "udp"; port: number; listensOn: number }[];
}

/**
 * One transaction that replaces the table. Pure.
 *
 * The redirection runs after the service proxy's (priority -100), so that a Service with endpoints of its own at this
 * address is obeyed.
 */
export function renderServiceAddressRules({ table, ip, clusterCidr, ports }: ServiceAddress): string {
  const redirect = ports
    .filter(({ port, listensOn }) => port !== listensOn)
    .map(({ protocol, port, listensOn }) => `    ip daddr ${ip} ${protocol} dport ${port} dnat to ${ip}:${listensOn}`)
    .join("\n");
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  chain input {
    type filter hook input priority 0; policy accept;
    iifname != "lo" ip daddr ${ip} ip saddr != ${clusterCidr} drop
  }
  chain prerouting {
    type nat hook prerouting priority -95; policy accept;
${redirect}
  }
  chain output {
    type nat hook output priority -95; policy accept;
${redirect}
  }
}
`;
}

/** Adds `ip`/32 to lo. Idempotent. */
export const addServiceAddress = async (run: Run, ip: string): Promise<void> => {
  await run("ip", ["addr", "replace", `${ip}/32`, "dev", "lo"]);
};

export const applyServiceAddressRules = async (run: Run, address: ServiceAddress): Promise<void> => {
  await run("nft", ["-f", "-"], { input: renderServiceAddressRules(address) });
};

/** Removes those of `ips` that lo has as /32. */
export async function removeServiceAddresses(run: Run, ips: readonly string[]): Promise<void> {
  const links = parseIpJson<{ addr_info?: { local?: string; prefixlen?: number }[] }>(
    await run("ip", ["-j", "-4", "addr", "show", "dev", "lo"]),
  );
  for (const { local, prefixlen } of links.flatMap((link) => link.addr_info ?? [])) {
    if (local !== undefined && prefixlen === 32 && ips.includes(local)) {
      await run("ip", ["addr", "del", `${local}/32`, "dev", "lo"]);
    }
  }
}
