import { describe, expect, it } from "vitest";
import { deepClone } from "../machinery/meta/equality.ts";
import type { KubeObject } from "../machinery/meta/object.ts";
import { seededRandom } from "../machinery/meta/random.ts";
import { decodeObject } from "../machinery/schema/decode.ts";
import type { Kind } from "./kind.ts";
import { registry } from "./registry.ts";
import { sampleObject } from "./sample-objects.ts";
import { types } from "./types.ts";

const SEED = 20_260_102;
const SAMPLES = 60;
const NOW_MS = Date.parse("2026-01-03T00:00:00Z");

const nameOf = (kind: Kind): string => `${kind.group || "core"}/${kind.version} ${kind.kind}`;

const decode = (kind: Kind, value: unknown): KubeObject =>
  decodeObject({ types, type: kind.type, value }).value as KubeObject;

function* samples(kind: Kind): Generator<KubeObject> {
  const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version;
  yield decode(kind, { apiVersion, kind: kind.kind, metadata: { name: "empty" } });
  const random = seededRandom(SEED);
  for (let i = 0; i < SAMPLES; i++) yield decode(kind, sampleObject(kind, random));
}

const defaulted = (kind: Kind, object: KubeObject): KubeObject =>
  kind.strategy.defaults?.(deepClone(object)) ?? deepClone(object);

/** As the create verb does it. */
const created = (kind: Kind, object: KubeObject): KubeObject => {
  const next = defaulted(kind, object);
  return kind.strategy.prepareForCreate?.(next) ?? next;
};

describe.each(registry.all().map((kind) => [nameOf(kind), kind] as const))(`%s (seed ${SEED})`, (_, kind) => {
  const { strategy } = kind;

  it("KIND-1 defaults are idempotent", () => {
    for (const sample of samples(kind)) {
      const once = defaulted(kind, sample);
      expect(defaulted(kind, once)).toEqual(once);
    }
  });

  it("KIND-2 defaults fit the schema", () => {
    for (const sample of samples(kind)) {
      const once = JSON.parse(JSON.stringify(defaulted(kind, sample)));
      const { unknownFields } = decodeObject({ types, type: kind.type, value: once });
      expect(unknownFields).toEqual([]);
    }
  });

  it("KIND-3 rows have a cell for every column", () => {
    if (!strategy.row) return;
    for (const sample of samples(kind)) {
      const cells = strategy.row(defaulted(kind, sample), NOW_MS);
      expect(cells).toHaveLength(kind.columns.length);
      for (const cell of cells) expect(String(cell)).not.toContain("undefined");
    }
  });

  it("KIND-4 checks give errors, never exceptions, and change nothing", () => {
    for (const sample of samples(kind)) {
      const next = created(kind, sample);
      const before = deepClone(next);
      const errors = [...(strategy.validate?.(next) ?? []), ...(strategy.validateCreate?.(next) ?? [])];
      for (const error of errors) {
        expect(error.field).not.toContain("undefined");
        expect(error.message).not.toContain("undefined");
      }
      expect(next).toEqual(before);
    }
  });

  it("KIND-5 an object may be written again as it is", () => {
    for (const sample of samples(kind)) {
      const prev = created(kind, sample);
      if ([...(strategy.validate?.(prev) ?? []), ...(strategy.validateCreate?.(prev) ?? [])].length > 0) continue;
      const copy = defaulted(kind, prev);
      const next = strategy.prepareForUpdate?.(copy, prev) ?? copy;
      expect(strategy.validateUpdate?.(next, prev) ?? []).toEqual([]);
    }
  });

  it("KIND-6 any update and any write of a subresource is judged without exceptions", () => {
    let prev: KubeObject | undefined;
    for (const sample of samples(kind)) {
      const next = defaulted(kind, sample);
      if (prev) {
        const frozen = deepClone(prev);
        const main = strategy.prepareForUpdate?.(deepClone(next), prev) ?? next;
        strategy.validateUpdate?.(main, prev);
        for (const rules of Object.values(strategy.subresources ?? {})) {
          const sub = rules.prepareForUpdate?.(deepClone(next), prev) ?? next;
          rules.validateUpdate?.(sub, prev);
        }
        strategy.selectableFields?.(main);
        strategy.defaultGraceSeconds?.(prev);
        expect(prev).toEqual(frozen);
      }
      prev = created(kind, sample);
    }
  });

  it("KIND-7 conversions lead back", () => {
    if (!strategy.toStored || !strategy.fromStored) return;
    for (const sample of samples(kind)) {
      const next = created(kind, sample);
      const once = strategy.fromStored(strategy.toStored(deepClone(next)));
      expect(strategy.fromStored(strategy.toStored(deepClone(once)))).toEqual(once);
    }
  });
});
