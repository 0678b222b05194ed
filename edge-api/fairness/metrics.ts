/**
 * What kube-apiserver tells of API Priority and Fairness, under its names.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#metrics
 */
import { family, histogram, type Labels, type Sample } from "../observe/prometheus.ts";
import type { Fairness } from "./fairness.ts";
import { type Level, type SchemaCounts, WAIT_BUCKETS } from "./level.ts";

const gauge = (name: string, help: string) => ({ name: `apiserver_flowcontrol_${name}`, help, type: "gauge" as const });
const counter = (name: string, help: string) => ({
  name: `apiserver_flowcontrol_${name}`,
  help,
  type: "counter" as const,
});

export function fairnessMetrics(fairness: Fairness): string {
  const levels = fairness.levels();
  const schemas = fairness.schemas();
  const ofLevels = (value: (level: Level) => number) =>
    levels.map((level) => ({ labels: { priority_level: level.name }, value: value(level) }));
  const ofSchemas = (value: (counts: SchemaCounts) => number) =>
    schemas.map(({ counts, level }) => ({ labels: labelsOf(counts, level), value: value(counts) }));
  return [
    family(
      gauge("nominal_limit_seats", "Seats a priority level has by its shares."),
      ofLevels(({ limits }) => limits.nominal),
    ),
    family(
      gauge("lower_limit_seats", "Seats a priority level has at least."),
      ofLevels(({ limits }) => limits.min),
    ),
    family(
      gauge("upper_limit_seats", "Seats a priority level may have at most."),
      ofLevels(({ limits }) => limits.max),
    ),
    family(
      gauge("current_limit_seats", "Seats a priority level has now."),
      ofLevels((level) => (level.isExempt ? 0 : level.seats)),
    ),
    family(
      counter("dispatched_requests_total", "Requests that were let through."),
      ofSchemas(({ dispatched }) => dispatched),
    ),
    family(
      counter("rejected_requests_total", "Requests that were refused with 429."),
      schemas.flatMap(({ counts, level }) =>
        Object.entries(counts.refused)
          .filter(([, value]) => value > 0)
          .map(([reason, value]) => ({ labels: { ...labelsOf(counts, level), reason }, value })),
      ),
    ),
    family(
      gauge("current_inqueue_requests", "Requests that wait."),
      ofSchemas(({ inQueue }) => inQueue),
    ),
    family(
      gauge("current_executing_requests", "Requests that are served."),
      ofSchemas(({ executing }) => executing),
    ),
    family(
      gauge("current_executing_seats", "Seats of the requests that are served."),
      ofSchemas(({ executingSeats }) => executingSeats),
    ),
    family(
      {
        name: "apiserver_flowcontrol_request_wait_duration_seconds",
        help: "How long requests waited.",
        type: "histogram",
      },
      schemas.flatMap(({ counts, level }) => [...waits(counts, labelsOf(counts, level))]),
    ),
  ].join("");
}

const labelsOf = ({ name }: SchemaCounts, level: Level): Labels => ({ flow_schema: name, priority_level: level.name });

/** Those that never waited are among them: they waited no time. */
function* waits(counts: SchemaCounts, labels: Labels): Generator<Sample> {
  for (const [execute, { buckets, sumSeconds }] of Object.entries(counts.waited)) {
    const queued = buckets.reduce((a, b) => a + b, 0);
    const all = execute === "true" ? [counts.dispatched - queued + buckets[0]!, ...buckets.slice(1)] : buckets;
    if (all.every((count) => count === 0)) continue;
    yield* histogram({ execute, ...labels }, { bounds: WAIT_BUCKETS, buckets: all, sum: sumSeconds });
  }
}
