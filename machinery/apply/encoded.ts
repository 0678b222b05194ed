/** Objects with all that Kubernetes' encoder would write, and without it again. */
import { deepEqual } from "../meta/equality.ts";
import { type ApplyType, DEDUCED, type ListType, type MapType } from "./schema.ts";
import { encodedField, type Fields, isMap, itemElement } from "./value.ts";

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

/**
 * `object`, made from an encodedObject of `live` and from `config`, without the fields that came in by encoding only:
 * they are not set, and in neither of the two. Shares what is untouched.
 */
export const withoutEncoded = (
  object: Fields,
  { live, config, type }: { live: Fields; config: Fields; type: ApplyType },
): Fields => bare(object, { live, config, type }) as Fields;

interface Sources {
  live: unknown;
  config: unknown;
  type: ApplyType;
}

function bare(value: unknown, sources: Sources): unknown {
  const { live, config, type } = sources;
  if (value === live || value === config) return value;
  if (type.kind === "list" && type.relation !== "atomic" && Array.isArray(value))
    return bareItems(value, sources, type);
  return type.kind === "map" && !type.atomic && isMap(value) ? bareFields(value, sources, type) : value;
}

function bareFields(value: Fields, { live, config }: Sources, type: MapType): Fields {
  const [before, wanted] = [isMap(live) ? live : {}, isMap(config) ? config : {}];
  const entries: [string, unknown][] = [];
  for (const name of Object.keys(value)) {
    const field = type.fields.get(name);
    const item = bare(value[name], {
      live: Object.hasOwn(before, name) ? before[name] : undefined,
      config: Object.hasOwn(wanted, name) ? wanted[name] : undefined,
      type: field?.type ?? type.element ?? DEDUCED,
    });
    const isNew = before[name] === undefined && wanted[name] === undefined;
    if (isNew && field?.absent !== undefined && deepEqual(item, field.absent)) continue;
    entries.push([name, item]);
  }
  return Object.fromEntries(entries);
}

function bareItems(items: readonly unknown[], { live, config }: Sources, type: ListType): unknown[] {
  const [before, wanted] = [itemsOf(live, type), itemsOf(config, type)];
  return items.map((item) => {
    const element = itemElement(item, type);
    return bare(item, { live: before.get(element), config: wanted.get(element), type: type.element });
  });
}

const itemsOf = (list: unknown, type: ListType): Map<string, unknown> =>
  new Map(Array.isArray(list) ? list.map((item) => [itemElement(item, type), item]) : []);
