/**
 * The store beside the least that SQLite could do in the same run: each operation as bare statements on one table with
 * its key as primary key, without history. Then the rows each operation reads and writes as Cloudflare bills them
 * (counted by workerd), and writes in groups inside a Durable Object, without HTTP.
 *
 *   node bench/store.ts [objects]
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { migrate } from "../edge-api/store/migrate.ts";
import { SqliteStore } from "../edge-api/store/sqlite-store.ts";
import { bundleFor, startWorkerd } from "../test/contracts/store-workerd.ts";
import { NodeSql } from "../test/fakes/node-sql.ts";

const OBJECTS = Number(process.argv[2] ?? 37_000);
const GROUP = 50;
const PAGE = 500;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-bench-store-"));
const padding = "x".repeat(1000);
/** Names in another order than they are made in, as clients make them. */
const nameOf = (i: number) => `cm-${String((i * 7919) % 999_983).padStart(6, "0")}`;
const textOf = (name: string, revision: number) =>
  `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"${name}","namespace":"default","resourceVersion":"${revision}"},"data":{"a":"${padding}"}}`;

/** Per second. */
function rate(count: number, work: () => void): number {
  const started = performance.now();
  work();
  return Math.round((count / (performance.now() - started)) * 1000);
}

interface Rates {
  [operation: string]: number;
}

function storeRates(sql: NodeSql): Rates {
  migrate(sql);
  const store = new SqliteStore(sql, { now: () => Date.now() });
  const key = (i: number) => ({ resource: "configmaps", namespace: "default", name: nameOf(i) });
  const inGroups = (count: number, write: (i: number) => void) =>
    rate(count, () => {
      for (let i = 0; i < count; ) {
        store.transaction(() => {
          for (let j = 0; j < GROUP && i < count; j++, i++) write(i);
        });
      }
    });
  const rates: Rates = {};
  rates.create = inGroups(OBJECTS, (i) => store.create(key(i), (revision) => textOf(nameOf(i), revision)));
  rates.get = rate(OBJECTS, () => {
    for (let i = 0; i < OBJECTS; i++) store.get(key((i * 31) % OBJECTS));
  });
  rates["get and update"] = inGroups(OBJECTS / 2, (i) => {
    const k = key((i * 31) % OBJECTS);
    store.update(k, store.get(k)!.revision, (revision) => textOf(k.name, revision));
  });
  rates["objects listed"] = rate(OBJECTS, () => {
    for (const _ of store.list({ resource: "configmaps" }));
  });
  rates["objects listed as they were"] = rate(OBJECTS, () => {
    for (const _ of store.list({ resource: "configmaps", at: OBJECTS }));
  });
  const pages = Math.ceil(OBJECTS / PAGE);
  rates["pages of 500 of one snapshot"] = rate(pages, () => {
    const at = store.revision();
    let after = { namespace: "default", name: "" };
    for (let page = 0; page < pages; page++) {
      for (const object of store.list({ resource: "configmaps", at, after, limit: PAGE })) after = object;
      store.count({ resource: "configmaps", at, after });
    }
  });
  rates["events since a revision"] = rate(OBJECTS / 2, () => {
    for (const _ of store.changesSince(OBJECTS));
  });
  rates["revisions compacted"] = rate(store.revision(), () => {
    while (store.compact(Number.MAX_SAFE_INTEGER, 1000) === 1000);
  });
  return rates;
}

/** One table, one statement an operation, prepared. */
function floorRates({ database }: NodeSql): Rates {
  database.exec("CREATE TABLE floor (name TEXT PRIMARY KEY, value TEXT)");
  const insert = database.prepare("INSERT INTO floor VALUES (?, ?)");
  const select = database.prepare("SELECT value FROM floor WHERE name = ?");
  const update = database.prepare("UPDATE floor SET value = ? WHERE name = ?");
  const list = database.prepare("SELECT name, value FROM floor WHERE name > ? ORDER BY name LIMIT ?");
  list.setReturnArrays(true);
  const inGroups = (count: number, write: (i: number) => void) =>
    rate(count, () => {
      for (let i = 0; i < count; ) {
        database.exec("BEGIN");
        for (let j = 0; j < GROUP && i < count; j++, i++) write(i);
        database.exec("COMMIT");
      }
    });
  const rates: Rates = {};
  rates.create = inGroups(OBJECTS, (i) => void insert.run(nameOf(i), textOf(nameOf(i), i)));
  rates.get = rate(OBJECTS, () => {
    for (let i = 0; i < OBJECTS; i++) select.get(nameOf((i * 31) % OBJECTS));
  });
  rates["get and update"] = inGroups(OBJECTS / 2, (i) => {
    const name = nameOf((i * 31) % OBJECTS);
    select.get(name);
    update.run(textOf(name, i), name);
  });
  rates["objects listed"] = rate(OBJECTS, () => {
    for (const _ of list.iterate("", -1));
  });
  const pages = Math.ceil(OBJECTS / PAGE);
  rates["pages of 500 of one snapshot"] = rate(pages, () => {
    let after = "";
    for (let page = 0; page < pages; page++) {
      for (const row of list.iterate(after, PAGE)) after = (row as unknown as string[])[0]!;
    }
  });
  return rates;
}

function withDatabase(name: string, work: (sql: NodeSql) => Rates): Rates {
  const sql = new NodeSql(path.join(folder, name));
  try {
    return work(sql);
  } finally {
    sql.close();
  }
}

try {
  const floor = withDatabase("floor.db", floorRates);
  const store = withDatabase("store.db", storeRates);
  console.log(
    `${OBJECTS} objects of ${textOf("cm-000000", 1).length} bytes in node:sqlite, ${GROUP} writes a commit\n`,
  );
  console.log(`${"a second".padEnd(34)}${"store".padStart(10)}${"floor".padStart(10)}`);
  for (const [operation, perSecond] of Object.entries(store)) {
    console.log(
      `${operation.padEnd(34)}${String(perSecond).padStart(10)}${String(floor[operation] ?? "").padStart(10)}`,
    );
  }

  await bundleFor(folder, new URL("./store-worker.mjs", import.meta.url));
  const workerd = await startWorkerd(folder);
  try {
    const counts = (await workerd.call("rows")) as { what: string; read: number; written: number }[];
    console.log(`\n${"rows in workerd".padEnd(34)}${"read".padStart(10)}${"written".padStart(10)}`);
    for (const { what, read, written } of counts) {
      console.log(`${what.padEnd(34)}${read.toFixed(2).padStart(10)}${written.toFixed(2).padStart(10)}`);
    }
    console.log("\ncreates a second in a Durable Object of workerd, without HTTP");
    await workerd.call("writes?n=1000&group=1");
    for (const [n, group] of [
      [5000, 1],
      [20_000, 10],
      [20_000, 50],
      [20_000, 500],
    ] as const) {
      const started = performance.now();
      await workerd.call(`writes?n=${n}&group=${group}`);
      const perSecond = Math.round((n / (performance.now() - started)) * 1000);
      console.log(`${`${group} a commit`.padEnd(34)}${String(perSecond).padStart(10)}`);
    }
  } finally {
    await workerd.kill();
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
