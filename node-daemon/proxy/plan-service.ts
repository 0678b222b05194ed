/** The rules of one service. Semantics of kube-proxy's nftables mode. */
import type { Service } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { type ChosenEndpoints, chooseEndpoints, type NodePlace } from "./choose-endpoints.ts";
import { elementKey, emptyRuleSet, type RuleSet } from "./rule-set.ts";
import { type ProxyEndpoint, type ServicePort, servicePorts } from "./service-ports.ts";

export interface ProxyNode extends NodePlace {
  /** "10.244.0.0/16": sources inside it are pods. */
  clusterCidr: string;
  /** InternalIP, when known. */
  ip: string | undefined;
  /** Service IPs this node answers itself (DNS, API): a Service that only points back at one gets no rules. */
  servedIps: readonly string[];
}

/**
 * All rules of all services. Pure: the whole of what the proxy wants, as planService gives it piece by piece. Where two
 * services claim one address and port, the first by namespace and name has it.
 */
export function planServiceRules(
  services: Iterable<Service>,
  slices: Iterable<EndpointSlice>,
  node: ProxyNode,
): RuleSet {
  const grouped = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = `${slice.metadata.namespace}/${slice.metadata.labels?.["kubernetes.io/service-name"]}`;
    grouped.set(key, [...(grouped.get(key) ?? []), slice]);
  }
  const all = emptyRuleSet();
  const keyed = [...services].map((s) => [`${s.metadata.namespace}/${s.metadata.name}`, s] as const);
  for (const [key, service] of keyed.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const plan = planService(servicePorts(service, grouped.get(key) ?? [], node.name), node);
    for (const [name, rules] of plan.chains) all.chains.set(name, rules);
    for (const [name, declaration] of plan.sets) all.sets.set(name, declaration);
    for (const [id, verdict] of plan.elements) if (!all.elements.has(id)) all.elements.set(id, verdict);
  }
  return all;
}

/** The rules of the ports of one service. Pure. */
export function planService(ports: readonly ServicePort[], node: ProxyNode): RuleSet {
  const rules = emptyRuleSet();
  for (const port of ports) {
    if (!isServedByNode(port, node)) planPort(port, node, rules);
  }
  return rules;
}

const isServedByNode = (port: ServicePort, node: ProxyNode): boolean =>
  node.servedIps.includes(port.clusterIp) && port.endpoints.every((e) => e.ip === port.clusterIp);

const REJECT = "goto reject-chain";
const MARK = "jump mark-for-masquerade";

function planPort(port: ServicePort, node: ProxyNode, rules: RuleSet): void {
  const chosen = chooseEndpoints(port, node);
  const names = {
    cluster: `cluster-${port.id}`,
    local: `local-${port.id}`,
    external: `external-${port.id}`,
    firewall: `firewall-${port.id}`,
  };
  const external = [...port.externalIps, ...port.loadBalancerIps];
  const isExternal = external.length > 0 || port.nodePort !== undefined;
  const hasInternal = port.internalLocal ? chosen.local.length > 0 : chosen.any;
  const hasExternal = port.externalLocal ? chosen.local.length > 0 : chosen.any;

  // Policy Local sends what starts on this node to every endpoint, so external traffic needs the cluster chain too.
  if (chosen.cluster.length > 0 && (!port.internalLocal || isExternal)) {
    planBalancing({ port, chain: names.cluster, endpoints: chosen.cluster, rules });
  }
  if (chosen.local.length > 0 && (port.internalLocal || (port.externalLocal && isExternal))) {
    planBalancing({ port, chain: names.local, endpoints: chosen.local, rules });
  }
  if (chosen.any && isExternal) {
    rules.chains.set(names.external, externalRules({ port, node, names, hasExternal }));
  }

  const socket = (ip: string): string => `${ip} . ${port.protocol} . ${port.port}`;
  rules.elements.set(elementKey("cluster-ips", port.clusterIp), "");
  if (hasInternal) {
    const chain = port.internalLocal ? names.local : names.cluster;
    rules.elements.set(elementKey("service-ips", socket(port.clusterIp)), `goto ${chain}`);
  } else {
    rules.elements.set(elementKey("no-endpoint-services", socket(port.clusterIp)), chosen.any ? "drop" : REJECT);
  }
  for (const ip of external) {
    if (chosen.any) rules.elements.set(elementKey("service-ips", socket(ip)), `goto ${names.external}`);
    if (!hasExternal) {
      rules.elements.set(elementKey("no-endpoint-services", socket(ip)), chosen.any ? "drop" : REJECT);
    }
  }
  if (port.nodePort !== undefined) {
    const key = `${port.protocol} . ${port.nodePort}`;
    if (chosen.any) rules.elements.set(elementKey("service-nodeports", key), `goto ${names.external}`);
    if (!hasExternal) rules.elements.set(elementKey("no-endpoint-nodeports", key), chosen.any ? "drop" : REJECT);
  }
  if (port.loadBalancerIps.length > 0 && port.loadBalancerSourceRanges.length > 0) {
    const sources = [...port.loadBalancerSourceRanges, ...port.loadBalancerIps];
    rules.chains.set(names.firewall, [`ip saddr != { ${sources.join(", ")} } drop`]);
    for (const ip of port.loadBalancerIps) {
      rules.elements.set(elementKey("firewall-ips", socket(ip)), `goto ${names.firewall}`);
    }
  }
  planHairpins(chosen, rules);
}

