import type { FilterPlugin, Rejection } from "../framework/plugin.ts";

const REJECTION: Rejection = {
  plugin: "NodePorts",
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  podsInTheWay: true,
};

/** A host port can be had once on each address of a node. */
export const nodePorts: FilterPlugin = {
  name: "NodePorts",
  appliesTo: (shape) => shape.hostPorts.length > 0,
  filter: (shape, nodes, row) => (shape.hostPorts.some((port) => nodes.isPortTaken(row, port)) ? REJECTION : undefined),
  retryAfter(change, shape, nodes) {
    if (change.what !== "node added" && change.what !== "pod left") return false;
    if (change.what === "pod left") {
      const wanted = new Set(shape.hostPorts.map(({ protocolPort }) => protocolPort));
      if (!change.footprint.hostPorts.some(({ protocolPort }) => wanted.has(protocolPort))) return false;
    }
    return this.filter(shape, nodes, change.row) === undefined;
  },
};
