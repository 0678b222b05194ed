import { describe, expect, it } from "vitest";
import type { Kind } from "../../kinds/kind.ts";
import type { KubeObject, ObjectMeta } from "../../machinery/meta/object.ts";
import { type DeleteOptions, planDeletion } from "./deletion.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const plain = { strategy: {} } as Kind;
/** Thirty seconds of grace, unless it is not running. */
const graceful = {
  strategy: { defaultGraceSeconds: (o: KubeObject) => (o.metadata.labels?.idle ? undefined : 30) },
} as unknown as Kind;

const object = (meta: ObjectMeta = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "X",
  metadata: { name: "a", ...meta },
});
const plan = (kind: Kind, meta: ObjectMeta, options: DeleteOptions = {}, pendingBySpec = false) =>
  planDeletion(object(meta), { options, kind, pendingBySpec, nowMs: NOW });
const marked = { deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 };

describe("without grace", () => {
  it.each([
    { name: "[DP1] goes at once", meta: {}, options: {}, want: { do: "remove" } },
    {
      name: "[DP2] grace asked for means nothing",
      meta: {},
      options: { gracePeriodSeconds: 60 },
      want: { do: "remove" },
    },
    {
      name: "[DP3] finalizers hold it",
      meta: { finalizers: ["f"] },
      options: {},
      want: {
        do: "mark",
        meta: { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0, finalizers: ["f"] },
      },
    },
    {
      name: "[DP4] a held one is marked once",
      meta: { finalizers: ["f"], deletionTimestamp: "2025-12-31T00:00:00Z", deletionGracePeriodSeconds: 0 },
      options: {},
      want: { do: "nothing" },
    },
    {
      name: "[DP5] Orphan waits for the collector",
      meta: {},
      options: { propagationPolicy: "Orphan" as const },
      want: { do: "mark", meta: { finalizers: ["orphan"] } },
    },
    {
      name: "[DP6] Foreground replaces Orphan",
      meta: { finalizers: ["f", "orphan"] },
      options: { propagationPolicy: "Foreground" as const },
      want: { do: "mark", meta: { finalizers: ["f", "foregroundDeletion"] } },
    },
    {
      name: "[DP7] Background takes the collector's finalizers away",
      meta: { finalizers: ["orphan"] },
      options: { propagationPolicy: "Background" as const },
      want: { do: "remove" },
    },
    {
      name: "[DP8] the old way of orphaning",
      meta: {},
      options: { orphanDependents: true },
      want: { do: "mark", meta: { finalizers: ["orphan"] } },
    },
    {
      name: "[DP9] the generation grows with the first mark",
      meta: { finalizers: ["f"], generation: 4 },
      options: {},
      want: { do: "mark", meta: { generation: 5 } },
    },
  ])("$name", ({ meta, options, want }) => {
    expect(plan(plain, meta, options)).toMatchObject(want);
  });

  it("[DP10] held by its spec", () => {
    expect(plan(plain, {}, {}, true)).toMatchObject({ do: "mark" });
  });
});

describe("with grace", () => {
  it.each([
    { name: "[DG1] the usual", meta: {}, options: {}, want: { do: "mark", meta: marked } },
    {
      name: "[DG2] what was asked for",
      meta: {},
      options: { gracePeriodSeconds: 5 },
      want: { do: "mark", meta: { deletionTimestamp: "2026-01-01T00:00:05Z", deletionGracePeriodSeconds: 5 } },
    },
    { name: "[DG3] none", meta: {}, options: { gracePeriodSeconds: 0 }, want: { do: "remove" } },
    {
      name: "[DG4] a negative one is a second",
      meta: {},
      options: { gracePeriodSeconds: -3 },
      want: { do: "mark", meta: { deletionGracePeriodSeconds: 1 } },
    },
    {
      name: "[DG5] what does not run needs none",
      meta: { labels: { idle: "1" } },
      options: { gracePeriodSeconds: 9 },
      want: { do: "remove" },
    },
    { name: "[DG6] again", meta: marked, options: {}, want: { do: "nothing" } },
    { name: "[DG7] again, longer", meta: marked, options: { gracePeriodSeconds: 60 }, want: { do: "nothing" } },
    {
      name: "[DG8] again, shorter: from when it began",
      meta: marked,
      options: { gracePeriodSeconds: 10 },
      want: { do: "mark", meta: { deletionTimestamp: "2026-01-01T00:00:10Z", deletionGracePeriodSeconds: 10 } },
    },
    { name: "[DG9] again, none", meta: marked, options: { gracePeriodSeconds: 0 }, want: { do: "remove" } },
    {
      name: "[DG10] none, but held by a finalizer",
      meta: { ...marked, finalizers: ["f"] },
      options: { gracePeriodSeconds: 0 },
      want: { do: "mark", meta: { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 } },
    },
    {
      name: "[DG11] again, negative: a second",
      meta: marked,
      options: { gracePeriodSeconds: -5 },
      want: { do: "mark", meta: { deletionTimestamp: "2026-01-01T00:00:01Z", deletionGracePeriodSeconds: 1 } },
    },
    {
      name: "[DG12] over, and only held: what becomes of dependents can still be said",
      meta: { deletionTimestamp: "2025-12-31T00:00:00Z", deletionGracePeriodSeconds: 0, finalizers: ["f"] },
      options: { propagationPolicy: "Foreground" as const },
      want: { do: "mark", meta: { finalizers: ["f", "foregroundDeletion"] } },
    },
    {
      name: "[DG13] over, and held by nothing",
      meta: { deletionTimestamp: "2025-12-31T00:00:00Z", deletionGracePeriodSeconds: 0 },
      options: {},
      want: { do: "remove" },
    },
  ])("$name", ({ meta, options, want }) => {
    expect(plan(graceful, meta, options)).toMatchObject(want);
  });
});

describe("kinds with a policy of their own", () => {
  const jobs = { strategy: {}, storage: "jobs.batch" } as unknown as Kind;
  const events = { strategy: {}, storage: "events" } as unknown as Kind;
  it.each([
    { name: "[DK1] a Job's pods stay unless told", kind: jobs, meta: {}, options: {}, finalizers: ["orphan"] },
    { name: "[DK2] told by policy", kind: jobs, options: { propagationPolicy: "Background" as const } },
    { name: "[DK3] told the old way", kind: jobs, options: { orphanDependents: false } },
    {
      name: "[DK4] told by a finalizer",
      kind: jobs,
      meta: { finalizers: ["foregroundDeletion"] },
      options: {},
      finalizers: ["foregroundDeletion"],
    },
    { name: "[DK5] nothing waits for events", kind: events, options: { propagationPolicy: "Foreground" as const } },
  ])("$name", ({ kind, meta = {}, options, finalizers }) => {
    const want = finalizers ? { do: "mark", meta: { finalizers } } : { do: "remove" };
    expect(plan(kind, meta, options)).toMatchObject(want);
  });
});

it("[DP11] leaves the object as it was", () => {
  const before = object({ finalizers: ["f"], generation: 1 });
  const text = JSON.stringify(before);
  planDeletion(before, {
    options: { propagationPolicy: "Foreground" },
    kind: graceful,
    pendingBySpec: false,
    nowMs: NOW,
  });
  expect(JSON.stringify(before)).toBe(text);
});
