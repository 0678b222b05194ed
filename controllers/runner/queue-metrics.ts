import { Counter, exponentialBounds, Histogram } from "../../machinery/metrics/metrics.ts";

/** What one queue tells as it goes on; durations in seconds. */
export interface QueueMetrics {
  /** A key became ready. */
  added(): void;
  /** A failure makes a key come again. */
  retried(): void;
  /** From ready to taken. */
  waited(seconds: number): void;
  /** From taken until the feed shows the effects. */
  worked(seconds: number): void;
}

export const UNCOUNTED: QueueMetrics = { added() {}, retried() {}, waited() {}, worked() {} };

/** client-go's buckets for both, seconds: 10 ns to 1000 s. */
const BUCKETS = exponentialBounds(1e-8, 10, 12);

/** Where kube-controller-manager's queue is not called like its controller. */
const QUEUE_NAMES: { readonly [controller: string]: string } = {
  "deployment-controller": "deployment",
  "replicaset-controller": "replicaset",
  "replication-controller": "replicationmanager",
  "statefulset-controller": "statefulset",
  "daemonset-controller": "daemonset",
  "job-controller": "job",
  "cronjob-controller": "cronjob",
  "ttl-after-finished-controller": "ttl_jobs_to_delete",
  "disruption-controller": "disruption",
  "endpointslice-controller": "endpoint_slice",
  "endpoint-controller": "endpoint",
  "namespace-controller": "namespace",
  "horizontal-pod-autoscaler": "horizontalpodautoscaler",
};

export const queueName = (controller: string): string => QUEUE_NAMES[controller] ?? controller;

/**
 * Counts for all queues, as client-go names it.
 * Source: https://kubernetes.io/docs/reference/instrumentation/metrics/ (workqueue_*)
 */
export class QueueCounters {
  readonly #adds = new Counter({ name: "workqueue_adds_total", help: "Total number of adds handled by workqueue" });
  readonly #retries = new Counter({
    name: "workqueue_retries_total",
    help: "Total number of retries handled by workqueue",
  });
  readonly #waited = new Histogram(
    {
      name: "workqueue_queue_duration_seconds",
      help: "How long in seconds an item stays in workqueue before being requested.",
    },
    BUCKETS,
  );
  readonly #worked = new Histogram(
    {
      name: "workqueue_work_duration_seconds",
      help: "How long in seconds processing an item from workqueue takes.",
    },
    BUCKETS,
  );

  of(controller: string): QueueMetrics {
    const labels = { name: queueName(controller) };
    const added = this.#adds.series(labels);
    const retried = this.#retries.series(labels);
    added(0);
    retried(0);
    return { added, retried, waited: this.#waited.series(labels), worked: this.#worked.series(labels) };
  }

  text(): string {
    return [this.#adds, this.#retries, this.#waited, this.#worked].map((family) => family.text()).join("");
  }
}
