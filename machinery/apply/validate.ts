/**
 * Whether an applied configuration fits its type at all.
 * Source: behaviour and messages of sigs.k8s.io/structured-merge-diff/typed (Validate).
 */
import { fieldElement, showElement } from "./element.ts";
import { type ApplyType, DEDUCED, type ListType, type MapType, type ScalarType } from "./schema.ts";
import { ElementError, type Fields, isMap, itemElement } from "./value.ts";

interface Complaint {
  path: string;
  message: string;
}

/** Enough to see what is wrong; what strangers send may be wrong a million times. */
const MAX_COMPLAINTS = 100;

/** As upstream prints the errors of a typed value; undefined when there are none. */
export function typeErrors(object: Fields, type: ApplyType): string | undefined {
  const complaints: Complaint[] = [];
  check(object, { type, path: "", complaints });
  if (complaints.length === 0) return undefined;
  const lines = complaints.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return lines.length === 1 ? lines[0] : ["errors:", ...lines.map((line) => `  ${line}`)].join("\n");
}

interface Place<T extends ApplyType = ApplyType> {
  type: T;
  path: string;
  complaints: Complaint[];
}

function complain({ path, complaints }: Place, message: string): void {
  if (complaints.length < MAX_COMPLAINTS) complaints.push({ path, message });
}

function check(value: unknown, place: Place): void {
  const { type } = place;
  if (value === null || value === undefined) return;
  switch (type.kind) {
    case "scalar":
      checkScalar(value, place as Place<ScalarType>);
      return;
    case "untyped":
      return;
    case "list":
      if (!Array.isArray(value)) complain(place, `expected list, got ${show(value)}`);
      else checkList(value, place as Place<ListType>);
      return;
    case "map":
      if (!isMap(value)) complain(place, `expected map, got ${show(value)}`);
      else checkMap(value, place as Place<MapType>);
  }
}

function checkScalar(value: unknown, place: Place<ScalarType>): void {
  const kind = typeof value;
  switch (place.type.scalar) {
    case "numeric":
      if (kind !== "number") complain(place, `expected numeric (int or float), got ${goType(value)}`);
      return;
    case "string":
      if (kind !== "string") complain(place, `expected string, got ${goSyntax(value)}`);
      return;
    case "boolean":
      if (kind !== "boolean") complain(place, `expected boolean, got ${show(value)}`);
      return;
    case "untyped":
      if (kind === "object") complain(place, `expected any scalar, got ${show(value)}`);
  }
}

function checkList(items: readonly unknown[], { type, path, complaints }: Place<ListType>): void {
  const seen = new Set<string>();
  for (let i = 0; i < items.length; i++) {
    let element = `i:${i}`;
    if (type.relation !== "atomic") {
      try {
        element = itemElement(items[i], type);
      } catch (error) {
        if (!(error instanceof ElementError)) throw error;
        complain({ type, path, complaints }, `element ${i}: ${error.message}`);
        return;
      }
      if (seen.has(element)) {
        complain({ type, path, complaints }, `duplicate entries for key ${showElement(element)}`);
      }
      seen.add(element);
    }
    check(items[i], { type: type.element, path: path + showElement(element), complaints });
  }
}

function checkMap(fields: Fields, { type, path, complaints }: Place<MapType>): void {
  for (const name of Object.keys(fields)) {
    const inner = path + showElement(fieldElement(name));
    const itemType = type.fields.get(name)?.type ?? type.element;
    if (itemType === undefined) {
      complain({ type, path: inner, complaints }, "field not declared in schema");
      return;
    }
    check(fields[name], { type: itemType === DEDUCED ? DEDUCED : itemType, path: inner, complaints });
  }
}

/** How structured-merge-diff prints a value: as JSON, but maps as Go does. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(show).join(",")}]`;
  if (isMap(value))
    return `map[${Object.keys(value)
      .sort()
      .map((name) => `${name}:${show(value[name])}`)
      .join(" ")}]`;
  return String(value);
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isMap(value)) return "map[string]interface {}";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function goSyntax(value: unknown): string {
  const text = typeof value === "object" ? `${goType(value)}{…}` : String(value);
  return `&value.valueUnstructured{Value:${text}}`;
}
