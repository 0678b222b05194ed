import type { Profile } from "../framework/plugin.ts";
import { defaultBinder } from "./default-binder.ts";
import { nodeAffinity, nodeAffinityScore } from "./node-affinity.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeResourcesBalancedAllocation } from "./node-resources-balanced-allocation.ts";
import { leastAllocated, nodeResourcesFit } from "./node-resources-fit.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { prioritySort } from "./priority-sort.ts";
import { schedulingGates } from "./scheduling-gates.ts";
import { taintToleration } from "./taint-toleration.ts";

/**
 * Upstream's default profile, as far as it is built: order and weights from
 * https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins
 */
export const defaultProfile: Profile = {
  schedulerName: "default-scheduler",
  preEnqueue: [schedulingGates],
  queueSort: prioritySort,
  filters: [nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit],
  scores: [
    { plugin: taintToleration, weight: 3 },
    { plugin: nodeAffinityScore, weight: 2 },
    { plugin: leastAllocated, weight: 1 },
    { plugin: nodeResourcesBalancedAllocation, weight: 1 },
  ],
  bind: defaultBinder,
};
