/** How functions are declared: overloads with types for the checker, and what they do. */
import type { CelType } from "../types.ts";
import type { Value } from "../values.ts";

export interface Overload {
  /** "size", "_+_", "sets.contains". */
  name: string;
  /** Called as `a.name(b)`; the first parameter is `a`. */
  member: boolean;
  params: readonly CelType[];
  result: CelType;
  /** @throws CelError */
  call(...args: Value[]): Value;
  /** Units of cel-go's tracker, counted before the call; absent: 1, unless there is a `resultCost`. */
  cost?(args: readonly Value[]): number;
  /** Units that depend on what came out. */
  resultCost?(result: Value): number;
}

type Options = Pick<Overload, "cost" | "resultCost">;

export const global = (
  name: string,
  params: readonly CelType[],
  result: CelType,
  call: Overload["call"],
  options: Options = {},
): Overload => ({ name, member: false, params, result, call, ...options });

export const member = (
  name: string,
  params: readonly CelType[],
  result: CelType,
  call: Overload["call"],
  options: Options = {},
): Overload => ({ name, member: true, params, result, call, ...options });
