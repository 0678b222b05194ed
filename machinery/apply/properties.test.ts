import { expect, test } from "vitest";
import { types } from "../../kinds/types.ts";
import type { KubeObject, ManagedFieldsEntry } from "../meta/object.ts";
import { seededRandom } from "../meta/random.ts";
import { decodeObject } from "../schema/decode.ts";
import type { FieldSchema, TypeSchema } from "../schema/types.ts";
import { applyConfiguration } from "./apply.ts";
import { allFields, compareObjects } from "./compare.ts";
import { configuredFields } from "./configured.ts";
import { difference, type FieldSet, isEmpty, parseFieldSet, sizeOf, union } from "./field-set.ts";
import { type Managers, UNOWNED } from "./managers.ts";
import { ownershipOf } from "./ownership.ts";
import { applyTypeOf } from "./schema.ts";
import { ownershipAfterUpdate, updateManagers } from "./update.ts";
import type { Fields } from "./value.ts";

const KINDS = [
  { group: "", apiVersion: "v1", kind: "Pod", name: "io.k8s.api.core.v1.Pod" },
  { group: "", apiVersion: "v1", kind: "Service", name: "io.k8s.api.core.v1.Service" },
  { group: "apps", apiVersion: "apps/v1", kind: "Deployment", name: "io.k8s.api.apps.v1.Deployment" },
  { group: "", apiVersion: "v1", kind: "Node", name: "io.k8s.api.core.v1.Node" },
] as const;

const SEED = 7_310_001;
const random = seededRandom(SEED);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

function randomValue(type: TypeSchema, depth: number, field?: FieldSchema): unknown {
  switch (type.form) {
    case "string":
      return pick(field?.enum ?? ["a", "b", "web"]);
    case "bytes":
      return "YQ==";
    case "boolean":
      return random() < 0.5;
    case "int32":
    case "int64":
    case "double":
      return pick([0, 1, 80]);
    case "time":
      return "2026-01-01T00:00:00Z";
    case "microTime":
      return "2026-01-01T00:00:00.000000Z";
    case "quantity":
      return pick(["1", "500m"]);
    case "intOrString":
      return pick([1, "25%"]);
    case "any":
    case "object":
      return { a: pick([1, "x"]) };
    case "array":
      return randomList(type, depth, field);
    case "map":
      return Object.fromEntries(
        ["a", "b"].filter(() => random() < 0.5).map((k) => [k, randomValue(type.item!, depth)]),
      );
    case "struct": {
      const chance = depth === 0 ? 0.9 : 0.5 / depth;
      const fields = [...type.fields.values()].filter(({ name }) => name !== "managedFields" && random() < chance);
      return Object.fromEntries(fields.map((f) => [f.name, randomValue(f.type, depth + 1, f)]));
    }
  }
}

function randomList(type: TypeSchema, depth: number, field?: FieldSchema): unknown[] {
  const items: unknown[] = [];
  const seen = new Set<string>();
  for (let i = Math.floor(random() * 3); i > 0; i--) {
    const item = randomValue(type.item!, depth + 1);
    const keys = field?.listMapKeys ?? [];
    for (const key of keys) (item as Fields)[key] = randomValue(type.item!.fields.get(key)!.type, 9);
    const identity = JSON.stringify(keys.length > 0 ? keys.map((key) => (item as Fields)[key]) : item);
    if (field?.listType !== undefined && field.listType !== "atomic" && seen.has(identity)) continue;
    seen.add(identity);
    items.push(item);
  }
  return items;
}

interface Case {
  group: string;
  kind: string;
  apiVersion: string;
  name: string;
  object(): KubeObject;
}

function randomCase(): Case {
  const chosen = pick(KINDS);
  const { apiVersion, kind, name } = chosen;
  const object = (): KubeObject => {
    const raw = randomValue(types.resolve(name)!, 0) as Fields;
    const { labels, annotations, finalizers } = (raw.metadata ?? {}) as Fields;
    const metadata = {
      name: "x",
      namespace: "d",
      labels: { ...(labels as Fields), all: "1" },
      annotations,
      finalizers,
    };
    return decode(name, { ...raw, apiVersion, kind, metadata });
  };
  return { ...chosen, object };
}

const decode = (type: string, value: unknown): KubeObject =>
  decodeObject({ types, type, value: JSON.parse(JSON.stringify(value)) }).value as KubeObject;

const versions = { type: () => undefined, convert: (object: Fields) => object };
let nowMs = Date.parse("2026-01-01T00:00:00Z");
const writeOf = ({ name, apiVersion }: Case, manager: string) => {
  nowMs += 1000;
  return { type: applyTypeOf(types, name), apiVersion, subresource: "", manager, nowMs, versions };
};

/** An object, and its managedFields as text. */
interface Kept {
  object: KubeObject;
  managed: string | undefined;
}

