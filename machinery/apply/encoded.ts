/** Objects with all that Kubernetes' encoder would write. */
import { type ApplyType, DEDUCED, type MapType } from "./schema.ts";
import { encodedField, type Fields, isMap } from "./value.ts";

/**
 * A copy of a decoded object with the fields that are written even when they are not set (`resources: {}` of a
 * container), and without those that are not.
 */
export const encodedObject = (object: Fields, type: ApplyType): Fields => encoded(object, type) as Fields;

function encoded(value: unknown, type: ApplyType): unknown {
  if (Array.isArray(value)) {
    const itemType = type.kind === "list" ? type.element : DEDUCED;
    return value.map((item) => encoded(item, itemType));
  }
  if (!isMap(value)) return value;
  const entries: [string, unknown][] = [];
  for (const name of Object.keys(value)) {
    const field = type.kind === "map" ? type.fields.get(name) : undefined;
    const item = field === undefined ? value[name] : encodedField(value[name], field);
    if (item === undefined) continue;
    const itemType = field?.type ?? (type.kind === "map" ? type.element : undefined) ?? DEDUCED;
    entries.push([name, encoded(item, itemType)]);
  }
  if (type.kind === "map") addMissing(entries, value, type);
  return Object.fromEntries(entries);
}

function addMissing(entries: [string, unknown][], value: Fields, type: MapType): void {
  for (const { name, absent, type: itemType } of type.always) {
    if (!Object.hasOwn(value, name)) entries.push([name, encoded(absent, itemType)]);
  }
}
