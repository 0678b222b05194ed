/** Labels of nodes that have newer names. */
import { labelValue } from "../../machinery/meta/names.ts";
import type { NodeSelectorTerm } from "../generated/api/core-v1.ts";

const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ["beta.kubernetes.io/arch", 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ["beta.kubernetes.io/os", 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ["failure-domain.beta.kubernetes.io/region", 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ["failure-domain.beta.kubernetes.io/zone", 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ["beta.kubernetes.io/instance-type", 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ["app.kubernetes.io/created-by", "deprecated since v1.9"],
  ["scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"],
  ["node-role.kubernetes.io/master", 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** Undefined for labels there is nothing to say of. */
export const deprecatedNodeLabel = (key: string): string | undefined => DEPRECATED.get(key);

/** `checkValues` where validation lets values pass that no label has. */
export function nodeSelectorTermWarnings(
  path: string,
  { matchExpressions = [] }: NodeSelectorTerm,
  { checkValues }: { checkValues: boolean },
): string[] {
  const warnings: string[] = [];
  for (const [i, { key, values = [] }] of matchExpressions.entries()) {
    const at = `${path}.matchExpressions[${i}]`;
    const message = deprecatedNodeLabel(key);
    if (message) warnings.push(`${at}.key: ${key} is ${message}`);
    if (!checkValues) continue;
    for (const [j, value] of values.entries()) {
      for (const problem of labelValue(value)) warnings.push(`${at}.values[${j}]: ${value} is invalid, ${problem}`);
    }
  }
  return warnings;
}
