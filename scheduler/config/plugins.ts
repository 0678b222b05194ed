/** The plugins there are, by name, and what each does at which extension point. */
import type {
  BindPlugin,
  ClusterFilterPlugin,
  ClusterScorePlugin,
  FilterPlugin,
  PermitPlugin,
  PostBindPlugin,
  PreEnqueuePlugin,
  PreemptionPolicy,
  QueueSortPlugin,
  ReservePlugin,
  ScorePlugin,
} from "../framework/plugin.ts";
import { defaultBinder } from "../plugins/default-binder.ts";
import { dynamicResources } from "../plugins/dynamic-resources.ts";
import { gangScheduling } from "../plugins/gang-scheduling.ts";
import { imageLocality } from "../plugins/image-locality.ts";
import { interPodAffinity } from "../plugins/inter-pod-affinity.ts";
import { nodeAffinity } from "../plugins/node-affinity.ts";
import { nodeDeclaredFeatures } from "../plugins/node-declared-features.ts";
import { nodeName } from "../plugins/node-name.ts";
import { nodePorts } from "../plugins/node-ports.ts";
import { nodeResourcesBalancedAllocation } from "../plugins/node-resources-balanced-allocation.ts";
import { nodeResourcesFit } from "../plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "../plugins/node-unschedulable.ts";
import { nodeVolumeLimits } from "../plugins/node-volume-limits.ts";
import { podTopologySpread } from "../plugins/pod-topology-spread.ts";
import { prioritySort } from "../plugins/priority-sort.ts";
import { schedulingGates } from "../plugins/scheduling-gates.ts";
import { taintToleration } from "../plugins/taint-toleration.ts";
import { volumeBinding } from "../plugins/volume-binding.ts";
import { volumeRestrictions } from "../plugins/volume-restrictions.ts";
import { volumeZone } from "../plugins/volume-zone.ts";
import {
  balancedAllocationArgs,
  dynamicResourcesArgs,
  interPodAffinityArgs,
  noArgs,
  nodeAffinityArgs,
  nodeResourcesFitArgs,
  podTopologySpreadArgs,
  preemptionArgs,
  volumeBindingArgs,
} from "./arguments.ts";

/** What one plugin does; which of it is used, its extension points say. */
export interface PluginParts {
  preEnqueue?: PreEnqueuePlugin;
  queueSort?: QueueSortPlugin;
  filter?: FilterPlugin;
  clusterFilter?: ClusterFilterPlugin;
  score?: ScorePlugin;
  clusterScore?: ClusterScorePlugin;
  postFilter?: PreemptionPolicy;
  reserve?: ReservePlugin;
  permit?: PermitPlugin;
  bind?: BindPlugin;
  postBind?: PostBindPlugin;
}

/** @param args of the plugin's pluginConfig; undefined: none given. @throws ConfigurationError */
export type PluginFactory = (args: unknown) => PluginParts;

const fixed =
  (name: string, parts: PluginParts): PluginFactory =>
  (args) => {
    noArgs(name, args);
    return parts;
  };

export const PLUGINS: ReadonlyMap<string, PluginFactory> = new Map<string, PluginFactory>([
  ["SchedulingGates", fixed("SchedulingGates", { preEnqueue: schedulingGates })],
  ["GangScheduling", fixed("GangScheduling", { preEnqueue: gangScheduling })],
  ["PrioritySort", fixed("PrioritySort", { queueSort: prioritySort })],
  ["NodeUnschedulable", fixed("NodeUnschedulable", { filter: nodeUnschedulable })],
  ["NodeName", fixed("NodeName", { filter: nodeName })],
  ["TaintToleration", fixed("TaintToleration", { filter: taintToleration, score: taintToleration })],
  ["NodeAffinity", (args) => nodeAffinity(nodeAffinityArgs(args))],
  ["NodePorts", fixed("NodePorts", { filter: nodePorts })],
  ["NodeResourcesFit", (args) => nodeResourcesFit(nodeResourcesFitArgs(args))],
  ["VolumeRestrictions", fixed("VolumeRestrictions", { clusterFilter: volumeRestrictions })],
  ["NodeVolumeLimits", fixed("NodeVolumeLimits", { clusterFilter: nodeVolumeLimits })],
  [
    "VolumeBinding",
    (args) => {
      const plugin = volumeBinding(volumeBindingArgs(args));
      return { clusterFilter: plugin, reserve: plugin };
    },
  ],
  ["VolumeZone", fixed("VolumeZone", { clusterFilter: volumeZone })],
  [
    "PodTopologySpread",
    (args) => {
      const plugin = podTopologySpread(podTopologySpreadArgs(args));
      return { clusterFilter: plugin, clusterScore: plugin };
    },
  ],
  [
    "InterPodAffinity",
    (args) => {
      const plugin = interPodAffinity(interPodAffinityArgs(args));
      return { clusterFilter: plugin, clusterScore: plugin };
    },
  ],
  [
    "DynamicResources",
    (args) => {
      const plugin = dynamicResources(dynamicResourcesArgs(args));
      return { preEnqueue: plugin, clusterFilter: plugin, clusterScore: plugin, reserve: plugin };
    },
  ],
  ["DefaultPreemption", (args) => ({ postFilter: { name: "DefaultPreemption", ...preemptionArgs(args) } })],
  [
    "NodeResourcesBalancedAllocation",
    (args) => ({ score: nodeResourcesBalancedAllocation(balancedAllocationArgs(args)) }),
  ],
  ["ImageLocality", fixed("ImageLocality", { clusterScore: imageLocality })],
  ["DefaultBinder", fixed("DefaultBinder", { bind: defaultBinder })],
  ["NodeDeclaredFeatures", fixed("NodeDeclaredFeatures", { clusterFilter: nodeDeclaredFeatures })],
]);

/**
 * Upstream's default plugins, in order, with the weights of those that score.
 * Source: https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins
 */
export const DEFAULT_PLUGINS: readonly { name: string; weight?: number }[] = [
  { name: "SchedulingGates" },
  { name: "GangScheduling" },
  { name: "PrioritySort" },
  { name: "NodeUnschedulable" },
  { name: "NodeName" },
  { name: "TaintToleration", weight: 3 },
  { name: "NodeAffinity", weight: 2 },
  { name: "NodePorts" },
  { name: "NodeResourcesFit", weight: 1 },
  { name: "VolumeRestrictions" },
  { name: "NodeVolumeLimits" },
  { name: "VolumeBinding" },
  { name: "VolumeZone" },
  { name: "PodTopologySpread", weight: 2 },
  { name: "InterPodAffinity", weight: 2 },
  { name: "DynamicResources", weight: 2 },
  { name: "DefaultPreemption" },
  { name: "NodeResourcesBalancedAllocation", weight: 1 },
  { name: "ImageLocality", weight: 1 },
  { name: "DefaultBinder" },
  { name: "NodeDeclaredFeatures" },
];
