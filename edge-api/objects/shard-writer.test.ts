import { describe, expect, it } from "vitest";
import type { WriteOp, WriteResult } from "../../machinery/cluster/contract.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { writeSharded } from "./shard-writer.ts";

const op = (resource: string, name: string, needs?: number): WriteOp => ({
  verb: "delete",
  resource,
  namespace: "a",
  name,
  ...(needs !== undefined && { needs }),
});

/** Two stores; names that begin with "bad" fail, as does what needs them. */
function stores() {
  const calls: { shard: string; names: string[]; needs: (number | undefined)[] }[] = [];
  const writeTo = (shard: string) => async (_actor: string, ops: WriteOp[]) => {
    calls.push({
      shard,
      names: ops.map((one) => (one as { name: string }).name),
      needs: ops.map(({ needs }) => needs),
    });
    const results: WriteResult[] = [];
    for (const one of ops) {
      const { name } = one as { name: string };
      const needed = one.needs === undefined ? undefined : results[one.needs];
      if (needed?.ok === false || name.startsWith("bad")) {
        results.push(needed?.ok === false ? needed : { ok: false, status: { message: name } as never });
      } else results.push({ ok: true, object: { metadata: { name: `${shard}/${name}` } } as KubeObject });
    }
    return results;
  };
  return { calls, writeTo };
}
const told = (results: WriteResult[]) =>
  results.map((result) => (result.ok ? result.object.metadata.name : result.status.message));

describe("writeSharded", () => {
  it("[SW1] hands a batch of one object on as it is", async () => {
    const { calls, writeTo } = stores();
    const ops = [op("pods", "a"), op("pods", "b", 0)];
    expect(told(await writeSharded(writeTo, "me", ops))).toEqual(["main/a", "main/b"]);
    expect(calls).toEqual([{ shard: "main", names: ["a", "b"], needs: [undefined, 0] }]);
  });

  it("[SW2] makes one call for each object, and keeps results and needs in their places", async () => {
    const { calls, writeTo } = stores();
    const ops = [op("pods", "a"), op("events", "e", 0), op("events", "f", 1), op("pods", "b", 0), op("pods", "c", 3)];
    expect(told(await writeSharded(writeTo, "me", ops))).toEqual([
      "main/a",
      "events/e",
      "events/f",
      "main/b",
      "main/c",
    ]);
    // What is needed of an earlier call has succeeded, and is no longer asked for.
    expect(calls).toEqual([
      { shard: "main", names: ["a", "b", "c"], needs: [undefined, 0, 1] },
      { shard: "events", names: ["e", "f"], needs: [undefined, 0] },
    ]);
  });

  it("[SW3] does not try what needs a failure of another object", async () => {
    const { calls, writeTo } = stores();
    const ops = [op("pods", "bad"), op("events", "e", 0), op("events", "f"), op("pods", "d")];
    expect(told(await writeSharded(writeTo, "me", ops))).toEqual(["bad", "bad", "events/f", "main/d"]);
    expect(calls.map(({ names }) => names)).toEqual([["bad", "d"], ["f"]]);
  });

  it("[SW4] waits for events where something needs them, and keeps the order in each object", async () => {
    const { calls, writeTo } = stores();
    const ops = [op("pods", "a"), op("events", "e"), op("pods", "b", 1), op("pods", "c"), op("events", "f")];
    await writeSharded(writeTo, "me", ops);
    expect(calls.map(({ shard, names }) => [shard, ...names])).toEqual([
      ["main", "a"],
      ["events", "e", "f"],
      ["main", "b", "c"],
    ]);
  });
});
