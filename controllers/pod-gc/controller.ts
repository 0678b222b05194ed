import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { isOutOfService } from "../node/taints.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { NODES, PODS } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { FINISHED_THRESHOLD, planFinished, planGoneNode, planOutOfService, planUnscheduled } from "./plan.ts";

/** Removes pods that nobody else can: of nodes that are gone or out of service, never scheduled, finished long ago. */
export function podGarbageCollector(): Controller {
  /** Nodes that are gone and have pods, since when. After a restart the wait begins anew. */
  const goneSinceMs = new Map<string, number>();
  return {
    name: "pod-garbage-collector",
    watches: {
      [NODES]: ({ type, object }) =>
        type === "changed" && !isOutOfService(object) ? undefined : [`node:${object.metadata.name}`],
      [PODS]: keysOf,
    },
    plan(key, view, { nowMs }) {
      if (key === "finished") return planFinished([...view.pods.by("finished", "")]);
      if (key.startsWith("pod:")) {
        const { namespace, name } = splitKey(key.slice("pod:".length));
        const pod = view.pods.get(namespace, name);
        return pod ? planUnscheduled(pod) : NOTHING;
      }
      const node = key.slice("node:".length);
      const pods = view.pods.by("node", node);
      const found = view.nodes.get("", node);
      if (found || pods.size === 0) {
        goneSinceMs.delete(node);
        return found && isOutOfService(found) ? planOutOfService(pods) : NOTHING;
      }
      const since = goneSinceMs.get(node) ?? nowMs;
      goneSinceMs.set(node, since);
      return planGoneNode(pods, since, nowMs);
    },
  };
}

function* keysOf({ type, object }: Change<Pod>, view: View): Generator<string> {
  if (type === "deleted") return;
  const { nodeName } = object.spec;
  const node = nodeName ? view.nodes.get("", nodeName) : undefined;
  const waitsInVain = node && object.metadata.deletionTimestamp && isOutOfService(node);
  if (nodeName && (!node || waitsInVain)) yield `node:${nodeName}`;
  if (!nodeName && object.metadata.deletionTimestamp) yield `pod:${keyOf(object)}`;
  if (view.pods.by("finished", "").size > FINISHED_THRESHOLD) yield "finished";
}
