/** How the Worker asks ClusterStore for the way to a node, and is told. */

import type { RemoteAudit } from "../observe/audit/remote.ts";

/** Where a request to a node goes: the node, and the path and query of its kubelet API. */
export interface NodeRoute {
  node: string;
  path: string;
  /** What the audit log is to be told of the request from here on. */
  audit?: RemoteAudit;
}

/** On the question: only the way is asked for. On the answer: this is the way, not an answer for the client. */
export const ROUTE_HEADER = "x-kedge-route";
