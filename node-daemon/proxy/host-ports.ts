/** hostPorts of the pods on this node: the same maps and chains as services have, the source address kept. */
import { isIpv4 } from "../network/address.ts";
import { elementKey, emptyRuleSet, type RuleSet } from "./rule-set.ts";

export interface HostPort {
  /** Absent, "" or "0.0.0.0": every address of the node. */
  hostIP?: string;
  hostPort: number;
  protocol: "TCP" | "UDP" | "SCTP";
  podIP: string;
  containerPort: number;
}

/** Rules of all hostPorts. Pure; of two that claim the same port, the first in order has it. */
export function planHostPorts(ports: readonly HostPort[]): RuleSet {
  const rules = emptyRuleSet();
  for (const { hostIP, hostPort, protocol, podIP, containerPort } of ports) {
    if (!isIpv4(podIP) || !Number.isInteger(hostPort) || !Number.isInteger(containerPort)) continue;
    const everywhere = hostIP === undefined || hostIP === "" || hostIP === "0.0.0.0";
    if (!everywhere && !isIpv4(hostIP)) continue;
    const l4 = protocol.toLowerCase();
    const key = everywhere
      ? elementKey("host-ports", `${l4} . ${hostPort}`)
      : elementKey("host-port-ips", `${hostIP} . ${l4} . ${hostPort}`);
    if (rules.elements.has(key)) continue;
    const chain = `hostport-${everywhere ? "any" : hostIP}/${l4}/${hostPort}`;
    rules.chains.set(chain, [`meta l4proto ${l4} dnat to ${podIP}:${containerPort}`]);
    rules.elements.set(key, `goto ${chain}`);
    rules.elements.set(elementKey("hairpins", `${podIP} . ${podIP}`), "");
  }
  return rules;
}
