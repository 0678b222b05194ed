/** From the least to the most something can be: a size, or units of cost. Nothing is more than 2^64. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

const MOST = 2 ** 64;
const bounded = (amount: number): number => Math.min(amount, MOST);

export const fixed = (amount: number): Range => ({ min: amount, max: amount });
export const NOTHING = fixed(0);
export const ONE = fixed(1);
export const UNKNOWN: Range = { min: 0, max: MOST };

export const plus = (a: Range, b: Range): Range => ({ min: bounded(a.min + b.min), max: bounded(a.max + b.max) });
export const times = (a: Range, b: Range): Range => ({ min: bounded(a.min * b.min), max: bounded(a.max * b.max) });
export const sum = (ranges: readonly Range[]): Range => ranges.reduce(plus, NOTHING);
/** Both, and all between. */
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
/** Rounded up to whole units. */
export const scaled = ({ min, max }: Range, factor: number): Range => ({
  min: bounded(Math.ceil(min * factor)),
  max: bounded(Math.ceil(max * factor)),
});
