import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleFor, startWorkerd, type Workerd } from "./store-workerd.ts";

describe("store in a Durable Object of workerd", () => {
  const folder = mkdtempSync(join(tmpdir(), "kedge-store-"));
  let workerd: Workerd;

  beforeAll(async () => {
    await bundleFor(folder, new URL("./store-durable-worker.mjs", import.meta.url));
    workerd = await startWorkerd(folder);
  });
  afterAll(async () => {
    await workerd?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([1, 2])("[SD1] seed %i: the simulation holds on its SQLite", async (seed) => {
    const simulated = workerd.call(`simulate?object=sim-${seed}&seed=${seed}&steps=300`);
    const counts = (await simulated) as Record<string, number>;
    console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
    expect(counts.update).toBeGreaterThan(0);
    expect(counts.evictions).toBeGreaterThan(1);
  });

  it("[SD2] what was acknowledged is there after kill -9, and no revision is given twice", async () => {
    const acknowledged: string[] = [];
    let killed = false;
    const creates = Array.from({ length: 200 }, async (_, i) => {
      try {
        acknowledged.push(((await workerd.call(`create?i=${i}`)) as { value: string }).value);
      } catch (error) {
        if (!killed) throw error;
      }
    });
    for (let i = 0; acknowledged.length < 60; i++) await creates[i];
    killed = true;
    await workerd.kill();
    await Promise.all(creates);
    workerd = await startWorkerd(folder);
    const { revision, values } = (await workerd.call("list")) as { revision: number; values: string[] };
    const revisions = values.map((value) => Number(value.split("@")[1]));
    expect(acknowledged.length).toBeGreaterThanOrEqual(60);
    expect(values).toEqual(expect.arrayContaining(acknowledged));
    expect(revisions.sort((a, b) => a - b)).toEqual(Array.from({ length: revision }, (_, i) => i + 1));
    const next = (await workerd.call("create?i=1000")) as { revision: number };
    expect(next.revision).toBe(revision + 1);
  });
});
