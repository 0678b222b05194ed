import type { FilterPlugin, Rejection, ScorePlugin } from "../framework/plugin.ts";
import { isTolerated } from "../framework/taints.ts";

const REJECTION: Rejection = {
  plugin: "TaintToleration",
  reasons: ["node(s) had untolerated taint(s)"],
  podsInTheWay: false,
};

/** NoSchedule and NoExecute taints keep out pods that do not tolerate them; each PreferNoSchedule counts against. */
export const taintToleration: FilterPlugin & ScorePlugin = {
  name: "TaintToleration",
  filter(shape, nodes, row) {
    for (const taint of nodes.facts[row]?.hardTaints ?? []) {
      if (!isTolerated(taint, shape.tolerations)) return REJECTION;
    }
    return undefined;
  },
  retryAfter(change, shape, nodes) {
    if (change.what !== "node added" && !(change.what === "node changed" && change.taints)) return false;
    return this.filter(shape, nodes, change.row) === undefined;
  },
  score(shape, nodes, row) {
    let untolerated = 0;
    for (const taint of nodes.facts[row]?.softTaints ?? []) {
      if (!isTolerated(taint, shape.tolerations)) untolerated++;
    }
    return untolerated;
  },
  normalize: "lowest",
};
