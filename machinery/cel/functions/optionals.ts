/** Optional values, and maps that folds build. Source: cel-go's optional types and two-variable comprehensions */
import { BOOL, mapOf, optionalOf, param } from "../types.ts";
import { CelError, isMap, type MapValue, mapWith, Optional, Uint, type Value } from "../values.ts";
import { global, member, type Overload } from "./function.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

const T = param("T");
const OPTIONAL = optionalOf(T);
const K = param("K");
const V = param("V");

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === "") return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  return isMap(value) && value.size === 0;
}

function heldBy({ value }: Optional): Value {
  if (value === undefined) throw new CelError("optional.none() dereference");
  return value;
}

export const OPTIONALS: readonly Overload[] = [
  global("optional.of", [T], OPTIONAL, (value) => Optional.of(value)),
  global("optional.ofNonZeroValue", [T], OPTIONAL, (value) => (isZero(value) ? Optional.none : Optional.of(value))),
  global("optional.none", [], OPTIONAL, () => Optional.none),
  member("hasValue", [OPTIONAL], BOOL, (optional: Any) => optional.value !== undefined),
  member("value", [OPTIONAL], T, (optional: Any) => heldBy(optional)),
  member("or", [OPTIONAL, OPTIONAL], OPTIONAL, (a: Any, b: Any) => (a.value === undefined ? b : a)),
  member("orValue", [OPTIONAL, T], T, (optional: Any, otherwise) => optional.value ?? otherwise),
];

export const TWO_VARIABLE_FOLDS: readonly Overload[] = [
  global("cel.@mapInsert", [mapOf(K, V), K, V], mapOf(K, V), (map: Any, key, value) => mapWith(map, [[key, value]])),
  global("cel.@mapInsert", [mapOf(K, V), mapOf(K, V)], mapOf(K, V), (map: Any, more: Any) =>
    mapWith(
      map,
      [...(more as MapValue).keys()].map((key) => [key, more.get(key)] as const),
    ),
  ),
];
