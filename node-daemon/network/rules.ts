/** The node's own nftables rules: masquerading of pods, protection of loopback and of the tunnel. */
import { CommandError, type Run } from "./run.ts";
import { NETWORK_TABLE } from "./tables.ts";

/** Flannel's default VXLAN port on Linux; IANA's 4789 is often taken by other overlays of the same machine. */
export const TUNNEL_PORT = 8472;

export interface NetworkRulesInput {
  podCidr: string;
  clusterCidr: string;
  /** InternalIPs of the nodes that may send us VXLAN. */
  tunnelPeers: readonly string[];
}

/**
 * One transaction that replaces the whole table. Pure.
 *
 * Loopback: `route_localnet` lets a NodePort answer on 127.0.0.1; without the first two rules it would let neighbours
 * on the link reach services that listen on loopback only.
 */
export function renderNetworkRules({ podCidr, clusterCidr, tunnelPeers }: NetworkRulesInput): string {
  // Without peers there is no tunnel of ours, and the port may be somebody else's.
  const tunnel =
    tunnelPeers.length === 0
      ? ""
      : `
  chain input {
    type filter hook input priority 0; policy accept;
    udp dport ${TUNNEL_PORT} ip saddr != { ${tunnelPeers.join(", ")} } drop
  }`;
  return `add table ip ${NETWORK_TABLE}
delete table ip ${NETWORK_TABLE}
table ip ${NETWORK_TABLE} {
  chain prerouting {
    type filter hook prerouting priority -300; policy accept;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
    iifname != "lo" ip saddr 127.0.0.0/8 drop
  }${tunnel}
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    oifname "lo" return
    ip saddr ${podCidr} ip daddr != { ${clusterCidr}, 224.0.0.0/4 } masquerade fully-random
  }
}
`;
}

export async function deleteTables(run: Run, tables: readonly string[]): Promise<void> {
  // "add" first, because deleting a table that is not there is an error, and `destroy` is not known to nft 1.0.
  const lines = tables.flatMap((table) => [`add table ip ${table}`, `delete table ip ${table}`]);
  await run("nft", ["-f", "-"], { input: `${lines.join("\n")}\n` });
}

export const tableExists = (run: Run, table: string): Promise<boolean> =>
  run("nft", ["-t", "list", "table", "ip", table]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof CommandError && error.exitCode !== undefined) return false;
      throw error;
    },
  );
