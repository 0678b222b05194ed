import type { CronJob } from "../../kinds/batch/v1-types.ts";

/** The next moment of a schedule after another; undefined when there is none. */
export type Next = (afterMs: number) => number | undefined;

/** So many missed times are worth a warning. */
const MANY_MISSED = 100;
/** Upstream's delta: a CronJob is looked at a little after its time. */
const SLACK_MS = 100;

export interface Due {
  /** The latest time that has come since the last one that was acted on. */
  atMs: number | undefined;
  /** From when on times were looked at. */
  sinceMs: number;
  missed: "none" | "few" | "many";
  /** The schedule names no times, or the same one again and again. */
  isInvalid: boolean;
}

/** What has come due up to now. With `useDeadline`, times that are too late to start do not count. */
export function dueTime(cronJob: CronJob, next: Next, nowMs: number, options: { useDeadline: boolean }): Due {
  const { metadata, spec, status } = cronJob;
  let sinceMs = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? "") || 0;
  if (options.useDeadline && spec.startingDeadlineSeconds !== undefined) {
    sinceMs = Math.max(sinceMs, nowMs - spec.startingDeadlineSeconds * 1_000);
  }
  const first = next(sinceMs);
  const second = first === undefined ? undefined : next(first);
  const nothing: Due = { atMs: undefined, sinceMs, missed: "none", isInvalid: false };
  if (first === undefined || second === undefined) return { ...nothing, isInvalid: true };
  if (nowMs < first) return nothing;
  if (nowMs < second) return { ...nothing, atMs: first };
  const intervalSeconds = Math.round((second - first) / 1_000);
  if (intervalSeconds < 1) return { ...nothing, isInvalid: true };
  // Roughly how many: times need not be equally far apart.
  const missed = Math.floor((nowMs - first) / 1_000 / intervalSeconds) + 1;
  const fromMs = first + (missed - 2) * intervalSeconds * 1_000;
  let atMs: number | undefined;
  for (let time = next(fromMs); time !== undefined && time <= nowMs; time = next(time)) atMs = time;
  return { atMs, sinceMs, missed: missed > MANY_MISSED ? "many" : "few", isInvalid: false };
}

/** When to look again. */
export function nextLookMs(cronJob: CronJob, next: Next, nowMs: number): number | undefined {
  const due = dueTime(cronJob, next, nowMs, { useDeadline: false });
  const from = due.isInvalid ? nowMs : (due.atMs ?? (due.missed === "none" ? due.sinceMs : nowMs));
  const at = next(from);
  return at === undefined ? undefined : Math.max(at, nowMs) + SLACK_MS;
}
