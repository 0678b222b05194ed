/**
 * Arguments of plugins.
 * Source: https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/
 */
import { checkAffinity } from "../../kinds/core/pod-template/affinity.ts";
import type {
  Affinity,
  NodeSelector,
  PreferredSchedulingTerm,
  TopologySpreadConstraint,
} from "../../kinds/core/v1-types.ts";
import type { FieldError } from "../../machinery/meta/field-error.ts";
import type { PreemptionPolicy } from "../framework/plugin.ts";
import type { DynamicResourcesArgs } from "../plugins/dynamic-resources.ts";
import type { InterPodAffinityArgs } from "../plugins/inter-pod-affinity.ts";
import type { NodeAffinityArgs } from "../plugins/node-affinity.ts";
import type { NodeResourcesFitArgs } from "../plugins/node-resources-fit.ts";
import { type PodTopologySpreadArgs, SYSTEM_DEFAULT_CONSTRAINTS } from "../plugins/pod-topology-spread.ts";
import { DEFAULT_RESOURCES, type ScoringStrategy, type WeightedResource } from "../plugins/scoring-strategy.ts";
import type { VolumeBindingArgs } from "../plugins/volume-binding.ts";
import { durationOf, fail, fieldsOf, flagOf, listOf, oneOf, textOf, textsOf, wholeOf } from "./reader.ts";

const META = ["apiVersion", "kind"] as const;

export function noArgs(name: string, args: unknown): void {
  fieldsOf(args, `pluginConfig of ${name}`, META);
}

export function interPodAffinityArgs(args: unknown): InterPodAffinityArgs {
  const path = "InterPodAffinityArgs";
  const fields = fieldsOf(args, path, [...META, "hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods"]);
  const { hardPodAffinityWeight: weight, ignorePreferredTermsOfExistingPods: ignore } = fields;
  return {
    hardPodAffinityWeight: wholeOf(weight, `${path}.hardPodAffinityWeight`, { least: 0, most: 100, otherwise: 1 }),
    ignorePreferredTermsOfExistingPods: flagOf(ignore, `${path}.ignorePreferredTermsOfExistingPods`, false),
  };
}

export function preemptionArgs(args: unknown): Omit<PreemptionPolicy, "name"> {
  const path = "DefaultPreemptionArgs";
  const fields = fieldsOf(args, path, [...META, "minCandidateNodesPercentage", "minCandidateNodesAbsolute"]);
  const percentage = wholeOf(fields.minCandidateNodesPercentage, `${path}.minCandidateNodesPercentage`, {
    least: 0,
    most: 100,
    otherwise: 10,
  });
  const absolute = wholeOf(fields.minCandidateNodesAbsolute, `${path}.minCandidateNodesAbsolute`, {
    least: 0,
    most: 2 ** 31 - 1,
    otherwise: 100,
  });
  if (percentage + absolute === 0) fail(path, "both minimum candidates are zero");
  return { minCandidateNodesPercentage: percentage, minCandidateNodesAbsolute: absolute };
}

export function nodeAffinityArgs(args: unknown): NodeAffinityArgs {
  const path = "NodeAffinityArgs.addedAffinity";
  const { addedAffinity } = fieldsOf(args, "NodeAffinityArgs", [...META, "addedAffinity"]);
  if (addedAffinity === undefined || addedAffinity === null) return {};
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
  const fields = fieldsOf(addedAffinity, path, [required, preferred]);
  if (fields[required] === undefined && fields[preferred] === undefined)
    fail(path, "must have at least one of required and preferred terms");
  const selector = fieldsOf(fields[required], `${path}.${required}`, ["nodeSelectorTerms"]);
  const terms = listOf(selector.nodeSelectorTerms, `${path}.${required}.nodeSelectorTerms`);
  for (const [i, term] of terms.entries()) checkTerm(term, `${path}.${required}.nodeSelectorTerms[${i}]`);
  const preferences = listOf(fields[preferred], `${path}.${preferred}`);
  for (const [i, each] of preferences.entries()) {
    checkTerm(
      fieldsOf(each, `${path}.${preferred}[${i}]`, ["weight", "preference"]).preference,
      `${path}.${preferred}[${i}].preference`,
    );
  }
  // The rules are those of a pod's own affinity.
  const errors: FieldError[] = [];
  checkAffinity(errors, { nodeAffinity: addedAffinity } as Affinity, "NodeAffinityArgs");
  const [error] = errors;
  if (error) fail(error.field.replace(".nodeAffinity", ".addedAffinity"), error.message);
  return {
    ...(fields[required] !== undefined && { required: { nodeSelectorTerms: terms } as NodeSelector }),
    preferred: preferences as PreferredSchedulingTerm[],
  };
}

