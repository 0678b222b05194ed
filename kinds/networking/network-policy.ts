/** NetworkPolicy. Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
import { type FieldError, fieldForbidden, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { cidrContains, parseCidr } from "../../machinery/meta/ip.ts";
import { portName } from "../../machinery/meta/names.ts";
import { addMessages, checkPortNumber, checkPresent } from "../common/checks.ts";
import { checkLegacyCidr } from "../common/ip-checks.ts";
import { age, nameOf, selectorText } from "../common/rows.ts";
import { checkSelector } from "../common/selectors.ts";
import type { Strategy } from "../kind.ts";
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "./v1-types.ts";

const PROTOCOLS = ["TCP", "UDP", "SCTP"];
const POLICY_TYPES = ["Ingress", "Egress"];

function defaults(next: NetworkPolicy): NetworkPolicy {
  next.spec ??= {};
  const { spec } = next;
  spec.podSelector ??= {};
  for (const rule of spec.ingress ?? []) for (const port of rule.ports ?? []) port.protocol ??= "TCP";
  for (const rule of spec.egress ?? []) for (const port of rule.ports ?? []) port.protocol ??= "TCP";
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
  return next;
}

function checkPort(errors: FieldError[], { protocol, port, endPort }: NetworkPolicyPort, path: string): void {
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  }
  const end = `${path}.endPort`;
  if (port === undefined) {
    if (endPort !== undefined) errors.push(invalid(end, endPort, "may not be specified when `port` is not specified"));
    return;
  }
  if (typeof port === "string") {
    if (endPort !== undefined) errors.push(invalid(end, endPort, "may not be specified when `port` is non-numeric"));
    addMessages(errors, `${path}.port`, port, portName(port));
    return;
  }
  checkPortNumber(errors, port, `${path}.port`);
  if (endPort === undefined) return;
  // The message shows `port`, as upstream's does.
  if (endPort < port) errors.push(invalid(end, port, "must be greater than or equal to `port`"));
  checkPortNumber(errors, endPort, end);
}

function checkBlock(errors: FieldError[], { cidr, except }: IPBlock, path: string, kept: readonly string[]): void {
  if (!checkPresent(errors, cidr, `${path}.cidr`)) return;
  checkLegacyCidr(errors, cidr, `${path}.cidr`, kept);
  const block = parseCidr(cidr);
  if (!block) return;
  except?.forEach((text, i) => {
    const at = `${path}.except[${i}]`;
    checkLegacyCidr(errors, text, at, kept);
    const hole = parseCidr(text);
    if (hole && (!cidrContains(block, hole) || block.prefixLength >= hole.prefixLength)) {
      errors.push(invalid(at, text, "must be a strict subset of `cidr`"));
    }
  });
}

function checkPeer(errors: FieldError[], peer: NetworkPolicyPeer, path: string, kept: readonly string[]): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  checkSelector(errors, podSelector, `${path}.podSelector`);
  checkSelector(errors, namespaceSelector, `${path}.namespaceSelector`);
  if (ipBlock) checkBlock(errors, ipBlock, `${path}.ipBlock`, kept);
  const selects = podSelector ?? namespaceSelector;
  if (!selects && !ipBlock) errors.push(required(path, "must specify a peer"));
  else if (selects && ipBlock) errors.push(fieldForbidden(path, "may not specify both ipBlock and another peer"));
}

interface RuleParts {
  ports: NetworkPolicyPort[] | undefined;
  peers: NetworkPolicyPeer[] | undefined;
  peersPath: string;
  path: string;
  /** Blocks that the policy has named before, which it may go on naming. */
  kept: readonly string[];
}

function checkRule(errors: FieldError[], { ports, peers, peersPath, path, kept }: RuleParts): void {
  ports?.forEach((port, i) => {
    checkPort(errors, port, `${path}.ports[${i}]`);
  });
  peers?.forEach((peer, i) => {
    checkPeer(errors, peer, `${peersPath}[${i}]`, kept);
  });
}

function blocksOf({ spec }: NetworkPolicy): string[] {
  const peers = [
    ...(spec.ingress ?? []).flatMap((rule) => rule.from ?? []),
    ...(spec.egress ?? []).flatMap((rule) => rule.to ?? []),
  ];
  return peers.flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr ?? "", ...(ipBlock.except ?? [])] : []));
}

function policyErrors({ spec }: NetworkPolicy, kept: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  checkSelector(errors, spec.podSelector, "spec.podSelector");
  spec.ingress?.forEach(({ ports, from: peers }, i) => {
    const path = `spec.ingress[${i}]`;
    checkRule(errors, { ports, peers, peersPath: `${path}.from`, path, kept });
  });
  spec.egress?.forEach(({ ports, to: peers }, i) => {
    const path = `spec.egress[${i}]`;
    checkRule(errors, { ports, peers, peersPath: `${path}.to`, path, kept });
  });
  const types = spec.policyTypes ?? [];
  if (types.length > POLICY_TYPES.length) {
    errors.push(invalid("spec.policyTypes", types, "may not specify more than two policyTypes"));
    return errors;
  }
  types.forEach((type, i) => {
    if (!POLICY_TYPES.includes(type)) errors.push(notSupported(`spec.policyTypes[${i}]`, type, POLICY_TYPES));
  });
  return errors;
}

export const networkPolicy: Strategy<NetworkPolicy> = {
  generation: true,
  defaults,
  validateCreate: (next) => policyErrors(next, []),
  validateUpdate: (next, prev) => policyErrors(next, blocksOf(prev)),
  row: (object, nowMs) => [nameOf(object), selectorText(object.spec.podSelector ?? {}), age(object, nowMs)],
};
