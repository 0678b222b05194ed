/** Which overload of a function a call means, by the values it is given. */
import type { Overload } from "./functions/function.ts";
import type { CelType } from "./types.ts";
import {
  Duration,
  isList,
  isMap,
  isOpaque,
  ObjectValue,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from "./values.ts";

export function overloadFor(candidates: readonly Overload[], values: readonly Value[]): Overload | undefined {
  for (const candidate of candidates) {
    const { params } = candidate;
    let fits = true;
    for (let i = 0; i < params.length && fits; i++) fits = accepts(params[i]!, values[i]!);
    if (fits) return candidate;
  }
  return undefined;
}

/** Elements of lists and maps are not looked at: functions that care do so themselves. */
function accepts(type: CelType, value: Value): boolean {
  switch (type.kind) {
    case "bool":
      return typeof value === "boolean";
    case "int":
      return typeof value === "bigint";
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "uint":
      return value instanceof Uint;
    case "bytes":
      return value instanceof Uint8Array;
    case "null":
      return value === null;
    case "timestamp":
      return value instanceof Timestamp;
    case "duration":
      return value instanceof Duration;
    case "list":
      return isList(value) && isListOf(type.element, value);
    case "map":
      return isMap(value);
    case "optional":
      return value instanceof Optional;
    case "type":
      return value instanceof TypeValue;
    case "opaque":
      return isOpaque(value) && value.opaqueType === type.name;
    case "object":
      return value instanceof ObjectValue && value.type.name === type.name;
    default:
      return true;
  }
}

/** The first element speaks for all: overloads by element type differ in nothing else. */
const isListOf = (element: CelType, list: readonly Value[]): boolean =>
  element.kind === "param" || element.kind === "dyn" || list.length === 0 || accepts(element, list[0]!);
