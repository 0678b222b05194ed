import { afterEach } from "vitest";
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
