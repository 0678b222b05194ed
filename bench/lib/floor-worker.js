// The least a Worker over one Durable Object can do: forward, then read one row, or write one row in a grouped commit.
import { DurableObject } from "cloudflare:workers";

export class Floor extends DurableObject {
  #pending = [];
  #next = 0;

  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, value TEXT)");
    ctx.storage.sql.exec("INSERT OR REPLACE INTO t VALUES (0, ?)", "x".repeat(1000));
    this.#next = ctx.storage.sql.exec("SELECT max(id) AS id FROM t").one().id + 1;
  }

  async fetch(request) {
    if (request.method === "GET") {
      return new Response(this.ctx.storage.sql.exec("SELECT value FROM t WHERE id = 0").one().value);
    }
    const text = await request.text();
    await new Promise((resolve) => {
      this.#pending.push({ text, resolve });
      if (this.#pending.length === 1) setTimeout(() => this.#flush(), 0);
    });
    return new Response("ok", { status: 201 });
  }

  #flush() {
    const works = this.#pending;
    this.#pending = [];
    this.ctx.storage.transactionSync(() => {
      for (const { text } of works) this.ctx.storage.sql.exec("INSERT INTO t VALUES (?, ?)", this.#next++, text);
    });
    for (const { resolve } of works) resolve();
  }
}

export default {
  fetch(request, env) {
    return env.FLOOR.getByName("default").fetch(request);
  },
};
