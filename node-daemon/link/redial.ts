/** How long to wait before dialling again. Pure. */

const FIRST_MS = 200;
const LAST_MS = 10_000;

/** @param failures dials or connections that failed in a row, 0 for none. @param random in [0, 1) */
export function redialDelayMs(failures: number, random: number): number {
  const ceilingMs = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(failures, 16));
  // Spread over the upper half: nodes that lost the edge together must not come back as one.
  return Math.round(ceilingMs * (0.5 + random / 2));
}
