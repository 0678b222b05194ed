import type { FilterPlugin, Rejection } from "../framework/plugin.ts";

const REJECTION: Rejection = {
  plugin: "NodeName",
  reasons: ["node(s) didn't match the requested node name"],
  podsInTheWay: false,
};

/** A pod that names its node may be on no other. */
export const nodeName: FilterPlugin = {
  name: "NodeName",
  appliesTo: (shape) => shape.requestedNode !== undefined,
  filter: (shape, nodes, row) => (nodes.nameOf(row) === shape.requestedNode ? undefined : REJECTION),
  retryAfter: (change, shape, nodes) =>
    change.what === "node added" && nodes.nameOf(change.row) === shape.requestedNode,
};
