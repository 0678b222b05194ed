import { afterEach, describe, expect, it } from "vitest";
import type { Sql } from "../../edge-api/store/contract.ts";
import { migrate } from "../../edge-api/store/migrate.ts";
import { SqliteStore } from "../../edge-api/store/sqlite-store.ts";
import { NodeSql } from "../fakes/node-sql.ts";
import { storeContract } from "./store-contract.ts";

const open: NodeSql[] = [];
afterEach(() => {
  for (const sql of open.splice(0)) sql.close();
});

storeContract("SqliteStore", () => {
  let nowMs = 0;
  const sql = new NodeSql();
  open.push(sql);
  migrate(sql);
  const make = () => new SqliteStore(sql, { now: () => nowMs });
  return {
    store: make(),
    setNow: (ms) => {
      nowMs = ms;
    },
    reopen: make,
  };
});

describe("SqliteStore on its tables", () => {
  const key = (name: string) => ({ resource: "pods", namespace: "default", name });
  const text = (revision: number) => `{"r":${revision}}`;

  function make(wrap: (sql: NodeSql) => Sql = (sql) => sql) {
    const sql = new NodeSql();
    open.push(sql);
    migrate(sql);
    const count = (table: string) => [...sql.exec(`SELECT count(*) FROM ${table}`)][0]![0];
    return { sql, count, store: new SqliteStore(wrap(sql), { now: () => 1000 }) };
  }

  it("[SQ1] compaction leaves one version and one key for each live object", () => {
    const { store, count } = make();
    for (const name of ["a", "b", "c"]) store.create(key(name), text);
    for (let i = 0; i < 5; i++) store.update(key("a"), store.get(key("a"))!.revision, text);
    store.delete(key("b"), 2, text);
    store.delete(key("c"), 3, text);
    store.create(key("c"), text);
    expect([count("versions"), count("objects")]).toEqual([11, 3]);
    while (store.compact(2000, 2) === 2);
    expect([count("versions"), count("objects")]).toEqual([2, 2]);
    expect([...store.list({ resource: "pods" })].map((o) => o.name)).toEqual(["a", "c"]);
  });

  it("[SQ2] every cursor is read to its end, wherever the reader stops", () => {
    let unread = 0;
    const { store } = make((sql) => ({
      transaction: (work) => sql.transaction(work),
      // As in workerd, where nothing tells a cursor that nobody will read on.
      exec(statement, ...bindings) {
        const rows = [...sql.exec(statement, ...bindings)];
        unread += rows.length;
        return {
          [Symbol.iterator]: () => ({
            next: () => {
              if (rows.length === 0) return { done: true, value: undefined };
              unread--;
              return { done: false, value: rows.shift()! };
            },
          }),
        };
      },
    }));
    for (let i = 0; i < 20; i++) store.create(key(`n${i}`), text);
    store.update(key("n0"), 1, text);
    for (const _ of store.list({ resource: "pods" })) break;
    for (const _ of store.list({ resource: "pods", limit: 3, at: 20 })) break;
    for (const _ of store.changesSince(0)) break;
    store.count({ resource: "pods", at: 20 });
    store.countByResource("default");
    store.oldestUncompactedMs();
    store.compact(0, 10);
    expect(unread).toBe(0);
  });

  it("[SQ3] a write that fails half-way spoils the transaction around it, caught or not", () => {
    let failing = false;
    const { store, count } = make((sql) => ({
      transaction: (work) => sql.transaction(work),
      exec(statement, ...bindings) {
        if (failing && statement.includes("INTO versions")) throw new Error("disk full");
        return sql.exec(statement, ...bindings);
      },
    }));
    store.create(key("a"), text);
    const careless = () =>
      store.transaction(() => {
        store.update(key("a"), 1, text);
        failing = true;
        try {
          store.create(key("b"), text);
        } catch {
          failing = false;
        }
      });
    expect(careless).toThrow("half-way");
    expect([store.revision(), count("versions"), count("objects")]).toEqual([1, 1, 1]);
    expect(store.create(key("b"), text).revision).toBe(2);
  });

  it("[SQ4] the past is read in few statements: pages at an old revision cost what pages of now cost", () => {
    let statements = 0;
    const { store } = make((sql) => ({
      transaction: (work) => sql.transaction(work),
      exec(statement, ...bindings) {
        statements++;
        return sql.exec(statement, ...bindings);
      },
    }));
    for (let i = 0; i < 400; i++) store.create(key(`n${String(i).padStart(3, "0")}`), text);
    store.update(key("n010"), 11, text);
    statements = 0;
    expect([...store.list({ resource: "pods", at: 400, limit: 100 })]).toHaveLength(100);
    expect(statements).toBe(2);
  });
});