interface ExternalInput {
  port: ServicePort;
  node: ProxyNode;
  names: { cluster: string; local: string };
  hasExternal: boolean;
}

/**
 * Traffic to NodePorts, external and load balancer IPs. Policy Cluster may cross nodes, so it is masqueraded. Policy
 * Local keeps the source; what this node and its pods start is treated as if it had left and come back.
 */
function externalRules({ port, node, names, hasExternal }: ExternalInput): string[] {
  if (!port.externalLocal) return [MARK, `goto ${names.cluster}`];
  return [
    `ip saddr ${node.clusterCidr} goto ${names.cluster}`,
    `fib saddr type local ${MARK}`,
    `fib saddr type local goto ${names.cluster}`,
    ...(hasExternal ? [`goto ${names.local}`] : []),
  ];
}

interface BalancingInput {
  port: ServicePort;
  chain: string;
  endpoints: readonly ProxyEndpoint[];
  rules: RuleSet;
}

/** Fills the chain that spreads connections evenly over `endpoints`. */
function planBalancing({ port, chain, endpoints, rules }: BalancingInput): void {
  if (port.affinitySeconds === undefined) {
    rules.chains.set(chain, [balance(port.protocol, endpoints)]);
    return;
  }
  const sticky = endpoints.map(({ ip, port: target }) => {
    const id = `${port.id}__${ip}/${target}`;
    // The timeout is part of the name: a set's own cannot be changed.
    const set = `affinity-${id}_${port.affinitySeconds}`;
    rules.sets.set(set, `type ipv4_addr; flags dynamic,timeout; timeout ${port.affinitySeconds}s;`);
    rules.chains.set(`endpoint-${id}`, [
      `update @${set} { ip saddr }`,
      `meta l4proto ${port.protocol} dnat to ${ip}:${target}`,
    ]);
    return { set, chain: `endpoint-${id}` };
  });
  const choices = sticky.map((s, i) => `${i} : goto ${s.chain}`).join(", ");
  rules.chains.set(chain, [
    ...sticky.map((s) => `ip saddr @${s.set} goto ${s.chain}`),
    `numgen random mod ${sticky.length} vmap { ${choices} }`,
  ]);
}

function balance(protocol: string, endpoints: readonly ProxyEndpoint[]): string {
  const only = endpoints[0] as ProxyEndpoint;
  if (endpoints.length === 1) return `meta l4proto ${protocol} dnat to ${only.ip}:${only.port}`;
  const choices = endpoints.map(({ ip, port }, i) => `${i} : ${ip} . ${port}`).join(", ");
  return `meta l4proto ${protocol} dnat ip addr . port to numgen random mod ${endpoints.length} map { ${choices} }`;
}

/** A pod that reaches itself through a service must see another source, or it would answer itself directly. */
function planHairpins({ cluster, local }: ChosenEndpoints, rules: RuleSet): void {
  for (const { ip, local: here } of [...cluster, ...local]) {
    if (here) rules.elements.set(elementKey("hairpins", `${ip} . ${ip}`), "");
  }
}
