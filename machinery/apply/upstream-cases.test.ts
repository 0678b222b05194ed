/**
 * Writes whose outcome Kubernetes' own field manager (k8s.io/apimachinery v0.36, structured-merge-diff v6.3.2) has
 * said: random objects, one case a line in upstream-cases.jsonl. Times of the write are "NOW" there.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { types } from "../../kinds/types.ts";
import { formatTime } from "../clock.ts";
import type { KubeObject, ManagedFieldsEntry } from "../meta/object.ts";
import { ApiError } from "../meta/status.ts";
import { decodeObject } from "../schema/decode.ts";
import { applyConfiguration } from "./apply.ts";
import { encodedObject } from "./encoded.ts";
import { textOfEntries } from "./ownership.ts";
import { applyTypeOf } from "./schema.ts";
import { ownershipAfterUpdate } from "./update.ts";
import type { Fields } from "./value.ts";

interface UpstreamCase {
  type: string;
  group: string;
  apiVersion: string;
  kind: string;
  operation: "apply" | "update";
  manager: string;
  subresource: string;
  /** Top-level fields that the endpoint resets. */
  excluded: string[];
  force: boolean;
  live: KubeObject;
  next: KubeObject;
  expected: { causes?: [string, string][]; managedFields?: ManagedFieldsEntry[]; object?: Fields };
}

const cases = readFileSync(new URL("upstream-cases.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as UpstreamCase);

const nowMs = Date.parse("2030-01-01T00:00:00Z");

function outcomeOf({ type: name, apiVersion, subresource, manager, ...given }: UpstreamCase): {
  object?: Fields;
  managed: string | undefined;
} {
  const { next, group, kind, force } = given;
  const { managedFields, ...metadata } = given.live.metadata;
  const live = {
    object: { ...given.live, metadata },
    managed: managedFields && textOfEntries(managedFields),
  };
  const scope = { excluded: Object.fromEntries(given.excluded.map((field) => [`f:${field}`, {}])) };
  const versions = { type: () => undefined, convert: (object: Fields) => object };
  const write = { type: applyTypeOf(types, name), apiVersion, subresource, manager, nowMs, scope, versions };
  if (given.operation === "update") return ownershipAfterUpdate(live, next, write);
  const applied = applyConfiguration(live, next as unknown as Fields, { ...write, group, kind, force });
  return { object: applied.object, managed: applied.ownership.managed };
}

const encoded = (object: unknown, type: string): Fields => {
  const { value } = decodeObject({ types, type, value: structuredClone(object) });
  const { metadata, ...rest } = encodedObject(value as Fields, applyTypeOf(types, type));
  const { managedFields: _entries, uid: _uid, ...meta } = metadata as Fields;
  return { ...rest, metadata: meta };
};

test.each(cases.map((given, i) => ({ given, name: `${i} ${given.kind} ${given.operation}` })))(
  "[UC1] case $name",
  ({ given }) => {
    const { causes, managedFields = [], object } = given.expected;
    if (causes) {
      expect(() => outcomeOf(given)).toThrow(ApiError);
      try {
        outcomeOf(given);
      } catch (error) {
        const told = (error as ApiError).status.details?.causes?.map(({ field, message }) => [field, message]);
        expect(told?.sort()).toEqual(causes);
      }
      return;
    }
    const outcome = outcomeOf(given);
    const now = formatTime(nowMs);
    const list = JSON.parse(outcome.managed ?? "[]") as ManagedFieldsEntry[];
    const entries = list.map((entry) => ({
      ...entry,
      ...(entry.time === now && { time: "NOW" }),
    }));
    // As text: the order of entries and fields counts.
    expect(JSON.stringify(entries)).toBe(JSON.stringify(managedFields));
    if (object) expect(encoded(outcome.object, given.type)).toEqual(encoded(object, given.type));
  },
);

test("[UC2] there are cases of each sort", () => {
  expect(cases.length).toBeGreaterThan(40);
  expect(cases.filter(({ expected }) => expected.causes).length).toBeGreaterThan(10);
});
