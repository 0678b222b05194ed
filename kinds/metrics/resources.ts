/**
 * The resource metrics API, which upstream leaves to metrics-server: kedge answers it from what its nodes measure.
 * Source: https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/
 */
import { addQuantities } from "../../machinery/meta/quantity.ts";
import type { Column, Kind, Strategy } from "../kind.ts";
import type { NodeMetrics, PodMetrics, Usage } from "./v1beta1-types.ts";

const PACKAGE = "io.k8s.metrics.pkg.apis.metrics.v1beta1";
const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const USAGE = "map<io.k8s.apimachinery.pkg.api.resource.Quantity>";

const measured = {
  apiVersion: "string",
  kind: "string",
  metadata: `${META}.ObjectMeta`,
  timestamp: { type: `${META}.Time`, required: true },
  window: { type: "string", required: true },
};

/** In the form of the generated tables. */
export const metricsTypes = {
  [`${PACKAGE}.NodeMetrics`]: {
    gvk: ["metrics.k8s.io/v1beta1 NodeMetrics"],
    fields: { ...measured, usage: { type: USAGE, required: true } },
  },
  [`${PACKAGE}.PodMetrics`]: {
    gvk: ["metrics.k8s.io/v1beta1 PodMetrics"],
    fields: {
      ...measured,
      containers: { type: `array<${PACKAGE}.ContainerMetrics>`, required: true, listType: "atomic" },
    },
  },
  [`${PACKAGE}.ContainerMetrics`]: {
    fields: { name: { type: "string", required: true }, usage: { type: USAGE, required: true } },
  },
};

const columns: readonly Column[] = ["Name", "CPU", "Memory", "Window"].map((name) => ({
  name,
  type: "string",
  format: name === "Name" ? "name" : "",
  priority: 0,
}));

const row = (name: string | undefined, usage: readonly (Usage | undefined)[], window: string): string[] => {
  const total = (resource: string): string =>
    usage.map((each) => each?.[resource] ?? "0").reduce((sum, quantity) => addQuantities(sum, quantity), "0");
  return [name ?? "", total("cpu"), total("memory"), window ?? ""];
};

const nodeStrategy: Strategy<NodeMetrics> = {
  row: ({ metadata, usage, window }) => row(metadata.name, [usage], window),
};
const podStrategy: Strategy<PodMetrics> = {
  row: ({ metadata, containers, window }) =>
    row(
      metadata.name,
      (containers ?? []).map(({ usage }) => usage),
      window,
    ),
};

const kind = (plural: string, name: string, namespaced: boolean, strategy: Strategy): Kind => ({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: name,
  plural,
  singular: "",
  namespaced,
  verbs: ["get", "list"],
  shortNames: [],
  categories: [],
  subresources: {},
  columns,
  type: `${PACKAGE}.${name}`,
  storage: `${plural}.metrics.k8s.io`,
  strategy,
});

/** Measured when asked for, never stored. */
export const metricsKinds: readonly Kind[] = [
  kind("nodes", "NodeMetrics", false, nodeStrategy as Strategy),
  kind("pods", "PodMetrics", true, podStrategy as Strategy),
];
