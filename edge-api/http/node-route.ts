/** How the Worker asks ClusterStore for the way to a node, and is told. */

/** Where a request to a node goes: the node, and the path and query of its kubelet API. */
export interface NodeRoute {
  node: string;
  path: string;
}

/** On the question: only the way is asked for. On the answer: this is the way, not an answer for the client. */
export const ROUTE_HEADER = "x-kedge-route";
