import type { Clock } from "../clock.ts";
import type { ChangeBatch } from "./contract.ts";
import type { Program } from "./program.ts";

/** One durable alarm: it rings even if this process has died since. */
export interface Alarm {
  /** Replaces the alarm that was set. */
  set(atMs: number): void;
  clear(): void;
}

export interface ProgramHostOptions {
  program: Program;
  alarm: Alarm;
  clock: Clock;
  onError(error: unknown): void;
  /** Told, a while after the last work, that there is none left but what the alarm is set for. */
  onSettled?(position: number): void;
}

/** A host that died at work is woken by its alarm within this time. */
export const SAFETY_ALARM_MS = 30_000;
/** Waits shorter than this are timers in memory; the alarm, which costs a write, is set only once work has settled. */
export const SETTLE_MS = 2_000;
/**
 * A program that is due again within this time is kept in memory beside its alarm: a timer does that. Else Cloudflare
 * takes an idle object away after 10 seconds, and what the program remembers from one moment to the next (what an
 * autoscaler recommended, since when a node is gone) would never get old enough to count. It takes away objects with
 * timers after 70 seconds at the earliest.
 */
export const KEEP_MS = 60_000;
/**
 * Whoever brings changes waits this long for what they bring about: most is done by then, and needs no alarm. An alarm is
 * a write to set and another one to clear; what is brought next waits meanwhile, though.
 */
export const PATIENCE_MS = 25;
/** Of changes that follow each other as closely nobody waits: a few writes for all of them cost less than their time. */
export const BURST_MS = 250;
/** Pause after a `wake` that failed and asks to be called at once. */
const RETRY_MS = 1_000;

/**
 * Runs a Program: wakes it when it is due, and sees to it that neither eviction nor a crash loses work that was taken
 * over: a durable alarm is set, or whoever brought the work has not been answered yet and brings it again. Idle, it holds
 * an alarm only if the program waits for a moment, and a timer only if that is near.
 */
export class ProgramHost {
  readonly #options: ProgramHostOptions;
  #running: Promise<void> | undefined;
  /** Who has brought changes and is not answered yet: does this die, they are brought again. */
  #waiting = 0;
  #lastBroughtMs = Number.NEGATIVE_INFINITY;
  #alarmAtMs: number | undefined;
  #cancelTimer: (() => void) | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  /** Of the timer that keeps the program in memory until its alarm rings. */
  #letGo: (() => void) | undefined;

  constructor(options: ProgramHostOptions) {
    this.#options = options;
  }

  /** Takes the batch over; once this returns it has been acted on, or an alarm makes sure that it will be. */
  async changes(batch: ChangeBatch): Promise<void> {
    const { program, clock } = this.#options;
    const isAlone = clock.now() - this.#lastBroughtMs >= BURST_MS;
    this.#lastBroughtMs = clock.now();
    this.#waiting++;
    try {
      await program.changes(batch);
      this.#start();
      if (this.#running && isAlone && !this.#isGuarded()) await this.#endOrPatience(this.#running);
    } finally {
      this.#waiting--;
      if (this.#running) this.#guard();
    }
  }

  async #endOrPatience(running: Promise<void>): Promise<void> {
    let cancel = (): void => {};
    const patience = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(PATIENCE_MS, resolve);
    });
    await Promise.race([running, patience]);
    cancel();
  }

  /** @see Program.metricsText; "" for a program that counts nothing */
  metricsText(): string {
    return this.#options.program.metricsText?.() ?? "";
  }

  /** The alarm rang, or somebody wants the program to look for work. Resolves when all that is due is done. */
  async rang(): Promise<void> {
    const { clock } = this.#options;
    if (this.#alarmAtMs !== undefined && this.#alarmAtMs <= clock.now()) this.#alarmAtMs = undefined;
    this.#start();
    await this.#running;
  }

  #start(): void {
    if (this.#running) return;
    if (!this.#isDue()) {
      // What came may be due in a moment, before the timer of what was there.
      const next = this.#options.program.nextWakeMs() ?? Number.POSITIVE_INFINITY;
      if (!this.#cancelTimer || next < this.#timerAtMs) this.#arrange(0);
      return;
    }
    this.#stopTimer();
    this.#guard();
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { program, clock, onError } = this.#options;
    let notBeforeMs = 0;
    // #start has looked: the first round always awaits, so #running is set before it is cleared below.
    while (this.#isDue()) {
      this.#guard();
      try {
        await program.wake(clock.now());
      } catch (error) {
        onError(error);
        notBeforeMs = clock.now() + RETRY_MS;
        break;
      }
    }
    // In one step with the look at what is due: work that comes from now on starts a run of its own.
    this.#running = undefined;
    this.#arrange(notBeforeMs);
  }

  #isDue(): boolean {
    const next = this.#options.program.nextWakeMs();
    return next !== undefined && next <= this.#options.clock.now();
  }

  /** Nothing is due: a timer for what is near, and for settling the alarm. */
  #arrange(notBeforeMs: number): void {
    const { program, clock } = this.#options;
    this.#stopTimer();
    const next = program.nextWakeMs();
    const delayMs = next === undefined ? Number.POSITIVE_INFINITY : Math.max(next, notBeforeMs) - clock.now();
    const near = delayMs <= SETTLE_MS;
    // The timer below may die with this process. A later alarm is made exact once all has settled.
    if (next !== undefined) this.#ensureAlarm(near ? clock.now() + SAFETY_ALARM_MS : clock.now() + delayMs);
    const timerMs = near ? Math.max(0, delayMs) : SETTLE_MS;
    this.#timerAtMs = clock.now() + timerMs;
    this.#cancelTimer = clock.after(timerMs, () => {
      this.#cancelTimer = undefined;
      if (near) this.#start();
      else this.#settle();
    });
  }

  #settle(): void {
    if (this.#running) return;
    const { program, onSettled } = this.#options;
    const next = program.nextWakeMs();
    if (next !== undefined) {
      const atMs = Math.max(next, this.#options.clock.now());
      if (this.#alarmAtMs !== atMs) this.#setAlarm(atMs);
      this.#keepUntil(atMs);
    } else if (this.#alarmAtMs !== undefined) {
      this.#alarmAtMs = undefined;
      this.#options.alarm.clear();
    }
    if (program.position !== undefined) onSettled?.(program.position);
  }

  /** The timer rings too: where both do, one finds nothing to do. */
  #keepUntil(atMs: number): void {
    const { clock } = this.#options;
    const delayMs = atMs - clock.now();
    if (delayMs > KEEP_MS) return;
    this.#letGo = clock.after(delayMs, () => {
      this.#letGo = undefined;
      this.#start();
    });
  }

  /** Does this process die at work, its alarm wakes another one, unless somebody will. */
  #guard(): void {
    if (this.#waiting === 0) this.#ensureAlarm(this.#options.clock.now() + SAFETY_ALARM_MS);
  }

  #isGuarded(): boolean {
    const nowMs = this.#options.clock.now();
    return this.#alarmAtMs !== undefined && this.#alarmAtMs > nowMs && this.#alarmAtMs <= nowMs + SAFETY_ALARM_MS;
  }

  #ensureAlarm(latestMs: number): void {
    // Within a window, not exactly: continuous work must not write an alarm for every batch.
    if (this.#alarmAtMs === undefined || this.#alarmAtMs > latestMs || this.#alarmAtMs <= this.#options.clock.now()) {
      this.#setAlarm(latestMs);
    }
  }

  #setAlarm(atMs: number): void {
    this.#alarmAtMs = atMs;
    this.#options.alarm.set(atMs);
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#letGo?.();
    this.#letGo = undefined;
  }
}
