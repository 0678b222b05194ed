import { describe, expect, it } from "vitest";
import { fuzz } from "./fuzz/fuzz.ts";

const REQUESTS = Number(process.env.KEDGE_FUZZ_REQUESTS ?? 500);
/** What a seed makes changes with the kinds there are: requests that once found something stand in test/api/limits-input.test.ts. */
const seeds: [seed: number, why: string, requests: number][] = process.env.KEDGE_FUZZ_SEED
  ? [[Number(process.env.KEDGE_FUZZ_SEED), "asked for", REQUESTS]]
  : [
      [1, "always the same", REQUESTS],
      [Math.floor(Math.random() * 2 ** 31), "new each time", REQUESTS],
    ];

describe("fuzzing the request decoders (KEDGE_FUZZ_SEED, KEDGE_FUZZ_REQUESTS; longer: node test/simulation/fuzz.ts)", () => {
  it.each(seeds)("[FZ] seed %i (%s): every answer is what a good server gives", async (seed, _why, requests) => {
    const counts = await fuzz({ seed, requests });
    console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
    for (const what of ["status 200", "status 201", "status 400", "status 422", "written again"]) {
      expect(counts[what], what).toBeGreaterThan(0);
    }
  });
});
