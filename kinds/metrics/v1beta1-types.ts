/** TypeScript shapes of metrics.k8s.io/v1beta1. Source: https://kubernetes.io/docs/reference/external-api/metrics.v1beta1/ */
import type { KubeObject } from "../../machinery/meta/object.ts";

export type Usage = { [resource: string]: string };

interface Measured extends KubeObject {
  /** End of the window. */
  timestamp: string;
  /** A Go duration. */
  window: string;
}

export interface NodeMetrics extends Measured {
  usage: Usage;
}

export interface PodMetrics extends Measured {
  containers: { name: string; usage: Usage }[];
}
