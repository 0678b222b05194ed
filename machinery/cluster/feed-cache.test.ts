import { describe, expect, it } from "vitest";
import type { KubeObject } from "../meta/object.ts";
import type { ChangeBatch, Cluster, SnapshotPage } from "./contract.ts";
import { FeedCache } from "./feed-cache.ts";
import { Table } from "./table.ts";

const pod = (name: string, revision: number, labels: { [key: string]: string } = {}, uid = `uid-${name}`) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "ns", uid, resourceVersion: String(revision), labels },
});
const text = (...args: Parameters<typeof pod>) => JSON.stringify(pod(...args));
const event = (type: "ADDED" | "MODIFIED" | "DELETED", revision: number, name: string, uid = `uid-${name}`) => ({
  type,
  resource: "pods",
  namespace: "ns",
  name,
  revision,
  value: text(name, revision, {}, uid),
});

function setUp(pages: (() => Promise<SnapshotPage>)[], bufferLimitBytes?: number) {
  const log: string[] = [];
  const unreadable: string[] = [];
  const pods = new Table<KubeObject, "app">({
    resource: "pods",
    project: (object) => {
      if (object.metadata.labels?.poison) throw new Error("poison");
      return object;
    },
    indexes: { app: ({ metadata }) => (metadata.labels?.app ? [metadata.labels.app] : undefined) },
  });
  const cluster: Cluster = {
    snapshot: () => pages.shift()?.() ?? Promise.reject(new Error("no more pages")),
    write: () => Promise.reject(new Error("read only")),
  };
  const cache = new FeedCache({
    cluster,
    tables: [pods],
    onChange: ({ type, object, previous }) =>
      log.push(
        `${type} ${object.metadata.name}@${previous ? `${previous.metadata.resourceVersion}→` : ""}${object.metadata.resourceVersion}`,
      ),
    onUnreadable: (error) => unreadable.push(String(error)),
    ...(bufferLimitBytes !== undefined && { bufferLimitBytes }),
  });
  return { cache, pods, log, unreadable };
}

const page = (revision: number, names: string[], next?: string) => (): Promise<SnapshotPage> =>
  Promise.resolve({
    revision,
    items: names.map((name) => ({ resource: "pods", value: text(name, revision) })),
    ...(next && { next }),
  });

