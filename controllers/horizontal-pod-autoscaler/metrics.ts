/** What an autoscaler is told of its target, and of whom it asks. */
import type { MetricSpec } from "../../kinds/autoscaling/v2-types.ts";

/** The API, as the autoscaler's own service account sees it. */
export interface ApiReader {
  /**
   * GET of a path with its query.
   * @returns the parsed answer. @throws an Error with the Status' message when the answer is no success
   */
  get(path: string): Promise<unknown>;
}

/** A metric of one pod. */
export interface PodSample {
  /** In thousandths of the metric's unit. */
  valueMilli: number;
  timestampMs: number;
  /** How long the sample took: what happened before `timestampMs - windowMs` is not in it. */
  windowMs: number;
}

/** What is known of one metric of a spec: figures by pod name, one figure, or why there is none. */
export type Measured =
  | { of: "pods"; samples: ReadonlyMap<string, PodSample> }
  | { of: "value"; valueMilli: number }
  | { of: "nothing"; error: string };

/** The scale subresource of the target. */
export interface ObservedScale {
  specReplicas: number;
  statusReplicas: number;
  /** As a query would have it; "" when the target says none. */
  selector: string;
}

/** All that was asked for one reconcile. */
export interface Observed {
  scale: ObservedScale;
  /** In the order of spec.metrics. */
  metrics: readonly Measured[];
}

/** autoscaling/v2's default when a spec has no metrics: one that upstream fills in at creation. */
export const metricsOf = (spec: { metrics?: MetricSpec[] }): readonly MetricSpec[] => spec.metrics ?? [];
