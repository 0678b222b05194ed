import { expect, test } from "vitest";
import type { ManagedFieldsEntry } from "../meta/object.ts";
import { textOfEntries } from "./ownership.ts";
import { scaleManagedFields, workloadOwnership } from "./scale.ts";

const MAPPING = { apiVersion: "apps/v1", path: ["f:spec", "f:replicas"] };
const time = "2026-01-01T00:00:00Z";

const entry = (manager: string, fieldsV1: object, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry =>
  ({ manager, operation: "Apply", apiVersion: "apps/v1", time, fieldsType: "FieldsV1", fieldsV1, ...more }) as never;

const parse = (managed: string | undefined): unknown => managed && JSON.parse(managed);

const after = (entries: ManagedFieldsEntry[], scaleEntries: ManagedFieldsEntry[]): unknown =>
  parse(workloadOwnership(textOfEntries(entries), textOfEntries(scaleEntries), MAPPING).managed);

const BOTH = { "f:spec": { "f:replicas": {}, "f:selector": {} } };
const REPLICAS = { "f:spec": { "f:replicas": {} } };
const SELECTOR = { "f:spec": { "f:selector": {} } };
const inScale = { apiVersion: "autoscaling/v1" };

test("[SC1] a Scale shows who owns the replicas, and nothing else", () => {
  const entries = [entry("a", BOTH), entry("b", SELECTOR), entry("old", BOTH, { apiVersion: "apps/v1beta1" })];
  expect(parse(scaleManagedFields(textOfEntries(entries), MAPPING))).toEqual([entry("a", REPLICAS, inScale)]);
});

test("[SC2] whoever scales takes the replicas from the workload's entry", () => {
  const scaler = entry("s", REPLICAS, { ...inScale, operation: "Update", subresource: "scale" });
  expect(after([entry("a", BOTH)], [scaler])).toEqual([entry("a", SELECTOR), { ...scaler, apiVersion: "apps/v1" }]);
});

test("[SC3] an entry that had only the replicas goes", () => {
  const scaler = entry("s", REPLICAS, inScale);
  expect(after([entry("a", REPLICAS)], [scaler])).toEqual([{ ...scaler, apiVersion: "apps/v1" }]);
});

test("[SC4] the same owners as before leave the list as it is", () => {
  const entries = [entry("a", BOTH), entry("u", BOTH, { operation: "Update" })];
  const managed = textOfEntries(entries);
  const same = workloadOwnership(managed, scaleManagedFields(managed, MAPPING), MAPPING);
  expect(same).toEqual({ managed, isSame: true });
});
