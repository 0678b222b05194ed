import { beforeEach, describe, expect, it } from "vitest";
import { CommitGroup } from "./commit-group.ts";
import { MemoryStore } from "./memory-store.ts";

describe("commit group", () => {
  let store: MemoryStore;
  let group: CommitGroup;
  let flushes: (() => void)[];
  let commits: string[][];

  beforeEach(() => {
    store = new MemoryStore({ now: () => 0 });
    flushes = [];
    commits = [];
    store.subscribe((events) => commits.push(events.map((e) => e.name)));
    group = new CommitGroup(store, (flush) => flushes.push(flush));
  });

  const create = (name: string) => () =>
    store.create({ resource: "pods", namespace: "", name }, (revision) => `${name}@${revision}`).value;
  const flush = () => {
    for (const run of flushes.splice(0)) run();
  };

  it("[CG1] works of one turn share one commit, in the order they came", async () => {
    const results = Promise.all(["a", "b", "c"].map((name) => group.run(create(name))));
    expect(flushes).toHaveLength(1);
    expect(store.revision()).toBe(0);
    flush();
    expect(await results).toEqual(["a@1", "b@2", "c@3"]);
    expect(commits).toEqual([["a", "b", "c"]]);
  });

  it("[CG2] a work that throws rejects alone and leaves nothing, also what it wrote before", async () => {
    const settled = Promise.allSettled([
      group.run(create("a")),
      group.run(() => {
        create("b")();
        throw new Error("late");
      }),
      group.run(create("c")),
    ]);
    flush();
    expect((await settled).map((r) => (r.status === "fulfilled" ? r.value : String(r.reason)))).toEqual([
      "a@1",
      "Error: late",
      "c@2",
    ]);
    expect(commits).toEqual([["a", "c"]]);
  });

  it("[CG3] a work sees what those before it wrote", async () => {
    const first = group.run(create("a"));
    const second = group.run(() => store.get({ resource: "pods", namespace: "", name: "a" })?.value);
    flush();
    expect([await first, await second]).toEqual(["a@1", "a@1"]);
  });

  it("[CG4] nothing resolves before the transaction is over", async () => {
    let settledWithin = true;
    const log: string[] = [];
    const transaction = store.transaction.bind(store);
    store.transaction = (work) => {
      const result = transaction(work);
      settledWithin = log.length > 0;
      return result;
    };
    const run = group.run(create("a")).then(() => log.push("settled"));
    flush();
    expect(settledWithin).toBe(false);
    await run;
    expect(log).toEqual(["settled"]);
  });

  it("[CG5] when the commit fails, all reject, and the next group goes on", async () => {
    const transaction = store.transaction.bind(store);
    let depth = 0;
    store.transaction = (work) => {
      depth++;
      try {
        return transaction(() => {
          const result = work();
          if (depth === 1) throw new Error("disk full");
          return result;
        });
      } finally {
        depth--;
      }
    };
    const settled = Promise.allSettled([group.run(create("a")), group.run(create("b"))]);
    flush();
    expect((await settled).map((r) => r.status)).toEqual(["rejected", "rejected"]);
    expect(store.revision()).toBe(0);
    store.transaction = transaction;
    const next = group.run(create("c"));
    flush();
    expect(await next).toBe("c@1");
  });

  it("[CG6] a work submitted by a work goes into the next group", async () => {
    let inner: Promise<string> | undefined;
    const outer = group.run(() => {
      inner = group.run(create("inner"));
      return create("outer")();
    });
    flush();
    expect(commits).toEqual([["outer"]]);
    flush();
    expect([await outer, await inner]).toEqual(["outer@1", "inner@2"]);
  });

  it("[CG7] a flood is cut into groups, none left behind", async () => {
    const results = Promise.all(Array.from({ length: 1300 }, (_, i) => group.run(create(`n${i}`))));
    for (let turn = 0; turn < 10; turn++) flush();
    expect(await results).toHaveLength(1300);
    expect(commits.map((names) => names.length)).toEqual([512, 512, 276]);
  });

  it("[CG8] by default it waits for the next turn", async () => {
    const byDefault = new CommitGroup(store);
    const both = [byDefault.run(create("a"))];
    await Promise.resolve();
    expect(store.revision()).toBe(0);
    both.push(byDefault.run(create("b")));
    expect(await Promise.all(both)).toEqual(["a@1", "b@2"]);
    expect(commits).toHaveLength(1);
  });
});
