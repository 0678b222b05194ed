import { describe, expect, it } from "vitest";
import { objectMetaErrors, objectMetaUpdateErrors } from "./object-meta.ts";

const lines = (errors: { field: string; message: string }[]) => errors.map((e) => `${e.field}: ${e.message}`);
const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "1", controller: true };

describe("objectMetaErrors", () => {
  it.each([
    [{ name: "web", namespace: "default" }, []],
    [{ generateName: "web-", name: "web-abcde", namespace: "default" }, []],
    [{ namespace: "default" }, ["metadata.name: Required value: name or generateName is required"]],
    [{ name: "web" }, ["metadata.namespace: Required value"]],
    [{ name: "web", namespace: "default", annotations: { "Example.com/x": "any text" } }, []],
    [
      { name: "web", namespace: "default", annotations: { x: "a".repeat(256 * 1024) } },
      ["metadata.annotations: Too long: may not be more than 262144 bytes"],
    ],
    [
      { name: "web", namespace: "default", finalizers: ["mine"] },
      [
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [{ name: "web", namespace: "default", finalizers: ["orphan", "example.com/x"] }, []],
    [
      { name: "web", namespace: "default", finalizers: ["orphan", "foregroundDeletion"] },
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
    [
      { name: "web", namespace: "default", managedFields: [{ operation: "Update" as const, manager: "a\u0007" }] },
      ['metadata.managedFields[0].manager: Invalid value: "a\\u0007": invalid character U+0007 (at position 1)'],
    ],
    [
      { name: "web", namespace: "default", ownerReferences: [{ ...owner, uid: "" }] },
      ['metadata.ownerReferences.uid: Invalid value: "": must not be empty'],
    ],
  ])("[OM1] %j", (meta, errors) => {
    expect(lines(objectMetaErrors(meta, { namespaced: true }))).toEqual(errors);
  });

  it("[OM2] one controller at most", () => {
    const errors = objectMetaErrors(
      { name: "a", ownerReferences: [owner, { ...owner, name: "other" }] },
      { namespaced: false },
    );
    expect(errors[0]?.message).toContain(
      'Only one reference can have Controller set to true. Found "true" in references for ReplicaSet/web and ReplicaSet/other',
    );
  });
});

describe("objectMetaUpdateErrors", () => {
  it.each([
    [{ name: "a", uid: "1" }, { name: "a", uid: "1", generation: 1 }, []],
    [{ name: "b" }, { name: "a" }, ['metadata.name: Invalid value: "b": field is immutable']],
    [
      { name: "a", finalizers: ["example.com/x", "example.com/y"] },
      { name: "a", finalizers: ["example.com/y"], deletionTimestamp: "2026-01-01T00:00:00Z" },
      [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/x"}',
      ],
    ],
    [
      { name: "a", generation: 1 },
      { name: "a", generation: 2 },
      ["metadata.generation: Invalid value: 1: must not be decremented"],
    ],
  ])("[OM3] %j after %j", (next, prev, errors) => {
    expect(lines(objectMetaUpdateErrors(next, prev))).toEqual(errors);
  });
});
