import { expect, test } from "vitest";
import type { ManagedFieldsEntry } from "../meta/object.ts";
import { scaleManagedFields, workloadManagedFields } from "./scale.ts";

const MAPPING = { apiVersion: "apps/v1", path: ["f:spec", "f:replicas"] };
const time = "2026-01-01T00:00:00Z";

const entry = (manager: string, fieldsV1: object, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry =>
  ({ manager, operation: "Apply", apiVersion: "apps/v1", time, fieldsType: "FieldsV1", fieldsV1, ...more }) as never;

const BOTH = { "f:spec": { "f:replicas": {}, "f:selector": {} } };
const REPLICAS = { "f:spec": { "f:replicas": {} } };
const SELECTOR = { "f:spec": { "f:selector": {} } };
const inScale = { apiVersion: "autoscaling/v1" };

test("[SC1] a Scale shows who owns the replicas, and nothing else", () => {
  const entries = [entry("a", BOTH), entry("b", SELECTOR), entry("old", BOTH, { apiVersion: "apps/v1beta1" })];
  expect(scaleManagedFields(entries, MAPPING)).toEqual([entry("a", REPLICAS, inScale)]);
});

test("[SC2] whoever scales takes the replicas from the workload's entry", () => {
  const scaler = entry("s", REPLICAS, { ...inScale, operation: "Update", subresource: "scale" });
  expect(workloadManagedFields([entry("a", BOTH)], [scaler], MAPPING)).toEqual([
    entry("a", SELECTOR),
    { ...scaler, apiVersion: "apps/v1" },
  ]);
});

test("[SC3] an entry that had only the replicas goes", () => {
  const scaler = entry("s", REPLICAS, inScale);
  expect(workloadManagedFields([entry("a", REPLICAS)], [scaler], MAPPING)).toEqual([
    { ...scaler, apiVersion: "apps/v1" },
  ]);
});

test("[SC4] the same owners as before leave the list as it is", () => {
  const entries = [entry("a", BOTH), entry("u", BOTH, { operation: "Update" })];
  const scaleEntries = scaleManagedFields(entries, MAPPING)!;
  expect(workloadManagedFields(entries, scaleEntries, MAPPING)).toBe(entries);
});
