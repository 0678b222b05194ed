import { describe, expect, it } from "vitest";
import type { StorageVersion } from "../../kinds/generated/api/apiserverinternal-v1alpha1.ts";
import type { StorageVersionMigration } from "../../kinds/generated/api/storagemigration-v1beta1.ts";
import { registry } from "../../kinds/registry.ts";
import { metadata, pod } from "../../test/fakes/cluster-objects.ts";
import type { Failure } from "../runner/controller.ts";
import { View } from "../view/view.ts";
import { planStorageVersion } from "./collect.ts";
import { storageVersionMigrator } from "./migrate.ts";

const NOW = Date.parse("2026-01-01T00:01:00Z");
const TIME = "2026-01-01T00:01:00Z";

describe("StorageVersions", () => {
  const EQUAL = "AllEncodingVersionsEqual";
  const of = (versions: { [id: string]: string }, status: object = {}): StorageVersion =>
    ({
      metadata: metadata("apps.deployments", { namespace: "" }),
      spec: {},
      status: {
        storageVersions: Object.entries(versions).map(([apiServerID, encodingVersion]) => ({
          apiServerID,
          encodingVersion,
          decodableVersions: [],
        })),
        ...status,
      },
    }) as unknown as StorageVersion;

  it.each([
    { name: "[SV1] all servers live: nothing", versions: { live: "v1" }, verbs: [] },
    { name: "[SV2] of none that lives: it goes", versions: { dead: "v1" }, verbs: ["delete"] },
    { name: "[SV3] of one that is gone: what that said goes", versions: { live: "v1", dead: "v2" }, verbs: ["patch"] },
    { name: "[SV4] nobody has said anything: it stays", versions: {}, verbs: [] },
  ])("$name", ({ versions, verbs }) => {
    const plan = planStorageVersion(of(versions as never), (id) => id !== "dead", NOW);
    expect(plan.actions.map(({ op }) => op.verb)).toEqual(verbs);
  });

  it.each([
    {
      name: "[SV5] those that are left agree: that is told",
      versions: { a: "v1", dead: "v2", b: "v1" },
      before: { conditions: [{ type: EQUAL, status: "False", lastTransitionTime: "old", reason: "", message: "" }] },
      patch: {
        commonEncodingVersion: "v1",
        conditions: [
          {
            type: EQUAL,
            status: "True",
            observedGeneration: 1,
            lastTransitionTime: TIME,
            reason: "CommonEncodingVersionSet",
            message: "Common encoding version set",
          },
        ],
      },
    },
    {
      name: "[SV6] they do not agree as before",
      versions: { a: "v1", dead: "v2", b: "v3" },
      before: {
        conditions: [
          {
            type: EQUAL,
            status: "False",
            observedGeneration: 1,
            lastTransitionTime: "old",
            reason: "CommonEncodingVersionUnset",
            message: "Common encoding version unset",
          },
        ],
      },
      patch: {},
    },
  ])("$name", ({ versions, before, patch }) => {
    const plan = planStorageVersion(of(versions as never, before), (id) => id !== "dead", NOW);
    const { storageVersions, ...rest } = (
      plan.actions[0]!.op as unknown as { patch: { status: StorageVersion["status"] } }
    ).patch.status!;
    expect(storageVersions?.map(({ apiServerID }) => apiServerID)).toEqual(["a", "b"]);
    expect(rest).toEqual(patch);
  });
});

