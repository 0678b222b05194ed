/**
 * The runner's counters as kube-controller-manager names them, in the text format of Prometheus.
 * Source: https://kubernetes.io/docs/reference/instrumentation/metrics/ (workqueue_*)
 */
import type { Histogram } from "./histogram.ts";
import type { ControllerMetrics, QueueMetrics, RunnerMetrics } from "./metrics.ts";

/** One controller's queue. */
export interface QueueReport {
  /** The controller's. */
  name: string;
  queue: QueueMetrics;
  metrics: ControllerMetrics;
  /** Ages of what is being worked on, seconds. */
  unfinishedSeconds: readonly number[];
}

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

type Sample = readonly [suffix: string, value: number, labels?: string];

export function prometheusText(
  queues: readonly QueueReport[],
  runner: RunnerMetrics & { droppedEvents: number },
): string {
  const texts: string[] = [];
  const family = (name: string, type: string, help: string, samples: (queue: QueueReport) => readonly Sample[]) => {
    texts.push(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
    for (const queue of queues) {
      const label = `name="${QUEUE_NAMES[queue.name] ?? queue.name}"`;
      for (const [suffix, value, more] of samples(queue)) {
        texts.push(`${name}${suffix}{${label}${more ? `,${more}` : ""}} ${value}\n`);
      }
    }
  };
  const plain = (name: string, type: string, help: string, of: (queue: QueueReport) => number) =>
    family(name, type, help, (queue) => [["", of(queue)]]);
  plain("workqueue_depth", "gauge", "Current depth of workqueue", ({ metrics }) => metrics.depth);
  plain("workqueue_adds_total", "counter", "Total number of adds handled by workqueue", ({ queue }) => queue.adds);
  plain(
    "workqueue_retries_total",
    "counter",
    "Total number of retries handled by workqueue",
    ({ queue }) => queue.retries,
  );
  family(
    "workqueue_queue_duration_seconds",
    "histogram",
    "How long in seconds an item stays in workqueue before being requested.",
    ({ queue }) => samplesOf(queue.waited),
  );
  family(
    "workqueue_work_duration_seconds",
    "histogram",
    "How long in seconds processing an item from workqueue takes.",
    ({ queue }) => samplesOf(queue.worked),
  );
  plain(
    "workqueue_unfinished_work_seconds",
    "gauge",
    "How many seconds of work has done that is in progress and hasn't been observed by work_duration.",
    ({ unfinishedSeconds }) => unfinishedSeconds.reduce((sum, seconds) => sum + seconds, 0),
  );
  plain(
    "workqueue_longest_running_processor_seconds",
    "gauge",
    "How many seconds has the longest running processor for workqueue been running.",
    ({ unfinishedSeconds }) => Math.max(0, ...unfinishedSeconds),
  );
  plain("kedge_controller_writes_total", "counter", "Writes asked for.", ({ metrics }) => metrics.writes);
  plain(
    "kedge_controller_conflicts_total",
    "counter",
    "Writes answered with a conflict.",
    ({ metrics }) => metrics.conflicts,
  );
  plain("kedge_controller_failures_total", "counter", "Plans that failed.", ({ metrics }) => metrics.failures);
  plain("kedge_controller_events_total", "counter", "Events told.", ({ metrics }) => metrics.events);
  const { commits, snapshots, unreadableObjects, droppedEvents } = runner;
  for (const [name, help, value] of [
    ["kedge_controllers_commits_total", "Batches written.", commits],
    ["kedge_controllers_snapshots_total", "Snapshots read: one at the start, one after each gap.", snapshots],
    ["kedge_controllers_unreadable_objects_total", "Objects that could not be read.", unreadableObjects],
    ["kedge_controllers_dropped_events_total", "Events that nobody took.", droppedEvents],
  ] as const) {
    texts.push(`# HELP ${name} ${help}\n# TYPE ${name} counter\n${name} ${value}\n`);
  }
  return texts.join("");
}

function samplesOf(histogram: Histogram): Sample[] {
  const cumulative = histogram.cumulative();
  return [
    ...histogram.bounds.map((bound, i): Sample => ["_bucket", cumulative[i] ?? 0, `le="${boundText(bound)}"`]),
    ["_bucket", histogram.count, 'le="+Inf"'],
    ["_sum", histogram.sum],
    ["_count", histogram.count],
  ];
}

/** As Go prints a float: 1e-08, 0.001, 1. */
const boundText = (bound: number): string =>
  bound < 1e-4 ? bound.toExponential(0).replace(/e-(\d)$/, "e-0$1") : String(Number(bound.toPrecision(6)));
