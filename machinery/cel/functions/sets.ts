/** cel-go's sets extension: lists as sets. */
import { BOOL, listOf, param } from "../types.ts";
import { equals, type Value } from "../values.ts";
import { listTimesList } from "./cost.ts";
import { global, type Overload } from "./function.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

const LIST = listOf(param("T"));
const cost = { cost: listTimesList };
const isIn = (list: readonly Value[], each: Value): boolean => list.some((other) => equals(each, other));
const containsAll = (list: readonly Value[], part: readonly Value[]): boolean => part.every((each) => isIn(list, each));

export const SETS: readonly Overload[] = [
  global("sets.contains", [LIST, LIST], BOOL, (list: Any, part: Any) => containsAll(list, part), cost),
  global("sets.equivalent", [LIST, LIST], BOOL, (a: Any, b: Any) => containsAll(a, b) && containsAll(b, a), cost),
  global("sets.intersects", [LIST, LIST], BOOL, (a: Any, b: Any) => (a as Value[]).some((each) => isIn(b, each)), cost),
];
