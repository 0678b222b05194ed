/**
 * How many seats each priority level has: its nominal share of the server's, and what it lends and borrows. Pure.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#seats-occupied-by-a-request and
 * #priority-level-concurrency-borrowing
 */
import type { PriorityLevelConfiguration } from "../../kinds/flowcontrol/v1-types.ts";

/** As kube-apiserver's --max-requests-inflight and --max-mutating-requests-inflight together. */
export const SERVER_SEATS = 600;

export interface LevelLimits {
  nominal: number;
  /** What it keeps whatever others need. */
  min: number;
  /** What it has when all others lend what they can. */
  max: number;
}

const sharesOf = ({ spec }: PriorityLevelConfiguration): number =>
  (spec.limited ?? spec.exempt)?.nominalConcurrencyShares ?? (spec.limited ? 30 : 0);

/** By name of the level. */
export function planLimits(
  levels: readonly PriorityLevelConfiguration[],
  serverSeats: number,
): Map<string, LevelLimits> {
  const total = levels.reduce((sum, level) => sum + sharesOf(level), 0);
  const limits = new Map<string, LevelLimits>();
  for (const level of levels) {
    const { limited, exempt } = level.spec;
    const nominal = total === 0 ? 0 : Math.ceil((serverSeats * sharesOf(level)) / total);
    const lendable = Math.round((nominal * ((limited ?? exempt)?.lendablePercent ?? 0)) / 100);
    const borrowable =
      limited?.borrowingLimitPercent === undefined
        ? serverSeats
        : Math.round((nominal * limited.borrowingLimitPercent) / 100);
    limits.set(level.metadata.name ?? "", { nominal, min: nominal - lendable, max: nominal + borrowable });
  }
  return limits;
}

export interface SeatDemand {
  min: number;
  max: number;
  nominal: number;
  /** Seats it would use now, if it had them. */
  demand: number;
}

/**
 * Divides the server's seats: nobody has less than it needs of what it keeps, nobody more than its maximum, and what is
 * left goes to those who need it in proportion to their need.
 * @returns seats, in the order of `levels`; their sum is about `serverSeats`, at least one each
 */
export function allocateSeats(levels: readonly SeatDemand[], serverSeats: number): number[] {
  const lower = levels.map(({ min, nominal, demand }) => Math.max(min, Math.min(nominal, demand)));
  const target = levels.map(({ demand }, i) => Math.max(lower[i]!, demand));
  const atFraction = (fraction: number): number[] =>
    levels.map(({ max }, i) => Math.min(max, Math.max(lower[i]!, fraction * target[i]!)));
  const sum = (seats: readonly number[]): number => seats.reduce((a, b) => a + b, 0);
  const least = sum(lower);
  if (least >= serverSeats) return lower.map((seats) => Math.max(1, Math.round(seats)));
  // The sum grows with the fraction: halve the interval until it is the server's.
  let low = 0;
  let high = 1;
  while (sum(atFraction(high)) < serverSeats && high < serverSeats * 2) high *= 2;
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (sum(atFraction(middle)) > serverSeats) high = middle;
    else low = middle;
  }
  return atFraction(low).map((seats) => Math.max(1, Math.round(seats)));
}
