import type { Node } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { type Controller, NOTHING, type Plan } from "../runner/controller.ts";
import { patchOp } from "../runner/ops.ts";
import { NODES } from "../view/resources.ts";

const ANNOTATION = "node.alpha.kubernetes.io/ttl";

/** Cluster sizes and how long kubelets may then keep Secrets and ConfigMaps; they overlap, so that nothing flaps. */
const BOUNDARIES = [
  { fromNodes: 0, toNodes: 100, seconds: 0 },
  { fromNodes: 90, toNodes: 500, seconds: 15 },
  { fromNodes: 450, toNodes: 1_000, seconds: 30 },
  { fromNodes: 900, toNodes: 2_000, seconds: 60 },
  { fromNodes: 1_800, toNodes: Number.POSITIVE_INFINITY, seconds: 300 },
] as const;

/** The step for a cluster of `nodes`, coming from another step. */
export function nextStep(step: number, nodes: number): number {
  let next = step;
  while (nodes > BOUNDARIES[next]!.toNodes) next++;
  while (nodes < BOUNDARIES[next]!.fromNodes) next--;
  return next;
}

/** Tells kubelets by an annotation of their nodes how long they may keep what they have read. Keys are node names. */
export function nodeTtlController(): Controller {
  let step = 0;
  return {
    name: "ttl-controller",
    watches: {
      [NODES]: ({ type, object }: Change<Node>, view) => {
        // The others hear of another step when they next change, as upstream: a cluster that grows is not written anew.
        step = nextStep(step, view.nodes.size);
        return type === "deleted" ? undefined : [object.metadata.name ?? ""];
      },
    },
    plan(name, view) {
      const node = view.nodes.get("", name);
      return node ? planTtl(node, BOUNDARIES[step]!.seconds) : NOTHING;
    },
  };
}

export function planTtl(node: Node, seconds: number): Plan {
  const wanted = String(seconds);
  if (node.metadata.annotations?.[ANNOTATION] === wanted || node.metadata.deletionTimestamp) return NOTHING;
  const patch = { metadata: { annotations: { [ANNOTATION]: wanted } } };
  return { actions: [{ op: patchOp(NODES, node, patch, { version: "any" }) }] };
}
