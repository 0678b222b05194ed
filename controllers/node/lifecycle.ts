import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { type Controller, NOTHING } from "../runner/controller.ts";
import { NODES, PODS } from "../view/resources.ts";
import { isReady } from "../workload/pods.ts";
import { isNotReady, planNode } from "./plan-lifecycle.ts";

/** Keeps taints as node conditions say, and pods of a lost node not ready. Keys are node names. */
export const nodeLifecycleController: Controller = {
  name: "node-lifecycle-controller",
  eventSource: "node-controller",
  watches: {
    [NODES]: ({ type, object }) => (type === "deleted" ? undefined : [object.metadata.name ?? ""]),
    [PODS]: ({ type, object }: Change<Pod>, view) => {
      const { nodeName } = object.spec;
      if (type === "deleted" || !nodeName || !isReady(object)) return undefined;
      const node = view.nodes.get("", nodeName);
      return node && isNotReady(node) ? [nodeName] : undefined;
    },
  },
  plan(name, view, { nowMs }) {
    const node: Node | undefined = view.nodes.get("", name);
    return node ? planNode(node, view.pods.by("node", name), nowMs) : NOTHING;
  },
};
