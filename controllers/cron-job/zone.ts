/** Wall clocks of time zones, by Intl. A zone that is undefined is UTC. */

const QUARTER_MS = 900_000;
/** Offsets remembered for each zone; a search for the next time asks for hundreds of near moments. */
const MAX_REMEMBERED = 4_096;

const zones = new Map<string, { format: Intl.DateTimeFormat; offsets: Map<number, number> }>();

function zoneOf(name: string) {
  let zone = zones.get(name);
  if (!zone) {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    zone = { format, offsets: new Map() };
    zones.set(name, zone);
  }
  return zone;
}

/** Milliseconds by which the zone's clocks are ahead of UTC. They change on whole quarters of an hour only. */
export function offsetMs(zone: string | undefined, atMs: number): number {
  if (zone === undefined || zone === "UTC") return 0;
  const { format, offsets } = zoneOf(zone);
  const quarter = Math.floor(atMs / QUARTER_MS);
  const known = offsets.get(quarter);
  if (known !== undefined) return known;
  const parts: { [type: string]: number } = {};
  for (const { type, value } of format.formatToParts(quarter * QUARTER_MS)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter * QUARTER_MS;
  if (offsets.size >= MAX_REMEMBERED) offsets.clear();
  offsets.set(quarter, offset);
  return offset;
}

/** What the zone's clocks show, as a Date whose UTC fields are the local ones. */
export const wallClock = (zone: string | undefined, atMs: number): Date => new Date(atMs + offsetMs(zone, atMs));

/**
 * The moment at which the zone's clocks show a time given as if it were UTC. As Go's time.Date: of a time that is
 * shown twice the first; one that is skipped counts by the offset before the gap or after it.
 */
export function momentOf(zone: string | undefined, wallMs: number): number {
  const guess = wallMs - offsetMs(zone, wallMs);
  return wallMs - offsetMs(zone, guess);
}
