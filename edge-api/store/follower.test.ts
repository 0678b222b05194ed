import { describe, expect, it } from "vitest";
import type { ChangeBatch, ChangeEvent, SnapshotPage } from "../../machinery/cluster/contract.ts";
import { NodeSql } from "../../test/fakes/node-sql.ts";
import { expire, oldestWriteMs } from "./expiry.ts";
import { StoreFollower } from "./follower.ts";
import { migrate } from "./migrate.ts";
import { SqliteStore } from "./sqlite-store.ts";

const text = (name: string, version: number) =>
  JSON.stringify({ metadata: { name, resourceVersion: String(version) } });

/** A follower of "a", the original's pages, and what was told of what went. */
function setUp(pages: SnapshotPage[] = [], position?: number) {
  const sql = new NodeSql();
  migrate(sql);
  let nowMs = 1_000;
  const store = new SqliteStore(sql, { now: () => nowMs });
  const state = { position, deleted: [] as string[], snapshots: 0, onPage: () => {} };
  const follower = new StoreFollower({
    store,
    resources: ["a"],
    snapshot: async () => {
      state.snapshots++;
      state.onPage();
      const page = pages.shift();
      if (!page) throw new Error("no page");
      return page;
    },
    position: {
      get: () => state.position,
      set: (next) => {
        state.position = next;
      },
    },
    onDeleted: ({ name }) => state.deleted.push(name),
  });
  const copies = () => Object.fromEntries([...store.list({ resource: "a" })].map(({ name, value }) => [name, value]));
  return { sql, store, state, follower, copies, setNow: (ms: number) => (nowMs = ms) };
}
const page = (revision: number, names: string[], next?: string): SnapshotPage => ({
  revision,
  items: names.map((name) => ({ resource: "a", value: text(name, revision) })),
  ...(next && { next }),
});
const change = (type: ChangeEvent["type"], name: string, revision: number): ChangeEvent => ({
  type,
  resource: "a",
  namespace: "",
  name,
  revision,
  value: text(name, revision),
});
const batch = (from: number, to: number, ...events: ChangeEvent[]): ChangeBatch => ({ from, to, events });

describe("StoreFollower", () => {
  it("[SF1] starts from a snapshot, then follows, with the originals' texts", async () => {
    const { follower, state, copies } = setUp([page(10, ["x"], "more"), page(10, ["y"])]);
    await follower.ready();
    expect([state.position, Object.keys(copies())]).toEqual([10, ["x", "y"]]);
    follower.accept(batch(10, 12, change("MODIFIED", "x", 11), change("ADDED", "z", 12)));
    follower.accept(batch(12, 13, change("DELETED", "y", 13)));
    // An empty one is no write, but the next may follow on it.
    follower.accept(batch(13, 20));
    expect(state.position).toBe(13);
    follower.accept(batch(20, 21));
    expect([state.position, copies(), state.deleted]).toEqual([13, { x: text("x", 11), z: text("z", 12) }, ["y"]]);
    await follower.ready();
    expect(state.snapshots).toBe(2);
  });

  it("[SF2] a gap makes it take a snapshot when it is next asked, not before, and it tells what went", async () => {
    const { follower, state, copies } = setUp([page(10, ["x", "y"]), page(20, ["y"])]);
    await follower.ready();
    follower.accept(batch(15, 15));
    expect([state.position, state.snapshots]).toEqual([undefined, 1]);
    await follower.ready();
    expect([state.position, copies(), state.deleted]).toEqual([20, { y: text("y", 20) }, ["x"]]);
  });

  it("[SF3] after an eviction it goes on from where it was", async () => {
    const { follower, state, copies } = setUp([], 10);
    await follower.ready();
    follower.accept(batch(10, 11, change("ADDED", "x", 11)));
    follower.accept(batch(9, 11, change("ADDED", "old", 10)));
    expect([state.position, state.snapshots, Object.keys(copies())]).toEqual([11, 0, ["x"]]);
  });

  it("[SF4] what comes while it reads is applied after", async () => {
    const { follower, state, copies } = setUp([page(10, ["x"])]);
    state.onPage = () => {
      follower.accept(batch(8, 9, change("ADDED", "older", 9)));
      follower.accept(batch(9, 12, change("DELETED", "x", 11), change("ADDED", "y", 12)));
    };
    await follower.ready();
    expect([state.position, Object.keys(copies()), state.deleted]).toEqual([12, ["y"], ["x"]]);
  });

  it("[SF5] when that has a gap, it reads again", async () => {
    const { follower, state, copies } = setUp([page(10, ["x"]), page(20, ["y"])]);
    state.onPage = () => {
      if (state.snapshots === 1) follower.accept(batch(15, 16, change("ADDED", "z", 16)));
    };
    await follower.ready();
    expect([state.position, Object.keys(copies())]).toEqual([20, ["y"]]);
  });

  it("[SF6] a snapshot that fails leaves it cold", async () => {
    const { follower, state } = setUp();
    await expect(follower.ready()).rejects.toThrow("no page");
    expect(state.position).toBeUndefined();
  });
});

describe("expire", () => {
  it("[EX1] deletes what was not written for long, a batch at a time, oldest first", () => {
    const { sql, store, setNow } = setUp();
    const key = (name: string) => ({ resource: "events", namespace: "n", name });
    const write = (name: string, atMs: number) => {
      setNow(atMs);
      const row = store.get(key(name));
      if (row) store.update(key(name), row.revision, () => "{}");
      else store.create(key(name), () => "{}");
    };
    for (const [name, atMs] of Object.entries({ a: 1, b: 2, c: 3, d: 4 })) write(name, atMs);
    write("a", 5);
    const names = () => [...store.list({ resource: "events" })].map(({ name }) => name);
    const run = () =>
      expire({ sql, store, tombstone: () => () => "{}" }, { resource: "events", beforeMs: 4, limit: 1 });
    expect(oldestWriteMs(sql, "events")).toBe(2);
    expect([run(), names()]).toEqual([1, ["a", "c", "d"]]);
    expect([run(), run(), names()]).toEqual([1, 0, ["a", "d"]]);
    expect(oldestWriteMs(sql, "events")).toBe(4);
    expect(oldestWriteMs(sql, "pods")).toBeUndefined();
  });
});
