import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodTemplateSpec,
  Taint,
  Toleration,
} from "../../kinds/core/v1-types.ts";
import { tolerates } from "../node/taints.ts";

/** Whether a daemon pod belongs on a node, and whether one that is there may stay. */
export interface NodeFit {
  shouldRun: boolean;
  shouldContinue: boolean;
}

const FITS: NodeFit = { shouldRun: true, shouldContinue: true };
const DOES_NOT: NodeFit = { shouldRun: false, shouldContinue: false };

/** The conditions of a node that a daemon rides out. */
export function daemonTolerations(hostNetwork: boolean): Toleration[] {
  const exists = (key: string, effect: "NoExecute" | "NoSchedule"): Toleration => ({
    key: `node.kubernetes.io/${key}`,
    operator: "Exists",
    effect,
  });
  return [
    exists("not-ready", "NoExecute"),
    exists("unreachable", "NoExecute"),
    exists("disk-pressure", "NoSchedule"),
    exists("memory-pressure", "NoSchedule"),
    exists("pid-pressure", "NoSchedule"),
    exists("unschedulable", "NoSchedule"),
    ...(hostNetwork ? [exists("network-unavailable", "NoSchedule")] : []),
  ];
}

export function nodeFit(template: PodTemplateSpec, node: Node): NodeFit {
  const { nodeName, nodeSelector, affinity, hostNetwork, tolerations = [] } = template.spec ?? {};
  if (nodeName && nodeName !== node.metadata.name) return DOES_NOT;
  const labels = node.metadata.labels ?? {};
  if (Object.entries(nodeSelector ?? {}).some(([key, value]) => labels[key] !== value)) return DOES_NOT;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required && !required.nodeSelectorTerms.some((term) => matchesTerm(term, node))) return DOES_NOT;
  const all = [...tolerations, ...daemonTolerations(hostNetwork ?? false)];
  const bothered = (node.spec?.taints ?? []).filter(
    (taint) => taint.effect !== "PreferNoSchedule" && !all.some((toleration) => tolerates(toleration, taint)),
  );
  if (bothered.length === 0) return FITS;
  // A pod that is there already leaves only for what evicts.
  return { shouldRun: false, shouldContinue: !bothered.some(({ effect }: Taint) => effect === "NoExecute") };
}

/** A term without any requirement matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((requirement) => matches(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) =>
      matches(requirement, requirement.key === "metadata.name" ? node.metadata.name : undefined),
    )
  );
}

function matches({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt": {
      const [bound] = values;
      if (value === undefined || bound === undefined || !isInteger(value) || !isInteger(bound)) return false;
      return operator === "Gt" ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
    }
  }
}

const isInteger = (text: string): boolean => /^[+-]?[0-9]{1,19}$/.test(text);
