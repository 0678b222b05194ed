/** The part of the table that is always there: hooks, maps, and the chains that services plug into. */
import { SERVICES_TABLE } from "../network/tables.ts";

export interface BaseInput {
  clusterCidr: string;
  serviceCidr: string;
  /** Service IPs answered by this node itself. */
  servedIps: readonly string[];
}

/** Maps and sets that services and hostPorts put elements into. */
export const CONTAINERS: { readonly [name: string]: { kind: "map" | "set"; declaration: string } } = {
  "service-ips": { kind: "map", declaration: "type ipv4_addr . inet_proto . inet_service : verdict;" },
  "service-nodeports": { kind: "map", declaration: "type inet_proto . inet_service : verdict;" },
  "no-endpoint-services": { kind: "map", declaration: "type ipv4_addr . inet_proto . inet_service : verdict;" },
  "no-endpoint-nodeports": { kind: "map", declaration: "type inet_proto . inet_service : verdict;" },
  "firewall-ips": { kind: "map", declaration: "type ipv4_addr . inet_proto . inet_service : verdict;" },
  "host-port-ips": { kind: "map", declaration: "type ipv4_addr . inet_proto . inet_service : verdict;" },
  "host-ports": { kind: "map", declaration: "type inet_proto . inet_service : verdict;" },
  "cluster-ips": { kind: "set", declaration: "type ipv4_addr;" },
  hairpins: { kind: "set", declaration: "type ipv4_addr . ipv4_addr;" },
};

/** The bit kube-proxy uses too: a connection so marked gets the node's address as its source. */
const MASQUERADE_MARK = "0x4000";
const SOCKET = "ip daddr . meta l4proto . th dport";
const LOCAL_SOCKET = "meta l4proto . th dport";

/**
 * Chain → its header (type, hook and priority; "" for an ordinary chain) and rules. Pure.
 *
 * Filter chains that must see the original destination run before the nat hooks (-100), those that must see what is
 * left without a translation run after.
 */
export function baseChains({ clusterCidr, serviceCidr, servedIps }: BaseInput): Map<string, BaseChain> {
  const served = servedIps.length > 0 ? [`ip daddr { ${servedIps.join(", ")} } return`] : [];
  const chains: { [name: string]: BaseChain } = {
    "mark-for-masquerade": { rules: [`meta mark set meta mark or ${MASQUERADE_MARK}`] },
    "reject-chain": { rules: ["meta l4proto tcp reject with tcp reset", "reject"] },
    // Only first packets of connections come here; conntrack repeats the decision for the rest.
    services: {
      rules: [
        `ip daddr ${serviceCidr} ip saddr != ${clusterCidr} jump mark-for-masquerade`,
        `${SOCKET} vmap @service-ips`,
        `${SOCKET} vmap @host-port-ips`,
        `fib daddr type local ip daddr != ${serviceCidr} jump local-addresses`,
      ],
    },
    "local-addresses": {
      rules: [`${LOCAL_SOCKET} vmap @host-ports`, `${LOCAL_SOCKET} vmap @service-nodeports`],
    },
    "no-endpoints-check": {
      rules: [
        "ct status dnat return",
        `${SOCKET} vmap @no-endpoint-services`,
        `fib daddr type local ${LOCAL_SOCKET} vmap @no-endpoint-nodeports`,
      ],
    },
    "cluster-ips-check": {
      rules: [...served, "ip daddr @cluster-ips goto reject-chain", `ip daddr ${serviceCidr} drop`],
    },
    "nat-prerouting": { hook: "type nat hook prerouting priority -100;", rules: ["jump services"] },
    "nat-output": { hook: "type nat hook output priority -100;", rules: ["jump services"] },
    "nat-postrouting": {
      hook: "type nat hook postrouting priority 100;",
      rules: [
        'oifname "lo" return',
        // NodePorts and hostPorts asked for on 127.0.0.1: that source must not leave the machine.
        "ip saddr 127.0.0.0/8 masquerade fully-random",
        "ip saddr . ip daddr @hairpins masquerade fully-random",
        `meta mark and ${MASQUERADE_MARK} == 0 return`,
        `meta mark set meta mark xor ${MASQUERADE_MARK}`,
        "masquerade fully-random",
      ],
    },
    "filter-prerouting": {
      hook: "type filter hook prerouting priority -110;",
      rules: [`ct state new ${SOCKET} vmap @firewall-ips`],
    },
    "filter-output": {
      hook: "type filter hook output priority -110;",
      rules: [`ct state new ${SOCKET} vmap @firewall-ips`],
    },
    "filter-input": { hook: "type filter hook input priority -90;", rules: ["ct state new jump no-endpoints-check"] },
    "filter-forward": {
      hook: "type filter hook forward priority -90;",
      rules: [
        // A late answer that conntrack cannot place any more keeps the endpoint's address; the client would reset.
        `ip saddr ${clusterCidr} ct state invalid drop`,
        "ct state new jump no-endpoints-check",
        "ct state new jump cluster-ips-check",
      ],
    },
    "filter-output-after-nat": {
      hook: "type filter hook output priority -90;",
      rules: ["ct state new jump no-endpoints-check", "ct state new jump cluster-ips-check"],
    },
  };
  return new Map(Object.entries(chains));
}

export interface BaseChain {
  hook?: string;
  rules: string[];
}

/** Lines that make the base, whatever stands there already; existing elements and affinity sets are not touched. */
export function renderBase(input: BaseInput): string[] {
  const t = `ip ${SERVICES_TABLE}`;
  const chains = baseChains(input);
  return [
    `add table ${t}`,
    ...Object.entries(CONTAINERS).map(([name, c]) => `add ${c.kind} ${t} ${name} { ${c.declaration} }`),
    ...[...chains].map(([name, { hook }]) => `add chain ${t} ${name}${hook ? ` { ${hook} policy accept; }` : ""}`),
    ...[...chains.keys()].map((name) => `flush chain ${t} ${name}`),
    ...[...chains].flatMap(([name, { rules }]) => rules.map((rule) => `add rule ${t} ${name} ${rule}`)),
  ];
}
