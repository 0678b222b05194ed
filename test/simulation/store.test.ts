import { describe, expect, it } from "vitest";
import { NodeSql } from "../fakes/node-sql.ts";
import { simulateStore } from "./store-simulation.ts";

const STEPS = Number(process.env.KEDGE_STEPS ?? 1500);
/** Seeds that once found something, each with what it was; and a new one each time. */
const seeds: [seed: number, why: string][] = process.env.KEDGE_SEED
  ? [[Number(process.env.KEDGE_SEED), "asked for"]]
  : [
      [1, "always the same"],
      [Math.floor(Math.random() * 2 ** 31), "new each time"],
    ];

describe("store simulation (KEDGE_SEED, KEDGE_STEPS)", () => {
  it.each(seeds)("[SIM1] seed %i (%s): the store, its watches and its feed agree with the model", async (seed) => {
    const sql = new NodeSql();
    try {
      const counts = await simulateStore({ seed, steps: STEPS, sql });
      console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
      for (const what of ["create", "update", "delete", "Conflict", "crashes", "evictions", "events", "resumed"]) {
        expect(counts[what], what).toBeGreaterThan(0);
      }
    } finally {
      sql.close();
    }
  });
});