describe("StorageVersionMigrations", () => {
  type Condition = { type: string; status: string };
  const RUNNING = { type: "Running", status: "True", lastTransitionTime: "t", reason: "R", message: "" };
  const migration = (resource: string, status?: object): StorageVersionMigration =>
    ({
      metadata: metadata("m", { namespace: "", resourceVersion: "50" }),
      spec: { resource: { group: "", resource } },
      ...(status && { status }),
    }) as unknown as StorageVersionMigration;
  const seen = { nowMs: NOW, random: () => 0, attempts: 0, failures: [] as Failure[] };
  const viewOf = (m: StorageVersionMigration, versions: readonly string[] = []): View => {
    const view = new View(registry);
    view.storageVersionMigrations.put(m);
    versions.forEach((resourceVersion, i) => {
      view.pods.put(pod(`p${i}`, { metadata: { resourceVersion } }));
    });
    return view;
  };
  const statusIn = (plan: { actions: readonly { op: object }[] }) =>
    (plan.actions[0]!.op as { patch?: { status?: { conditions: Condition[]; resourceVersion?: string } } }).patch
      ?.status;
  const conditionsIn = (plan: Parameters<typeof statusIn>[0]) =>
    statusIn(plan)?.conditions.map((c) => [
      c.type,
      c.status,
      (c as { reason?: string }).reason,
      (c as { message?: string }).message,
    ]);

  it("[SV7] a new one runs, from its own version on", () => {
    const plan = storageVersionMigrator(registry).plan("m", viewOf(migration("pods")), seen);
    expect(statusIn(plan)?.resourceVersion).toBe("50");
    expect(conditionsIn(plan)).toEqual([["Running", "True", "StorageVersionMigrationInProgress", ""]]);
  });

  it.each([
    {
      name: "[SV8] of what is not served it fails",
      resource: "widgets",
      message: "resource does not exist in discovery",
    },
    {
      name: "[SV9] of what is not kept it fails",
      resource: "bindings",
      message: "migration encountered unhandled error: resource does not exist in GC",
    },
  ])("$name", ({ resource, message }) => {
    const plan = storageVersionMigrator(registry).plan("m", viewOf(migration(resource)), seen);
    expect(conditionsIn(plan)).toEqual([["Failed", "True", "StorageVersionMigrationFailed", message]]);
  });

  const running = { resourceVersion: "50", conditions: [RUNNING] };

  it("[SV10] rewrites what was there when it began, in parts, and has succeeded then", () => {
    const versions = Array.from({ length: 700 }, (_, i) => String(i % 70));
    const view = viewOf(migration("pods", running), versions);
    const migrator = storageVersionMigrator(registry);
    const names: string[] = [];
    let last = migrator.plan("m", view, seen);
    for (; last.againAtMs !== undefined; last = migrator.plan("m", view, seen)) {
      expect(last.actions.length).toBeLessThanOrEqual(500);
      for (const { op } of last.actions) {
        expect(op).toMatchObject({ verb: "patch", resource: "pods", patch: { metadata: {} } });
        names.push((op as { name: string }).name);
      }
    }
    expect(new Set(names).size).toBe(510);
    expect(names).toHaveLength(510);
    expect(conditionsIn(last)).toEqual([
      ["Running", "False", "R", ""],
      ["Succeeded", "True", "StorageVersionMigrationSucceeded", ""],
    ]);
  });

  const failure = (reason: string, message: string): Failure =>
    ({ op: { resource: "pods", verb: "patch" }, status: { reason, message } }) as unknown as Failure;

  it("[SV11] what failed for now is tried again; nothing is left out", () => {
    const view = viewOf(migration("pods", running), ["1", "2"]);
    const migrator = storageVersionMigrator(registry);
    migrator.plan("m", view, seen);
    const again = migrator.plan("m", view, { ...seen, attempts: 1, failures: [failure("TooManyRequests", "")] });
    expect(again.actions).toHaveLength(2);
    const unknown = migrator.plan("m", view, { ...seen, attempts: 2 });
    expect(unknown.actions).toHaveLength(2);
  });

  it("[SV12] what fails for good ends it; a conflict does not", () => {
    const view = viewOf(migration("pods", running), ["1"]);
    const migrator = storageVersionMigrator(registry);
    const [action] = migrator.plan("m", view, seen).actions;
    expect(action?.isFine?.({ reason: "Conflict" } as never)).toBe(true);
    const plan = migrator.plan("m", view, { ...seen, attempts: 1, failures: [failure("Invalid", "no good")] });
    expect(conditionsIn(plan)?.[1]).toEqual([
      "Failed",
      "True",
      "StorageVersionMigrationFailed",
      "migration encountered unhandled error: no good",
    ]);
  });

  it.each(["Succeeded", "Failed"])("[SV13] one that has %s is left alone", (type) => {
    const over = { conditions: [{ ...RUNNING, type }] };
    expect(storageVersionMigrator(registry).plan("m", viewOf(migration("pods", over), ["1"]), seen).actions).toEqual(
      [],
    );
  });
});