describe("FeedCache", () => {
  it("[FC1] is cold until a paged snapshot was read", async () => {
    const { cache, pods, log } = setUp([page(5, ["a"], "more"), page(5, ["b"])]);
    cache.accept({ from: 0, to: 3, events: [event("ADDED", 3, "x")] });
    expect(cache.position).toBeUndefined();
    await cache.load();
    expect(cache.position).toBe(5);
    expect([...pods.values()].map((p) => p.metadata.name)).toEqual(["a", "b"]);
    expect(log).toEqual(["added a@5", "added b@5"]);
  });

  it.each<{ name: string; batches: ChangeBatch[]; log: string[]; position: number | undefined }>([
    {
      name: "[FC2] follows batches in order",
      batches: [
        { from: 5, to: 6, events: [event("MODIFIED", 6, "a")] },
        { from: 6, to: 9, events: [event("ADDED", 7, "c"), event("DELETED", 9, "a")] },
      ],
      log: ["changed a@5→6", "added c@7", "deleted a@6"],
      position: 9,
    },
    {
      name: "[FC3] ignores a batch that was sent twice",
      batches: [
        { from: 5, to: 6, events: [event("ADDED", 6, "c")] },
        { from: 5, to: 6, events: [event("ADDED", 6, "c")] },
      ],
      log: ["added c@6"],
      position: 6,
    },
    {
      name: "[FC4] takes the new part of an overlapping batch",
      batches: [{ from: 3, to: 7, events: [event("MODIFIED", 4, "a"), event("MODIFIED", 7, "a")] }],
      log: ["changed a@5→7"],
      position: 7,
    },
    {
      name: "[FC5] is cold after a gap",
      batches: [{ from: 6, to: 7, events: [event("ADDED", 7, "c")] }],
      log: [],
      position: undefined,
    },
    {
      name: "[FC6] an empty batch moves the position",
      batches: [{ from: 5, to: 8, events: [] }],
      log: [],
      position: 8,
    },
    {
      name: "[FC7] a name with a new uid is another object",
      batches: [{ from: 5, to: 7, events: [event("MODIFIED", 7, "a", "other")] }],
      log: ["deleted a@5", "added a@7"],
      position: 7,
    },
  ])("$name", async ({ batches, log, position }) => {
    const seen = setUp([page(5, ["a"])]);
    await seen.cache.load();
    seen.log.length = 0;
    for (const batch of batches) seen.cache.accept(batch);
    expect(seen.log).toEqual(log);
    expect(seen.cache.position).toBe(position);
  });

  it("[FC8] after a gap the snapshot tells only differences", async () => {
    const same = { resource: "pods", value: text("same", 2) };
    const snapshot = (revision: number, items: SnapshotPage["items"]) => () => Promise.resolve({ revision, items });
    const { cache, log } = setUp([
      snapshot(5, [same, { resource: "pods", value: text("gone", 5) }]),
      snapshot(9, [same, { resource: "pods", value: text("new", 9) }]),
    ]);
    await cache.load();
    cache.accept({ from: 7, to: 8, events: [] });
    log.length = 0;
    await cache.load();
    expect(log).toEqual(["added new@9", "deleted gone@5"]);
  });

  it("[FC9] batches that come during a snapshot are applied behind it", async () => {
    const seen = setUp([
      async () => {
        seen.cache.accept({ from: 3, to: 4, events: [event("ADDED", 4, "old")] });
        seen.cache.accept({ from: 4, to: 7, events: [event("MODIFIED", 7, "a")] });
        return page(5, ["a"])();
      },
    ]);
    await seen.cache.load();
    expect(seen.log).toEqual(["added a@5", "changed a@5→7"]);
    expect(seen.cache.position).toBe(7);
  });

  it("[FC10] reads again when the snapshot expired or was overrun", async () => {
    const expire = () => Promise.reject(Object.assign(new Error("compacted"), { name: "SnapshotExpired" }));
    const seen = setUp(
      [
        expire,
        async () => {
          seen.cache.accept({ from: 5, to: 6, events: [event("ADDED", 6, "b")] });
          return page(5, ["a"])();
        },
        page(6, ["a", "b"]),
      ],
      10,
    );
    await seen.cache.load();
    expect(seen.cache.position).toBe(6);
    expect([...seen.pods.values()].map((p) => p.metadata.name)).toEqual(["a", "b"]);
  });

  it("[FC11] stays cold when the cluster cannot be reached", async () => {
    const { cache } = setUp([() => Promise.reject(new Error("down")), page(1, [])]);
    await expect(cache.load()).rejects.toThrow("down");
    expect(cache.position).toBeUndefined();
    await cache.load();
    expect(cache.position).toBe(1);
  });

  it("[FC12] an unreadable object is reported and stops no other", async () => {
    const { cache, pods, unreadable } = setUp([
      () =>
        Promise.resolve({
          revision: 3,
          items: [
            { resource: "pods", value: text("bad", 1, { poison: "yes" }) },
            { resource: "pods", value: "{" },
            { resource: "pods", value: text("good", 2) },
          ],
        }),
    ]);
    await cache.load();
    expect([...pods.values()].map((p) => p.metadata.name)).toEqual(["good"]);
    expect(unreadable).toHaveLength(2);
  });
});

describe("Table", () => {
  it("[TB1] keeps indexes and counts in step", async () => {
    const { pods } = setUp([]);
    pods.put(pod("a", 1, { app: "x" }));
    pods.put(pod("b", 1, { app: "x" }));
    pods.put(pod("a", 2, { app: "y" }));
    expect([...pods.by("app", "x")].map((p) => p.metadata.name)).toEqual(["b"]);
    expect([...pods.by("app", "y")].map((p) => p.metadata.name)).toEqual(["a"]);
    expect([...pods.keysOf("app")].sort()).toEqual(["x", "y"]);
    pods.remove("ns", "b");
    expect(pods.by("app", "x").size).toBe(0);
    expect([...pods.keysOf("app")]).toEqual(["y"]);
    expect([pods.size, pods.countInNamespace("ns"), pods.countInNamespace("none")]).toEqual([1, 1, 0]);
    expect(pods.remove("ns", "b")).toBeUndefined();
  });
});
