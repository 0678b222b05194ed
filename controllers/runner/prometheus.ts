/** The runner's counters in the text format of Prometheus, as kube-controller-manager names them where it has them. */
import { Counter, gaugeText } from "../../machinery/metrics/metrics.ts";
import type { ControllerMetrics, RunnerMetrics } from "./metrics.ts";
import { type QueueCounters, queueName } from "./queue-metrics.ts";

/** One controller. */
export interface ControllerReport {
  name: string;
  metrics: ControllerMetrics;
  /** Ages of what is being worked on, seconds. */
  unfinishedSeconds: readonly number[];
}

export function prometheusText(
  reports: readonly ControllerReport[],
  queues: QueueCounters,
  runner: RunnerMetrics & { droppedEvents: number },
): string {
  const gauge = (name: string, help: string, of: (report: ControllerReport) => number): string =>
    gaugeText(
      { name, help },
      reports.map((report) => [{ name: queueName(report.name) }, of(report)]),
    );
  const counter = (name: string, help: string, of: (metrics: ControllerMetrics) => number): string => {
    const counted = new Counter({ name, help });
    for (const report of reports) counted.add({ name: queueName(report.name) }, of(report.metrics));
    return counted.text();
  };
  const total = (name: string, help: string, value: number): string => {
    const counted = new Counter({ name, help });
    counted.add({}, value);
    return counted.text();
  };
  const { commits, snapshots, unreadableObjects, droppedEvents } = runner;
  return [
    gauge("workqueue_depth", "Current depth of workqueue", ({ metrics }) => metrics.depth),
    queues.text(),
    gauge(
      "workqueue_unfinished_work_seconds",
      "How many seconds of work has done that is in progress and hasn't been observed by work_duration.",
      ({ unfinishedSeconds }) => unfinishedSeconds.reduce((sum, seconds) => sum + seconds, 0),
    ),
    gauge(
      "workqueue_longest_running_processor_seconds",
      "How many seconds has the longest running processor for workqueue been running.",
      ({ unfinishedSeconds }) => Math.max(0, ...unfinishedSeconds),
    ),
    counter("kedge_controller_writes_total", "Writes asked for.", ({ writes }) => writes),
    counter("kedge_controller_conflicts_total", "Writes answered with a conflict.", ({ conflicts }) => conflicts),
    counter("kedge_controller_failures_total", "Plans that failed.", ({ failures }) => failures),
    counter("kedge_controller_events_total", "Events told.", ({ events }) => events),
    total("kedge_controllers_commits_total", "Batches written.", commits),
    total("kedge_controllers_snapshots_total", "Snapshots read: one at the start, one after each gap.", snapshots),
    total("kedge_controllers_unreadable_objects_total", "Objects that could not be read.", unreadableObjects),
    total("kedge_controllers_dropped_events_total", "Events that nobody took.", droppedEvents),
  ].join("");
}
