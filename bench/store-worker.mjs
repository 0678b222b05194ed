// The Durable Object of bench/store.ts: counts the rows that Cloudflare would bill, and times writes without HTTP.
import { DurableObject } from "cloudflare:workers";
import { DurableSql } from "../edge-api/objects/durable-sql.ts";
import { migrate } from "../edge-api/store/migrate.ts";
import { SqliteStore } from "../edge-api/store/sqlite-store.ts";

const PADDING = "x".repeat(800);
const key = (i) => ({ resource: "configmaps", namespace: "default", name: `cm-${String(i).padStart(6, "0")}` });
const text = (revision) => `{"metadata":{"resourceVersion":"${revision}"},"data":{"a":"${PADDING}"}}`;

/** Passes statements on and adds up what each cursor says it has read and written. */
class CountingSql {
  rows = { read: 0, written: 0 };
  #storage;

  constructor(storage) {
    this.#storage = storage;
  }

  *exec(statement, ...bindings) {
    const cursor = this.#storage.sql.exec(statement, ...bindings);
    yield* cursor.raw();
    this.rows.read += cursor.rowsRead;
    this.rows.written += cursor.rowsWritten;
  }

  transaction(work) {
    return this.#storage.transactionSync(work);
  }
}

export class Subject extends DurableObject {
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    return pathname === "/rows"
      ? this.#rows()
      : this.#writes(Number(searchParams.get("n")), Number(searchParams.get("group")));
  }

  #rows() {
    const counting = new CountingSql(this.ctx.storage);
    // Statements without rows must run at once.
    const sql = {
      exec: (...statement) => [...counting.exec(...statement)],
      transaction: (work) => counting.transaction(work),
    };
    migrate(sql);
    let nowMs = 1;
    const store = new SqliteStore(sql, { now: () => nowMs });
    const counts = [];
    const count = (what, times, work) => {
      counting.rows = { read: 0, written: 0 };
      work();
      const { read, written } = counting.rows;
      counts.push({ what, read: read / times, written: written / times });
    };
    const each = (work) => {
      for (let i = 0; i < 1000; i++) work(i);
    };
    const head = (i) => store.get(key(i)).revision;
    const drain = (items) => {
      for (const _ of items);
    };
    count("create", 1000, () => each((i) => store.create(key(i), text)));
    count("get", 1000, () => each((i) => store.get(key(i))));
    count("get and update", 1000, () => each((i) => store.update(key(i), head(i), text)));
    count("list, an object", 1000, () => drain(store.list({ resource: "configmaps" })));
    count("list at an old revision, an object", 1000, () => drain(store.list({ resource: "configmaps", at: 1500 })));
    count("page of 500 with its count", 1, () => {
      drain(store.list({ resource: "configmaps", limit: 500 }));
      store.count({ resource: "configmaps", after: { namespace: "default", name: "cm-000499" } });
    });
    count("changes since, an event", 1000, () => drain(store.changesSince(1000)));
    count("get and delete", 1000, () => each((i) => store.delete(key(i), head(i), text)));
    nowMs = 1000;
    count("compaction, a revision", 3000, () => {
      while (store.compact(1000, 1000) === 1000);
    });
    count("start of the object", 1, () => {
      migrate(sql);
      new SqliteStore(sql, { now: () => nowMs });
    });
    return Response.json(counts);
  }

  async #writes(n, group) {
    const sql = new DurableSql(this.ctx.storage);
    migrate(sql);
    const store = new SqliteStore(sql, { now: () => 1 });
    for (let i = 0; i < n; ) {
      store.transaction(() => {
        for (let j = 0; j < group; j++, i++) store.transaction(() => store.create(key(store.revision()), text));
      });
      await this.ctx.storage.sync();
    }
    return Response.json({ revision: store.revision() });
  }
}

export default {
  fetch: (request, env) => env.SUBJECT.get(env.SUBJECT.idFromName(new URL(request.url).pathname)).fetch(request),
};
