import { describe, expect, it } from "vitest";
import { fuzz } from "./fuzz/fuzz.ts";

const REQUESTS = Number(process.env.KEDGE_FUZZ_REQUESTS ?? 500);
/**
 * Always the same, so that what a change is told is of that change; new ones are for runs by hand. What a seed makes
 * changes with the kinds there are: requests that once found something stand in test/api/limits-input.test.ts.
 */
const seeds = process.env.KEDGE_FUZZ_SEED ? [Number(process.env.KEDGE_FUZZ_SEED)] : [1, 2];

describe("fuzzing the request decoders (KEDGE_FUZZ_SEED, KEDGE_FUZZ_REQUESTS; longer: node test/simulation/fuzz.ts)", () => {
  it.each(seeds)("[FZ] seed %i: every answer is what a good server gives", async (seed) => {
    const counts = await fuzz({ seed, requests: REQUESTS });
    console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
    for (const what of ["status 200", "status 201", "status 400", "status 422", "written again"]) {
      expect(counts[what], what).toBeGreaterThan(0);
    }
  });
});