/** That a term has the shape the rules of kinds take for granted. */
function checkTerm(term: unknown, path: string): void {
  const fields = fieldsOf(term, path, ["matchExpressions", "matchFields"]);
  for (const part of ["matchExpressions", "matchFields"] as const) {
    for (const [i, requirement] of listOf(fields[part], `${path}.${part}`).entries()) {
      const at = `${path}.${part}[${i}]`;
      const { key, operator, values } = fieldsOf(requirement, at, ["key", "operator", "values"]);
      textOf(key, `${at}.key`);
      textOf(operator, `${at}.operator`);
      for (const [k, value] of listOf(values, `${at}.values`).entries()) {
        if (typeof value !== "string") fail(`${at}.values[${k}]`, "must be a text");
      }
    }
  }
}

export function balancedAllocationArgs(args: unknown): readonly WeightedResource[] {
  const path = "NodeResourcesBalancedAllocationArgs";
  const resources = resourcesOf(fieldsOf(args, path, [...META, "resources"]).resources, `${path}.resources`);
  for (const [i, { name, weight }] of resources.entries()) {
    const at = `${path}.resources[${i}]`;
    if (weight !== 1) fail(`${at}.weight`, `resource weight of ${name} should be 1, got ${weight}`);
    if (resources.findIndex((each) => each.name === name) < i) fail(`${at}.name`, `${name} is named twice`);
  }
  return resources;
}

function resourcesOf(value: unknown, path: string): readonly WeightedResource[] {
  const resources = listOf(value, path).map((each, i) => {
    const { name, weight } = fieldsOf(each, `${path}[${i}]`, ["name", "weight"]);
    return {
      name: textOf(name, `${path}[${i}].name`),
      // 0 is as good as nothing.
      weight: wholeOf(weight, `${path}[${i}].weight`, { least: 0, most: 100, otherwise: 1 }) || 1,
    };
  });
  return resources.length > 0 ? resources : DEFAULT_RESOURCES;
}

export function nodeResourcesFitArgs(args: unknown): NodeResourcesFitArgs {
  const path = "NodeResourcesFitArgs";
  const fields = fieldsOf(args, path, [...META, "ignoredResources", "ignoredResourceGroups", "scoringStrategy"]);
  const groups = textsOf(fields.ignoredResourceGroups, `${path}.ignoredResourceGroups`);
  for (const [i, group] of groups.entries()) {
    if (group.includes("/")) fail(`${path}.ignoredResourceGroups[${i}]`, "resource group name can't contain '/'");
  }
  const strategy = scoringStrategyOf(fields.scoringStrategy, `${path}.scoringStrategy`);
  return {
    ignoredResources: textsOf(fields.ignoredResources, `${path}.ignoredResources`),
    ignoredResourceGroups: groups,
    ...(strategy && { scoringStrategy: strategy }),
  };
}

function scoringStrategyOf(value: unknown, path: string): ScoringStrategy | undefined {
  if (value === undefined) return undefined;
  const fields = fieldsOf(value, path, ["type", "resources", "requestedToCapacityRatio"]);
  const resources = resourcesOf(fields.resources, `${path}.resources`);
  const type = oneOf(fields.type ?? "LeastAllocated", `${path}.type`, [
    "LeastAllocated",
    "MostAllocated",
    "RequestedToCapacityRatio",
  ]);
  if (type !== "RequestedToCapacityRatio") return { type, resources };
  const ratioPath = `${path}.requestedToCapacityRatio`;
  return { type, resources, shape: shapeOf(fields.requestedToCapacityRatio, ratioPath) };
}

