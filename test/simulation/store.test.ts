import { describe, expect, it } from "vitest";
import { NodeSql } from "../fakes/node-sql.ts";
import { simulateStore } from "./store-simulation.ts";

const STEPS = Number(process.env.KEDGE_STEPS ?? 1500);
/** Always the same, so that what a change is told is of that change; new ones are for runs by hand. */
const seeds = process.env.KEDGE_SEED ? [Number(process.env.KEDGE_SEED)] : [1, 2];

describe("store simulation (KEDGE_SEED, KEDGE_STEPS)", () => {
  it.each(seeds)("[SIM1] seed %i: the store, its watches and its feed agree with the model", async (seed) => {
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
