import type { CronFields, CronSchedule } from "../../kinds/batch/cron-schedule.ts";
import { momentOf, wallClock } from "./zone.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** A schedule that matches nothing in this many years matches nothing. */
const MAX_YEARS = 5;

/**
 * The first moment after `afterMs` that the schedule names; undefined when there is none. Follows robfig/cron step by
 * step, daylight-saving changes included: an hour that is skipped is not made up for, one that comes twice counts twice
 * only for schedules of every hour.
 *
 * @param zone of the CronJob; one in the schedule's own text comes first
 */
export function nextTime(schedule: CronSchedule, zone: string | undefined, afterMs: number): number | undefined {
  if ("everySeconds" in schedule) {
    return Math.floor(afterMs / SECOND_MS) * SECOND_MS + schedule.everySeconds * SECOND_MS;
  }
  return nextMatch(schedule.fields, schedule.zone ?? zone, Math.floor(afterMs / SECOND_MS) * SECOND_MS + SECOND_MS);
}

function nextMatch(fields: CronFields, zone: string | undefined, startMs: number): number | undefined {
  let at = startMs;
  // Whether a field has been moved on: then all smaller ones begin anew.
  let moved = false;
  const local = () => wallClock(zone, at);
  /** Cuts off what is smaller than a month, a day or an hour, once. */
  const cut = (toDay: boolean, toHour: boolean): void => {
    if (moved) return;
    moved = true;
    const now = local();
    const day = toDay ? 1 : now.getUTCDate();
    at = momentOf(zone, Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), day, toHour ? now.getUTCHours() : 0));
  };
  /** As Go's AddDate: the same time of another day. */
  const add = (months: number, days: number): void => {
    const now = local();
    now.setUTCMonth(now.getUTCMonth() + months, now.getUTCDate() + days);
    at = momentOf(zone, now.getTime());
  };
  const lastYear = local().getUTCFullYear() + MAX_YEARS;

  search: while (local().getUTCFullYear() <= lastYear) {
    while (!fields.months.includes(local().getUTCMonth() + 1)) {
      cut(true, false);
      add(1, 0);
      if (local().getUTCMonth() === 0) continue search;
    }
    while (!matchesDay(fields, local())) {
      cut(false, false);
      add(0, 1);
      // Where clocks skip midnight, the day begins at another hour.
      const hour = local().getUTCHours();
      if (hour > 12) at += (24 - hour) * HOUR_MS;
      else at -= hour * HOUR_MS;
      if (local().getUTCDate() === 1) continue search;
    }
    while (!fields.hours.includes(local().getUTCHours())) {
      cut(false, true);
      at += HOUR_MS;
      if (local().getUTCHours() === 0) continue search;
    }
    while (!fields.minutes.includes(local().getUTCMinutes())) {
      if (!moved) at = Math.floor(at / MINUTE_MS) * MINUTE_MS;
      moved = true;
      at += MINUTE_MS;
      if (local().getUTCMinutes() === 0) continue search;
    }
    if (at % MINUTE_MS === 0) return at;
    moved = true;
    at = (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS;
  }
  return undefined;
}

/** When both days are restricted, either is enough. */
function matchesDay({ daysOfMonth, daysOfWeek, anyDayOfMonth, anyDayOfWeek }: CronFields, local: Date): boolean {
  const month = daysOfMonth.includes(local.getUTCDate());
  const week = daysOfWeek.includes(local.getUTCDay());
  return anyDayOfMonth || anyDayOfWeek ? month && week : month || week;
}