function updated(kind: Case, live: Kept | undefined, object: KubeObject, manager: string): Kept {
  const before = { object: live?.object, managed: live?.managed };
  const { managed } = ownershipAfterUpdate(before, object, writeOf(kind, manager));
  object.metadata.uid = "u";
  return { object, managed };
}

function applied(kind: Case, live: Kept | undefined, config: KubeObject, manager: string): Kept {
  const request = { ...writeOf(kind, manager), group: kind.group, kind: kind.kind, force: true };
  const before = { object: live?.object, managed: live?.managed };
  const { object, ownership } = applyConfiguration(before, config as unknown as Fields, request);
  const next = decode(kind.name, object);
  next.metadata.uid = "u";
  return { object: next, managed: ownership.managed };
}

const entriesOf = ({ managed }: Kept): ManagedFieldsEntry[] => (managed === undefined ? [] : JSON.parse(managed));

/** Times are the server's to put back when nothing else has changed. */
const withoutTimes = (kept: Kept): string =>
  JSON.stringify([kept.object, entriesOf(kept)], (key, value: unknown) => (key === "time" ? undefined : value));

const ownedBy = (kept: Kept, manager?: string): FieldSet =>
  entriesOf(kept)
    .filter((entry) => manager === undefined || entry.manager === manager)
    .reduce<FieldSet>((all, { fieldsV1 }) => union(all, fieldsV1 as FieldSet), {});

const CASES = Array.from({ length: 150 }, randomCase);

test(`[PR1] after a create and an update every field has an owner, changed ones the updater (seed ${SEED})`, () => {
  let fields = 0;
  for (const kind of CASES) {
    const type = applyTypeOf(types, kind.name);
    const live = updated(kind, undefined, kind.object(), "creator");
    const all = (object: KubeObject): FieldSet => allFields(object as unknown as Fields, type);
    const next = updated(kind, live, kind.object(), "updater");
    const always = all({} as KubeObject);
    const owned = ownedBy(next);
    const missing = difference(difference(difference(all(next.object), UNOWNED), owned), always);
    expect(missing, JSON.stringify(next)).toEqual({});
    const { changed } = compareObjects(live.object as unknown as Fields, next.object as unknown as Fields, {
      type,
      reading: "encoded",
    });
    expect(difference(difference(changed, UNOWNED), ownedBy(next, "updater"))).toEqual({});
    fields += sizeOf(owned);
  }
  expect(fields).toBeGreaterThan(1000);
});

test(`[PR2] applying twice is applying once; the applier owns exactly what it named (seed ${SEED})`, () => {
  let fields = 0;
  for (const kind of CASES) {
    const config = kind.object();
    const once = applied(kind, undefined, config, "me");
    const twice = applied(kind, once, config, "me");
    expect(withoutTimes(twice)).toBe(withoutTimes(once));
    const named = difference(configuredFields(config as unknown as Fields, applyTypeOf(types, kind.name)), UNOWNED);
    expect(ownedBy(once)).toEqual(named);
    fields += sizeOf(named);
  }
  expect(fields).toBeGreaterThan(1000);
});

test(`[PR3] what one manager applies and gives up again leaves no trace beside another's (seed ${SEED})`, () => {
  let given = 0;
  for (const kind of CASES) {
    const mine = kind.object();
    const alone = applied(kind, undefined, mine, "me");
    const both = applied(kind, alone, kind.object(), "other");
    const { apiVersion, kind: name, metadata } = mine;
    const empty = { apiVersion, kind: name, metadata: { name: metadata.name } } as KubeObject;
    const after = applied(kind, both, empty, "other");
    expect(ownedBy(after, "other")).toEqual({});
    if (!isEmpty(ownedBy(both, "other"))) given++;
    const again = applied(kind, after, mine, "me");
    const restored = applied(kind, again, mine, "me");
    expect(withoutTimes(restored)).toBe(withoutTimes(again));
  }
  expect(given).toBeGreaterThan(100);
});

test(`[PR4] what is stored is canonical (seed ${SEED})`, () => {
  for (const kind of CASES) {
    for (const { fieldsV1 } of entriesOf(updated(kind, undefined, kind.object(), "creator"))) {
      expect(JSON.stringify(parseFieldSet(fieldsV1))).toBe(JSON.stringify(fieldsV1));
    }
  }
});

test("[AP9] of a new object the text written at once is that of comparing it with nothing", () => {
  for (let i = 0; i < 300; i++) {
    const kind = randomCase();
    const object = kind.object();
    const write = {
      ...writeOf(kind, pick(["a", 'q"', ""])),
      scope: { excluded: pick<FieldSet>([{}, { "f:status": {} }, { "f:spec": { "f:replicas": {} } }]) },
    };
    const managers: Managers = new Map();
    updateManagers(managers, {}, object as unknown as Fields, write);
    const { managed } = ownershipAfterUpdate({ object: undefined, managed: undefined }, object, write);
    expect(managed, `seed ${SEED}, ${i}`).toBe(ownershipOf(managers, []).managed);
  }
});
