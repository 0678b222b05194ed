import { beforeEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../machinery/meta/random.ts";
import type { ObjectKey, Store } from "../store/contract.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { CachedRows, parsedRow } from "./cached-rows.ts";

const key = (name: string, namespace = "ns"): ObjectKey => ({ resource: "limitranges", namespace, name });

let store: MemoryStore;
let cached: CachedRows;
let reads: number;

beforeEach(() => {
  store = new MemoryStore({ now: () => 0 });
  reads = 0;
  const counting: Store = Object.assign(Object.create(store) as Store, {
    get: (asked: ObjectKey) => {
      reads++;
      return store.get(asked);
    },
    list: (query: Parameters<Store["list"]>[0]) => {
      reads++;
      return store.list(query);
    },
    subscribe: store.subscribe.bind(store),
  });
  cached = new CachedRows(counting);
});

const put = (name: string, text: string, namespace = "ns"): void => {
  const at = key(name, namespace);
  const row = store.get(at);
  cached.writing(at.resource);
  if (row) store.update(at, row.revision, () => text);
  else store.create(at, () => text);
};
const drop = (name: string): void => {
  const row = store.get(key(name))!;
  cached.writing("limitranges");
  store.delete(key(name), row.revision, () => row.value);
};
const texts = (): string[] => [...cached.list({ resource: "limitranges", namespace: "ns" })].map(({ value }) => value);
const rollBack = (work: () => void): void => {
  expect(() =>
    store.transaction(() => {
      work();
      throw new Error("no");
    }),
  ).toThrow("no");
};

describe("CachedRows", () => {
  it("[CR1] reads once what nobody writes, also what is not there", () => {
    put("a", "1");
    for (let i = 0; i < 3; i++) {
      expect(cached.get(key("a"))?.value).toBe("1");
      expect(cached.get(key("b"))).toBeUndefined();
      expect(texts()).toEqual(["1"]);
    }
    expect(reads).toBe(3);
  });

  it("[CR2] what has been written is read anew, the rest stays", () => {
    put("a", "1");
    put("b", "1");
    expect([cached.get(key("a")), cached.get(key("b")), texts()]).toHaveLength(3);
    put("a", "2");
    reads = 0;
    expect([cached.get(key("a"))?.value, cached.get(key("b"))?.value, reads]).toEqual(["2", "1", 1]);
    expect(texts()).toEqual(["2", "1"]);
    drop("a");
    expect([cached.get(key("a")), texts()]).toEqual([undefined, ["1"]]);
  });

  it("[CR3] a transaction sees what it has written itself; what it takes back was never there", () => {
    put("a", "1");
    expect(texts()).toEqual(["1"]);
    rollBack(() => {
      put("a", "2");
      put("b", "2");
      expect([cached.get(key("a"))?.value, texts()]).toEqual(["2", ["2", "2"]]);
    });
    expect([cached.get(key("a"))?.value, cached.get(key("b")), texts()]).toEqual(["1", undefined, ["1"]]);
    put("c", "3");
    expect(texts()).toEqual(["1", "3"]);
  });

  it("[CR4] lists by content, and parts of lists", () => {
    put("a", '{"x":1}');
    put("b", '{"y":1}', "other");
    expect([...cached.list({ resource: "limitranges", contains: '"y"' })].map(({ name }) => name)).toEqual(["b"]);
    expect([...cached.list({ resource: "limitranges", limit: 1 })]).toHaveLength(1);
    expect(parsedRow(cached.get(key("a"))!)).toBe(parsedRow(cached.get(key("a"))!));
  });

  it("[CR5] other resources go past", () => {
    store.create({ resource: "pods", namespace: "ns", name: "p" }, () => "1");
    for (let i = 0; i < 2; i++) cached.get({ resource: "pods", namespace: "ns", name: "p" });
    expect(reads).toBe(2);
  });

  it("[CR6] never differs from the store", () => {
    const seed = 20_260_101;
    const random = seededRandom(seed);
    const names = ["a", "b", "c"];
    const step = (): void => {
      const name = names[Math.floor(random() * names.length)]!;
      if (random() < 0.3 && store.get(key(name))) drop(name);
      else if (random() < 0.6) put(name, String(Math.floor(random() * 100)));
      compare();
    };
    let compared = 0;
    const compare = (): void => {
      compared++;
      const expected = names.map((name) => store.get(key(name))?.value);
      expect(
        names.map((name) => cached.get(key(name))?.value),
        `seed ${seed}`,
      ).toEqual(expected);
      expect(texts(), `seed ${seed}`).toEqual(expected.filter((text) => text !== undefined));
    };
    for (let round = 0; round < 200; round++) {
      const work = (): void => {
        for (let i = 0; i < 4; i++) step();
      };
      if (random() < 0.4) rollBack(work);
      else store.transaction(work);
      compare();
    }
    expect(compared).toBeGreaterThan(900);
  });
});
