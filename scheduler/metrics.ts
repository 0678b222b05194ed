/**
 * What the scheduler counts, under kube-scheduler's names. Durations are between looks at the clock, which stands still
 * while a Worker computes: they show waiting and writing, not thinking.
 * Source: https://kubernetes.io/docs/reference/instrumentation/metrics/
 */

import { Counter, exponentialBounds, gaugeText, Histogram } from "../machinery/metrics/metrics.ts";
import type { QueueEvent } from "./framework/scheduling-queue.ts";

export interface SchedulerGauges {
  pending: { active: number; backoff: number; unschedulable: number; gated: number };
  cache: { nodes: number; pods: number; assumed_pods: number };
  /** Pods that wait, by the plugins that have rejected them. */
  unschedulable: Iterable<readonly [{ plugin: string; profile: string }, number]>;
}

const MAX_TOLD_ATTEMPTS = 16;

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

export type AttemptResult = "scheduled" | "unschedulable" | "error";

export class SchedulerCounters {
  readonly #attempts = new Counter({
    name: "scheduler_schedule_attempts_total",
    help: "Number of attempts to schedule pods, by the result.",
  });
  readonly #attemptSeconds = new Histogram(
    { name: "scheduler_scheduling_attempt_duration_seconds", help: "Scheduling attempt latency in seconds." },
    exponentialBounds(0.001, 2, 15),
  );
  readonly #podAttempts = new Histogram(
    { name: "scheduler_pod_scheduling_attempts", help: "Number of attempts to successfully schedule a pod." },
    exponentialBounds(1, 2, 5),
  );
  readonly #podSeconds = new Histogram(
    {
      name: "scheduler_pod_scheduling_sli_duration_seconds",
      help: "E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue.",
    },
    exponentialBounds(0.01, 2, 20),
  );
  readonly #incoming = new Counter({
    name: "scheduler_queue_incoming_pods_total",
    help: "Number of pods added to scheduling queues by event and queue type.",
  });
  readonly #preemptions = new Counter({
    name: "scheduler_preemption_attempts_total",
    help: "Total preemption attempts in the cluster till now.",
  });
  readonly #victims = new Histogram(
    { name: "scheduler_preemption_victims", help: "Number of selected preemption victims." },
    exponentialBounds(1, 2, 7),
  );

  /** By what tells series apart: their labels are made up once. */
  readonly #attempted = new Map<string, (seconds: number) => void>();
  readonly #scheduled = new Map<string, (seconds: number) => void>();
  readonly #queued = new Map<string, () => void>();
  readonly #tried = this.#podAttempts.series({});

  attempted(profile: string, result: AttemptResult, seconds: number): void {
    kept(this.#attempted, `${result} ${profile}`, () => {
      const count = this.#attempts.series({ profile, result });
      const observe = this.#attemptSeconds.series({ profile, result });
      return (each) => {
        count();
        observe(each);
      };
    })(seconds);
  }

  /** @param seconds since the pod came into the queue */
  scheduled(attempts: number, seconds: number): void {
    this.#tried(attempts);
    // As upstream has it: the label tells few attempts apart.
    const told = attempts >= MAX_TOLD_ATTEMPTS ? `${MAX_TOLD_ATTEMPTS}+` : String(attempts);
    kept(this.#scheduled, told, () => this.#podSeconds.series({ attempts: told }))(seconds);
  }

  queued(event: QueueEvent, queue: string): void {
    kept(this.#queued, `${event} ${queue}`, () => this.#incoming.series({ event, queue }))();
  }

  preempted(victims: number): void {
    this.#preemptions.add({});
    this.#victims.observe({}, victims);
  }

  text({ pending, cache, unschedulable }: SchedulerGauges): string {
    return [
      this.#attempts.text(),
      this.#attemptSeconds.text(),
      this.#podAttempts.text(),
      this.#podSeconds.text(),
      this.#incoming.text(),
      this.#preemptions.text(),
      this.#victims.text(),
      gaugeText(
        { name: "scheduler_pending_pods", help: "Number of pending pods, by the queue type." },
        Object.entries(pending).map(([queue, count]) => [{ queue }, count] as const),
      ),
      gaugeText(
        {
          name: "scheduler_cache_size",
          help: "Number of nodes, pods, and assumed (bound) pods in the scheduler cache.",
        },
        Object.entries(cache).map(([type, count]) => [{ type }, count] as const),
      ),
      gaugeText(
        {
          name: "scheduler_unschedulable_pods",
          help: "The number of unschedulable pods broken down by plugin name. A pod will increment the gauge for all plugins that caused it to not schedule.",
        },
        unschedulable,
      ),
    ].join("");
  }
}
