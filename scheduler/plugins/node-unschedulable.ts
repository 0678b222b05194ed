import type { Taint } from "../../kinds/core/v1-types.ts";
import type { FilterPlugin, Rejection } from "../framework/plugin.ts";
import { isTolerated } from "../framework/taints.ts";

const REJECTION: Rejection = {
  plugin: "NodeUnschedulable",
  reasons: ["node(s) were unschedulable"],
  podsInTheWay: false,
};
const CORDONED: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** Cordoned nodes take only pods that tolerate the taint a cordon stands for. */
export const nodeUnschedulable: FilterPlugin = {
  name: "NodeUnschedulable",
  filter(shape, nodes, row) {
    if (!nodes.facts[row]?.unschedulable) return undefined;
    return isTolerated(CORDONED, shape.tolerations) ? undefined : REJECTION;
  },
  retryAfter(change, shape, nodes) {
    if (change.what !== "node added" && !(change.what === "node changed" && change.unschedulable)) return false;
    return this.filter(shape, nodes, change.row) === undefined;
  },
};
