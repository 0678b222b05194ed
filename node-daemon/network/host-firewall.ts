/**
 * Other programs' iptables rules that drop what they do not know: Docker sets policy DROP for forwarded packets, ufw
 * for incoming ones too. A packet must pass every table, so no rule of ours elsewhere can help; ours go in front of
 * theirs, and only where there is such a policy.
 */
import type { Log } from "../contracts.ts";
import { TUNNEL_PORT } from "./rules.ts";
import { CommandError, type Run } from "./run.ts";

export interface FirewallInput {
  clusterCidr: string;
  serviceCidr: string;
  /** Whether nodes send to us through the tunnel; our own table lets in only those. */
  tunnel: boolean;
}

const TUNNEL_RULE = ["-p", "udp", "-m", "udp", "--dport", String(TUNNEL_PORT), "-j", "ACCEPT"];

type Chain = "FORWARD" | "INPUT";

/** Rules of ours in each chain, as `iptables -S` prints them. */
const rulesFor = ({ clusterCidr, serviceCidr, tunnel }: FirewallInput): { chain: Chain; rule: string[] }[] => [
  { chain: "FORWARD", rule: ["-s", clusterCidr, "-j", "ACCEPT"] },
  { chain: "FORWARD", rule: ["-d", clusterCidr, "-j", "ACCEPT"] },
  // Cluster DNS and the API endpoint listen on this node.
  { chain: "INPUT", rule: ["-s", clusterCidr, "-d", serviceCidr, "-j", "ACCEPT"] },
  ...(tunnel ? [{ chain: "INPUT" as const, rule: TUNNEL_RULE }] : []),
];

/** Of `iptables -S`: the chains whose policy is DROP, and which of our rules are missing there. Pure. */
export function planFirewall(listing: string, input: FirewallInput): { chain: Chain; rule: string[] }[] {
  const lines = new Set(listing.split("\n").map((line) => line.trim()));
  return rulesFor(input).filter(
    ({ chain, rule }) => lines.has(`-P ${chain} DROP`) && !lines.has(`-A ${chain} ${rule.join(" ")}`),
  );
}

/** Lets the cluster's traffic through a firewall kept with iptables. Without iptables there is nothing to do. */
export async function openHostFirewall(run: Run, input: FirewallInput, log: Log): Promise<void> {
  const listing = await list(run);
  if (listing === undefined) return;
  for (const { chain, rule } of planFirewall(listing, input)) {
    log.info("this machine's firewall drops by policy; letting pods through", { chain, rule: rule.join(" ") });
    await run("iptables", ["-w", "5", "-I", chain, "1", ...rule]);
  }
}

/** Takes our rules out again. */
export async function closeHostFirewall(run: Run, ranges: Omit<FirewallInput, "tunnel">): Promise<void> {
  const listing = await list(run);
  if (listing === undefined) return;
  const lines = new Set(listing.split("\n"));
  for (const { chain, rule } of rulesFor({ ...ranges, tunnel: true })) {
    if (lines.has(`-A ${chain} ${rule.join(" ")}`)) await run("iptables", ["-w", "5", "-D", chain, ...rule]);
  }
}

async function list(run: Run): Promise<string | undefined> {
  try {
    return await run("iptables", ["-w", "5", "-S"]);
  } catch (error) {
    // Not installed, or a kernel without it: then nobody's rules are there either.
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}
