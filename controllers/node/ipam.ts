import type { Node } from "../../kinds/core/v1-types.ts";
import type { Controller, EventDraft, Plan } from "../runner/controller.ts";
import { patchOp } from "../runner/ops.ts";
import { NODES } from "../view/resources.ts";
import { createdMs } from "../workload/pods.ts";

/** Pods' addresses: a /24 a node out of this /16. */
const CLUSTER_PREFIX = "10.244";
const BLOCKS = 256;

/** All nodes are planned at once, so that no block is given twice. */
const KEY = "nodes";

/** Gives every node without one a block of pod addresses. What a deleted node had is free again. */
export const nodeIpamController: Controller = {
  name: "node-ipam-controller",
  eventSource: "cidrAllocator",
  watches: {
    [NODES]: ({ type, object }) => (type === "deleted" || !(object as Node).spec?.podCIDR ? [KEY] : undefined),
  },
  plan: (_key, view) => planPodCidrs([...view.nodes.values()]),
};

export function planPodCidrs(nodes: readonly Node[]): Plan {
  const taken = new Set(nodes.flatMap(({ spec }) => [spec?.podCIDR, ...(spec?.podCIDRs ?? [])]));
  const waiting = nodes.filter(({ spec, metadata }) => !spec?.podCIDR && !metadata.deletionTimestamp);
  if (waiting.length === 0) return { actions: [] };
  const free: string[] = [];
  for (let block = 0; block < BLOCKS && free.length < waiting.length; block++) {
    const cidr = `${CLUSTER_PREFIX}.${block}.0/24`;
    if (!taken.has(cidr)) free.push(cidr);
  }
  // The oldest first: where there are not enough, the same nodes stay without.
  waiting.sort((a, b) => createdMs(a) - createdMs(b) || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
  const events: EventDraft[] = waiting.slice(free.length).map((node) => ({
    about: node,
    type: "Normal",
    reason: "CIDRNotAvailable",
    message: `Node ${node.metadata.name} status is now: CIDRNotAvailable`,
  }));
  return {
    actions: free.map((podCIDR, i) => ({
      op: patchOp(NODES, waiting[i] as Node, { spec: { podCIDR, podCIDRs: [podCIDR] } }, { version: "any" }),
    })),
    events,
  };
}