function shapeOf(value: unknown, path: string): { utilization: number; score: number }[] {
  const points = listOf(fieldsOf(value, path, ["shape"]).shape, `${path}.shape`).map((each, i) => {
    const at = `${path}.shape[${i}]`;
    const { utilization, score } = fieldsOf(each, at, ["utilization", "score"]);
    return {
      utilization: wholeOf(utilization, `${at}.utilization`, { least: 0, most: 100, otherwise: 0 }),
      score: wholeOf(score, `${at}.score`, { least: 0, most: 10, otherwise: 0 }),
    };
  });
  if (points.length === 0) fail(`${path}.shape`, "at least one point must be specified");
  for (const [i, { utilization }] of points.entries()) {
    if (i > 0 && utilization <= points[i - 1]!.utilization)
      fail(`${path}.shape[${i}].utilization`, "values must be sorted in increasing order");
  }
  return points;
}

export function podTopologySpreadArgs(args: unknown): PodTopologySpreadArgs {
  const path = "PodTopologySpreadArgs";
  const fields = fieldsOf(args, path, [...META, "defaultConstraints", "defaultingType"]);
  const type = oneOf(fields.defaultingType ?? "System", `${path}.defaultingType`, ["System", "List"]);
  const constraints = listOf(fields.defaultConstraints, `${path}.defaultConstraints`);
  if (type === "System") {
    if (constraints.length > 0)
      fail(`${path}.defaultingType`, "when .defaultConstraints are not empty must be one of List");
    return { defaultConstraints: SYSTEM_DEFAULT_CONSTRAINTS, isSystemDefault: true };
  }
  const at = `${path}.defaultConstraints`;
  const defaultConstraints = constraints.map((each, i) => constraintOf(each, `${at}[${i}]`));
  const keyOf = ({ topologyKey, whenUnsatisfiable }: TopologySpreadConstraint) => `${topologyKey} ${whenUnsatisfiable}`;
  const keys = defaultConstraints.map(keyOf);
  const twice = keys.findIndex((key, i) => keys.indexOf(key) < i);
  if (twice >= 0) fail(`${at}[${twice}]`, "there is one with this topologyKey and whenUnsatisfiable already");
  return { defaultConstraints, isSystemDefault: false };
}

function constraintOf(value: unknown, path: string): TopologySpreadConstraint {
  const known = ["maxSkew", "topologyKey", "whenUnsatisfiable", "minDomains", "nodeAffinityPolicy", "nodeTaintsPolicy"];
  const fields = fieldsOf(value, path, [...known, "labelSelector"]);
  if (fields.labelSelector !== undefined) fail(`${path}.labelSelector`, "constraint must not define a selector");
  return {
    ...fields,
    topologyKey: textOf(fields.topologyKey, `${path}.topologyKey`),
    maxSkew: wholeOf(fields.maxSkew ?? 0, `${path}.maxSkew`, { least: 1, most: 2 ** 31 - 1, otherwise: 0 }),
    whenUnsatisfiable: oneOf(fields.whenUnsatisfiable, `${path}.whenUnsatisfiable`, [
      "DoNotSchedule",
      "ScheduleAnyway",
    ]),
  };
}

export function volumeBindingArgs(args: unknown): VolumeBindingArgs {
  const path = "VolumeBindingArgs";
  const { bindTimeoutSeconds, shape } = fieldsOf(args, path, [...META, "bindTimeoutSeconds", "shape"]);
  if (listOf(shape, `${path}.shape`).length > 0) fail(`${path}.shape`, "scoring by storage capacity is not built");
  return {
    bindTimeoutSeconds: wholeOf(bindTimeoutSeconds, `${path}.bindTimeoutSeconds`, {
      least: 0,
      most: 86_400,
      otherwise: 600,
    }),
  };
}

export function dynamicResourcesArgs(args: unknown): DynamicResourcesArgs {
  const path = "DynamicResourcesArgs";
  const { filterTimeout, bindingTimeout } = fieldsOf(args, path, [...META, "filterTimeout", "bindingTimeout"]);
  // A search is ended by the number of its choices: a clock stands still while code runs.
  durationOf(filterTimeout, `${path}.filterTimeout`, 10_000);
  return { bindingTimeoutMs: durationOf(bindingTimeout, `${path}.bindingTimeout`, 600_000) };
}
