import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { NODES, PODS } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { hasNoExecute, planEviction } from "./plan-eviction.ts";

/** Makes pods leave nodes whose NoExecute taints they do not tolerate, or no longer. Keys are pods. */
export function taintEvictionController(): Controller {
  /** Pods that are to leave later, so that a reprieve can be told. Lost with the process, and then not told. */
  const waiting = new Set<string>();
  return {
    name: "taint-eviction-controller",
    watches: {
      [NODES]: ({ type, object, previous }: Change<Node>, view) =>
        type === "deleted" || deepEqual(object.spec?.taints, previous?.spec?.taints)
          ? undefined
          : podsOn(object.metadata.name ?? "", view),
      [PODS]: ({ type, object }: Change<Pod>, view) => {
        if (type === "deleted") waiting.delete(keyOf(object));
        const node = type === "deleted" ? undefined : view.nodes.get("", object.spec.nodeName ?? "");
        return node && hasNoExecute(node) ? [keyOf(object)] : undefined;
      },
    },
    plan(key, view, { nowMs }) {
      const { namespace, name } = splitKey(key);
      const pod = view.pods.get(namespace, name);
      if (!pod) return NOTHING;
      const node = view.nodes.get("", pod.spec.nodeName ?? "");
      const plan = planEviction({ pod, node, wasWaiting: waiting.delete(key), nowMs });
      if (plan.againAtMs !== undefined) waiting.add(key);
      return plan;
    },
  };
}

function* podsOn(node: string, view: View): Generator<string> {
  for (const pod of view.pods.by("node", node)) yield keyOf(pod);
}
