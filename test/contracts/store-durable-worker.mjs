// The Durable Object of store-durable.test.ts. JavaScript, since tests are checked with Node's types and not workerd's.
import { DurableObject } from "cloudflare:workers";
import { DurableSql } from "../../edge-api/objects/durable-sql.ts";
import { CommitGroup } from "../../edge-api/store/commit-group.ts";
import { migrate } from "../../edge-api/store/migrate.ts";
import { SqliteStore } from "../../edge-api/store/sqlite-store.ts";
import { simulateStore } from "../simulation/store-simulation.ts";

const key = (name) => ({ resource: "configmaps", namespace: "default", name });

export class Subject extends DurableObject {
  #sql = new DurableSql(this.ctx.storage);

  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const number = (name) => Number(searchParams.get(name));
    try {
      if (pathname === "/simulate") {
        return Response.json(await simulateStore({ seed: number("seed"), steps: number("steps"), sql: this.#sql }));
      }
      return Response.json(await this.#onStore(pathname.slice(1), number));
    } catch (error) {
      return new Response(error.stack, { status: 500 });
    }
  }

  #store;
  #group;

  #onStore(what, number) {
    if (!this.#store) {
      migrate(this.#sql);
      this.#store = new SqliteStore(this.#sql, { now: () => Date.now() });
      this.#group = new CommitGroup(this.#store);
    }
    const store = this.#store;
    switch (what) {
      case "create": {
        const name = `n${number("i")}`;
        return this.#group.run(() => store.create(key(name), (revision) => `${name}@${revision}`));
      }
      case "list":
        return { revision: store.revision(), values: [...store.list({ resource: "configmaps" })].map((o) => o.value) };
      default:
        throw new Error(`no ${what}`);
    }
  }
}

export default {
  fetch: (request, env) => {
    const name = new URL(request.url).searchParams.get("object") ?? "one";
    return env.SUBJECT.get(env.SUBJECT.idFromName(name)).fetch(request);
  },
};
