/**
 * One probe of one container: when it is tried, and what its tries add up to. A restarted container starts afresh.
 */
import type { Probe } from "../../../kinds/core/v1-types.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { ProbeVerdict } from "../plan-pod.ts";
import type { ProbeOutcome } from "./run-probe.ts";

export type ProbeKind = "liveness" | "readiness" | "startup";

const INITIAL: { readonly [kind in ProbeKind]: ProbeVerdict } = {
  liveness: "success",
  readiness: "failure",
  startup: "unknown",
};

/** A process needs a moment before it can answer; kubelet notices a start about this late. */
const FIRST_TRY_MS = 250;

export interface ProbeSubject {
  id: string;
  startedAtMs: number;
}

export interface ProbeWorkerOptions {
  kind: ProbeKind;
  probe: Probe;
  clock: Clock;
  /** Runs one try. */
  attempt(subject: ProbeSubject): Promise<ProbeOutcome>;
  /** Tells of a try that did not succeed, or not as it should. */
  tell(outcome: ProbeOutcome): void;
  /** The verdict has changed. */
  changed(): void;
  /** Liveness and readiness hold still until the startup probe has succeeded. */
  mayRun(subject: ProbeSubject): boolean;
}

export class ProbeWorker {
  readonly #options: ProbeWorkerOptions;
  /** How often it was tried, by what came of it, over all instances of the container. */
  readonly tries = { success: 0, failure: 0, unknown: 0 };
  #subject: ProbeSubject | undefined;
  #verdict: ProbeVerdict;
  #lastResult: ProbeOutcome["result"] | undefined;
  #inARow = 0;
  /** A container that failed for good is on its way out: no more tries. */
  #onHold = false;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: ProbeWorkerOptions) {
    this.#options = options;
    this.#verdict = INITIAL[options.kind];
  }

  /** undefined while `id` has not been looked at. */
  verdict(id: string): ProbeVerdict | undefined {
    return this.#subject?.id === id ? this.#verdict : undefined;
  }

  /**
   * Tells which instance of the container runs now; undefined: none.
   *
   * @param known what the instance was found to be before the daemon's own restart
   */
  follow(subject: ProbeSubject | undefined, known?: ProbeVerdict): void {
    if (subject?.id === this.#subject?.id) return;
    this.#cancel?.();
    this.#subject = subject;
    this.#verdict = known ?? INITIAL[this.#options.kind];
    this.#lastResult = undefined;
    this.#inARow = 0;
    this.#onHold = false;
    if (!subject) return;
    this.#schedule(this.#firstDelayMs(subject));
  }

  #firstDelayMs({ startedAtMs }: ProbeSubject): number {
    const { probe, clock } = this.#options;
    const dueMs = startedAtMs + Math.max(FIRST_TRY_MS, (probe.initialDelaySeconds ?? 0) * 1000);
    return Math.max(0, dueMs - clock.now());
  }

  /** Looks at once rather than at the next period: what it waited for has come. */
  hurry(): void {
    if (!this.#subject || this.#onHold || this.#lastResult !== undefined) return;
    this.#schedule(this.#firstDelayMs(this.#subject));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #schedule(delayMs: number): void {
    this.#cancel?.();
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(delayMs, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const { probe, kind, attempt, mayRun } = this.#options;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const subject = this.#subject;
    if (!subject || this.#stopped) return;
    if (!mayRun(subject)) {
      this.#schedule(periodMs);
      return;
    }
    const outcome = await attempt(subject);
    this.tries[outcome.result]++;
    if (this.#stopped || this.#subject !== subject) return;
    if (outcome.result !== "success" || outcome.message !== "") this.#options.tell(outcome);
    if (outcome.result !== "unknown") this.#count(outcome.result);
    const settled = this.#onHold || (kind === "startup" && this.#verdict === "success");
    if (!settled) this.#schedule(periodMs);
  }

  #count(result: "success" | "failure"): void {
    const { probe, kind } = this.#options;
    this.#inARow = result === this.#lastResult ? this.#inARow + 1 : 1;
    this.#lastResult = result;
    const threshold = result === "success" ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#inARow < threshold) return;
    if (kind !== "readiness" && result === "failure") {
      this.#onHold = true;
      this.#inARow = 0;
    }
    if (this.#verdict === result) return;
    this.#verdict = result;
    this.#options.changed();
  }
}
