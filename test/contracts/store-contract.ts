/**
 * What every Store must do. Rule IDs: ST-R reading, ST-W writing, ST-O order, ST-H history, ST-T transactions,
 * ST-S subscriptions, ST-C compaction.
 */
import { beforeEach, describe, expect, it } from "vitest";
import {
  type Encode,
  type ListQuery,
  MAX_OBJECT_BYTES,
  type ObjectKey,
  type Store,
  type StoredEvent,
  StoreError,
  type StoreErrorCode,
} from "../../edge-api/store/contract.ts";

export interface StoreUnderTest {
  store: Store;
  /** Sets what the store takes for now (epoch ms). */
  setNow(ms: number): void;
  /** A store over the same data, as after an eviction; absent where nothing is kept. */
  reopen?(): Store;
}

const key = (name: string, namespace = "default", resource = "configmaps"): ObjectKey => ({
  resource,
  namespace,
  name,
});
const text =
  (what: string): Encode =>
  (revision) =>
    `${what}@${revision}`;

function code(run: () => unknown): { code: StoreErrorCode; detail: StoreError["detail"] } | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof StoreError) return { code: error.code, detail: error.detail };
    throw error;
  }
  return undefined;
}

export function storeContract(name: string, make: () => StoreUnderTest): void {
  describe(`${name}: store contract`, () => {
    let store: Store;
    let subject: StoreUnderTest;
    const values = (query: Parameters<Store["list"]>[0]) => [...store.list(query)].map((o) => o.value);
    const names = (query: Parameters<Store["list"]>[0]) => [...store.list(query)].map((o) => o.name);

    beforeEach(() => {
      subject = make();
      store = subject.store;
    });

    describe("reading", () => {
      it("[ST-R1] an empty store is at revision 0 and has nothing", () => {
        expect(store.revision()).toBe(0);
        expect(store.compactedRevision()).toBe(0);
        expect(store.get(key("a"))).toBeUndefined();
        expect(values({ resource: "configmaps" })).toEqual([]);
        expect([...store.changesSince(0)]).toEqual([]);
        expect(store.countByResource("default")).toEqual([]);
        expect(store.oldestUncompactedMs()).toBeUndefined();
      });

      it("[ST-R2] get gives what was written, by resource, namespace and name", () => {
        store.create(key("a"), text("one"));
        expect(store.get(key("a"))).toEqual({ ...key("a"), revision: 1, value: "one@1" });
        expect(store.get(key("a", "other"))).toBeUndefined();
        expect(store.get(key("a", "default", "secrets"))).toBeUndefined();
        expect(store.get(key("A"))).toBeUndefined();
      });

      it("[ST-R3] list gives one resource, of one namespace or of all", () => {
        store.create(key("b", "x"), text("xb"));
        store.create(key("a", "y"), text("ya"));
        store.create(key("a", "x"), text("xa"));
        store.create(key("a", "x", "configmapsz"), text("other"));
        expect(values({ resource: "configmaps" })).toEqual(["xa@3", "xb@1", "ya@2"]);
        expect(values({ resource: "configmaps", namespace: "x" })).toEqual(["xa@3", "xb@1"]);
        expect(values({ resource: "configmaps", namespace: "" })).toEqual([]);
        expect([...store.list({ resource: "configmaps", namespace: "y" })]).toEqual([
          { ...key("a", "y"), revision: 2, value: "ya@2" },
        ]);
      });

      it("[ST-R4] list goes on behind `after`, with at most `limit`", () => {
        for (const n of ["a", "b", "c"]) for (const ns of ["x", "y"]) store.create(key(n, ns), text(ns + n));
        const all = ["xa", "xb", "xc", "ya", "yb", "yc"];
        for (let limit = 1; limit <= 7; limit++) {
          const seen: string[] = [];
          let after: { namespace: string; name: string } | undefined;
          for (;;) {
            const page = [...store.list({ resource: "configmaps", limit, ...(after && { after }) })];
            seen.push(...page.map((o) => o.namespace + o.name));
            if (page.length < limit) break;
            after = page.at(-1)!;
          }
          expect(seen).toEqual(all);
        }
        expect(names({ resource: "configmaps", limit: 0 })).toEqual([]);
        expect(names({ resource: "configmaps", namespace: "y", after: { namespace: "y", name: "a" } })).toEqual([
          "b",
          "c",
        ]);
        // A name that is not there, and namespaces before and behind the one asked for.
        expect(
          names({ resource: "configmaps", namespace: "y", after: { namespace: "y", name: "aa" }, limit: 1 }),
        ).toEqual(["b"]);
        expect(names({ resource: "configmaps", namespace: "y", after: { namespace: "x", name: "z" } })).toHaveLength(3);
        expect(names({ resource: "configmaps", namespace: "x", after: { namespace: "y", name: "" } })).toEqual([]);
      });

      it("[ST-R13] joined texts are those of the list, or are not given", () => {
        if (!store.joined) return;
        for (const [namespace, name] of [
          ["a-b", "x"],
          ["a", "z"],
          ["a", "é"],
          ["a", "b"],
          ["c", "y"],
        ] as const)
          store.create(key(name, namespace), text(`${namespace}/${name}`));
        const query = { resource: "configmaps", limit: 3, prefix: "" };
        const joined = (query: Parameters<NonNullable<Store["joined"]>>[0]) => {
          const { bytes, ...rest } = store.joined!(query)!;
          return { text: new TextDecoder().decode(bytes), ...rest };
        };
        const { last, ...first } = joined(query);
        const text3 = values({ resource: "configmaps", limit: 3 }).join(",");
        expect(first).toEqual({ text: text3, count: 3, more: true });
        expect(last).toEqual({ namespace: "a", name: "é" });
        expect(joined({ ...query, ...(last && { after: last }) })).toEqual({
          text: "a-b/x@1,c/y@5",
          count: 2,
          last: { namespace: "c", name: "y" },
          more: false,
        });
        expect(store.joined({ ...query, namespace: "a" })?.last).toEqual({ namespace: "a", name: "é" });
        expect(joined({ ...query, namespace: "none" })).toEqual({
          text: "",
          count: 0,
          last: undefined,
          more: false,
        });
        expect(store.joined({ ...query, namespace: "a", prefix: "a/" })?.count).toBe(3);
        expect(store.joined({ ...query, prefix: "a/" })?.count).toBe(3);
        expect(store.joined({ ...query, limit: 4, prefix: "a/" })).toBeUndefined();

        const at = store.revision();
        store.update(key("b", "a"), 4, text("new"));
        expect(store.joined({ ...query, at })).toBeUndefined();
        expect(joined({ ...query, namespace: "c", at }).text).toBe("c/y@5");
        store.delete(key("y", "c"), 5, text("gone"));
        expect(store.joined({ ...query, namespace: "c", at })).toBeUndefined();
        expect(store.joined({ ...query, namespace: "c" })?.count).toBe(0);
        expect(code(() => store.joined?.({ ...query, at: 99 }))?.code).toBe("FutureRevision");
      });

      it("[ST-R14] too much text is not joined, however much there is", () => {
        if (!store.joined) return;
        for (let i = 0; i < 3; i++) store.create(key(`n${i}`), () => "x".repeat(1_000_000));
        const query = { resource: "configmaps", limit: 3, prefix: "" };
        const joined = store.joined(query);
        if (joined) expect(new TextDecoder().decode(joined.bytes)).toBe(values(query).join(","));
        expect(store.joined({ ...query, resource: "others" })?.count).toBe(0);
      });

      it("[ST-R16] as many texts are joined at once as are good, be they short or long; all of them come", () => {
        if (!store.joined) return;
        for (const [resource, length] of [
          ["short", 1_000],
          ["long", 12_000],
        ] as const) {
          store.transaction(() => {
            for (let i = 0; i < 700; i++) store.create(key(`n${1000 + i}`, "x", resource), () => "x".repeat(length));
          });
          const counts: number[] = [];
          let after: ListQuery["after"];
          for (let more = true; more; ) {
            const joined = store.joined({ resource, limit: 600, prefix: "", ...(after && { after }) })!;
            counts.push(joined.count);
            ({ more, last: after } = joined);
          }
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(700);
          expect(Math.max(...counts) * length).toBeLessThanOrEqual(1_600_000);
          if (resource === "short") expect(counts.length).toBeLessThan(4);
        }
      });

      it("[ST-R5] count is the length of list without limit", () => {
        for (const n of ["a", "b", "c"]) for (const ns of ["x", "y"]) store.create(key(n, ns), text(n));
        store.delete(key("b", "y"), 4, text("gone"));
        expect(store.count({ resource: "configmaps", limit: 1 })).toBe(5);
        expect(store.count({ resource: "configmaps", namespace: "y" })).toBe(2);
        expect(store.count({ resource: "configmaps", after: { namespace: "x", name: "b" } })).toBe(3);
        expect(store.count({ resource: "configmaps", namespace: "x", after: { namespace: "y", name: "" } })).toBe(0);
        expect(store.count({ resource: "configmaps", at: 3 })).toBe(3);
        expect(store.count({ resource: "configmaps", at: 6, after: { namespace: "x", name: "c" } })).toBe(3);
        expect(store.count({ resource: "pods" })).toBe(0);
      });

      it("[ST-R6] countByResource names what a namespace still holds", () => {
        store.create(key("a", "x", "pods"), text("1"));
        store.create(key("b", "x", "pods"), text("2"));
        store.create(key("a", "x", "deployments.apps"), text("3"));
        store.create(key("a", "y", "secrets"), text("4"));
        store.create(key("a", "x", "leases"), text("5"));
        store.delete(key("a", "x", "leases"), 5, text("6"));
        expect(store.countByResource("x")).toEqual([
          { resource: "deployments.apps", count: 1 },
          { resource: "pods", count: 2 },
        ]);
        expect(store.countByResource("nowhere")).toEqual([]);
      });

      it("[ST-R7] text comes back exactly as it was encoded", () => {
        const odd = `{"a":"é漢😀\\u0000 \u2028 'quoted' \\" %_","n":1e400}`;
        store.create(key("odd"), () => odd);
        expect(store.get(key("odd"))!.value).toBe(odd);
        expect(values({ resource: "configmaps" })).toEqual([odd]);
        expect([...store.changesSince(0)][0]!.value).toBe(odd);
      });

      it("[ST-R8] names with quotes, percent signs and __proto__ are only names", () => {
        for (const odd of ["__proto__", "a'b", "a%", "a_", 'a"', "constructor", "a;--"]) {
          store.create(key(odd, odd, odd), text(odd));
          expect(store.get(key(odd, odd, odd))!.value).toContain(odd);
          expect(names({ resource: odd, namespace: odd })).toEqual([odd]);
        }
      });
    });

    it("[ST-R12] a cluster-scoped object read before is read as it is now: changed, deleted, taken back", () => {
      const node = key("n1", "", "nodes");
      const read = () => store.get(node)?.value;
      store.create(node, text("a"));
      expect(read()).toBe("a@1");
      store.update(node, 1, text("b"));
      expect(read()).toBe("b@2");
      const takenBack = () =>
        store.transaction(() => {
          store.update(node, 2, text("c"));
          expect(read()).toBe("c@3");
          throw new Error("taken back");
        });
      expect(takenBack).toThrow("taken back");
      expect(read()).toBe("b@2");
      store.delete(node, 2, text("d"));
      expect(read()).toBeUndefined();
      store.create(node, text("e"));
      expect(read()).toBe("e@4");
    });

    it("[ST-R9] list gives only what contains a text, now and in the past, and pages over the rest", () => {
      const on = (node: string) => () => `{"nodeName":"${node}"}`;
      for (let i = 0; i < 100; i++) store.create(key(`n${String(i).padStart(2, "0")}`), on(`n${i % 10}`));
      const query = { resource: "configmaps", contains: '"nodeName":"n7"' };
      const sevens = ["n07", "n17", "n27", "n37", "n47", "n57", "n67", "n77", "n87", "n97"];
      expect(names(query)).toEqual(sevens);
      expect(names({ ...query, contains: '"nodename":"n7"' })).toEqual([]);
      expect(names({ ...query, contains: "" })).toHaveLength(100);
      expect(names({ ...query, limit: 3, after: { namespace: "default", name: "n17" } })).toEqual(sevens.slice(2, 5));
      store.update(key("n07"), 8, on("other"));
      store.update(key("n00"), 1, on("n7"));
      store.delete(key("n17"), 18, on("n7"));
      expect(names({ ...query, at: 100 })).toEqual(sevens);
      expect(names({ ...query, at: 101, namespace: "default", limit: 2 })).toEqual(["n17", "n27"]);
      expect(names({ ...query, at: 102 })).toEqual(["n00", ...sevens.slice(1)]);
      expect(names(query)).toEqual(["n00", ...sevens.slice(2)]);
      expect(store.count({ ...query, at: 100 })).toBe(100);
    });

    it("[ST-R10] counting on behind each page tells what is left of the snapshot, in any order of asking", () => {
      for (const ns of ["x", "y"]) for (let i = 0; i < 50; i++) store.create(key(`n${10 + i}`, ns), text("x"));
      const at = store.revision();
      const left = (namespace: string, name: string) =>
        store.count({ resource: "configmaps", at, after: { namespace, name } });
      expect([left("x", "n19"), left("x", "n29"), left("y", "n10"), left("y", "n59")]).toEqual([90, 80, 49, 0]);
      store.delete(key("n40", "y"), store.get(key("n40", "y"))!.revision, text("gone"));
      store.create(key("n405", "y"), text("new"));
      expect([left("y", "n39"), left("y", "n41"), left("x", "n00"), left("y", "n41")]).toEqual([20, 18, 100, 18]);
      expect(store.count({ resource: "configmaps", after: { namespace: "y", name: "n39" } })).toBe(20);
      const one = { resource: "configmaps", namespace: "x", at };
      expect(store.count(one)).toBe(50);
      expect(store.count({ ...one, after: { namespace: "x", name: "n19" } })).toBe(40);
    });

    it("[ST-R15] pages that are told need not be counted, however many clients read and whatever is written meanwhile", () => {
      for (const ns of ["x", "y"]) for (let i = 0; i < 50; i++) store.create(key(`n${10 + i}`, ns), text("x"));
      const at = store.revision();
      const clients = [3, 7, 7].map((limit) => ({ limit, after: undefined as ListQuery["after"], read: 0 }));
      for (let turn = 0; turn < 14; turn++) {
        for (const client of clients) {
          const { limit, after } = client;
          const page = [...store.list({ resource: "configmaps", at, limit, ...(after && { after }) })];
          client.after = page.at(-1)!;
          client.read += page.length;
          const query = { resource: "configmaps", at, after: client.after, seen: { after, count: page.length } };
          expect(store.count(query)).toBe(100 - client.read);
        }
        store.delete(key(`n${12 + turn}`, "x"), store.get(key(`n${12 + turn}`, "x"))!.revision, text("gone"));
        store.create(key(`n1${turn}5`, "y"), text("new"));
      }
      const all = { after: undefined, count: 100 };
      expect(store.count({ resource: "configmaps", at, after: { namespace: "y", name: "n59" }, seen: all })).toBe(0);
    });

    it("[ST-R11] a count is not remembered beyond a rollback", () => {
      expect(() =>
        store.transaction(() => {
          store.create(key("a"), text("a"));
          expect(store.count({ resource: "configmaps" })).toBe(1);
          throw new Error("no");
        }),
      ).toThrow("no");
      store.create(key("a", "default", "secrets"), text("a"));
      expect(store.count({ resource: "configmaps" })).toBe(0);
    });

    describe("many", () => {
      const many = 1234;
      const nameOf = (i: number) => `n${String(i).padStart(4, "0")}`;
      beforeEach(() => {
        store.transaction(() => {
          for (let i = 0; i < many; i++) store.create(key(nameOf(i), i % 2 ? "odd" : "even"), text("x"));
        });
      });

      it("[ST-M1] list, count and changesSince give all of many", () => {
        const all = Array.from({ length: many }, (_, i) => nameOf(i));
        expect([...store.changesSince(0)].map((e) => e.name)).toEqual(all);
        const inOrder = [...all.filter((_, i) => i % 2 === 0), ...all.filter((_, i) => i % 2 === 1)];
        expect(names({ resource: "configmaps" })).toEqual(inOrder);
        expect(names({ resource: "configmaps", limit: 1000 })).toEqual(inOrder.slice(0, 1000));
        const at = store.revision();
        store.transaction(() => {
          for (const object of [...store.list({ resource: "configmaps", namespace: "even" })]) {
            store.delete(object, object.revision, text("gone"));
          }
        });
        expect(names({ resource: "configmaps", at })).toEqual(inOrder);
        expect(names({ resource: "configmaps", at, limit: 1000 })).toEqual(inOrder.slice(0, 1000));
        expect(names({ resource: "configmaps", at: store.revision() - 1 })).toEqual(inOrder.slice(many / 2 - 1));
        expect(store.count({ resource: "configmaps", at })).toBe(many);
      });

      it("[ST-M2] a reader may stop at any row, and others read meanwhile", () => {
        for (const stopAt of [1, 3, 700]) {
          let seen = 0;
          for (const object of store.list({ resource: "configmaps" })) {
            expect(store.get(object)?.revision).toBe(object.revision);
            if (++seen === stopAt) break;
          }
          for (const event of store.changesSince(0)) {
            for (const inner of store.changesSince(event.revision)) {
              expect(inner.revision).toBe(event.revision + 1);
              break;
            }
            if (event.revision === stopAt) break;
          }
        }
        store.create(key("last"), text("last"));
        expect(store.get(key("last"))?.revision).toBe(many + 1);
      });
    });

    describe("writing", () => {
      it("[ST-W1] each write gets the next revision, whatever it writes", () => {
        expect(store.create(key("a"), text("a")).revision).toBe(1);
        expect(store.create(key("b", "x", "pods"), text("b")).revision).toBe(2);
        expect(store.update(key("a"), 1, text("a"))).toEqual({ ...key("a"), revision: 3, value: "a@3" });
        expect(store.delete(key("a"), 3, text("gone"))).toEqual({ ...key("a"), revision: 4, value: "gone@4" });
        expect(store.revision()).toBe(4);
      });

      it("[ST-W2] AlreadyExists: create where something lives; nothing is written", () => {
        store.create(key("a"), text("a"));
        const again = () => store.create(key("a"), text("b"));
        expect(code(again)).toEqual({ code: "AlreadyExists", detail: { ...key("a") } });
        expect([store.revision(), store.get(key("a"))!.value]).toEqual([1, "a@1"]);
      });

      it("[ST-W3] NotFound: update and delete of what does not live, also after a delete", () => {
        expect(code(() => store.update(key("a"), 0, text("x")))).toEqual({ code: "NotFound", detail: { ...key("a") } });
        expect(code(() => store.delete(key("a"), 0, text("x")))?.code).toBe("NotFound");
        store.create(key("a"), text("a"));
        store.delete(key("a"), 1, text("gone"));
        expect(code(() => store.update(key("a"), 1, text("x")))?.code).toBe("NotFound");
        expect(code(() => store.update(key("a"), 2, text("x")))?.code).toBe("NotFound");
        expect(code(() => store.delete(key("a"), 2, text("x")))?.code).toBe("NotFound");
        expect(store.revision()).toBe(2);
      });

      it("[ST-W4] Conflict: the current revision is told, nothing is written", () => {
        store.create(key("a"), text("a"));
        store.update(key("a"), 1, text("b"));
        const detail = { ...key("a"), expected: 1, current: 2 };
        expect(code(() => store.update(key("a"), 1, text("c")))).toEqual({ code: "Conflict", detail });
        expect(code(() => store.delete(key("a"), 1, text("c")))).toEqual({ code: "Conflict", detail });
        expect(code(() => store.delete(key("a"), 3, text("c")))?.code).toBe("Conflict");
        expect([store.revision(), store.get(key("a"))!.value]).toEqual([2, "b@2"]);
      });

      it("[ST-W5] TooLarge counts bytes of UTF-8, and the limit itself fits", () => {
        const fits = "é".repeat(MAX_OBJECT_BYTES / 2);
        store.create(key("fits"), () => fits);
        expect(store.get(key("fits"))!.value.length).toBe(fits.length);
        const detail = { ...key("big"), limitBytes: MAX_OBJECT_BYTES };
        expect(code(() => store.create(key("big"), () => `${fits}a`))).toEqual({ code: "TooLarge", detail });
        expect(code(() => store.update(key("fits"), 1, () => "a".repeat(MAX_OBJECT_BYTES + 1)))?.code).toBe("TooLarge");
        expect([store.revision(), store.get(key("big"))]).toEqual([1, undefined]);
      });

      it("[ST-W6] encode is called once with the revision; when it throws nothing is written", () => {
        const revisions: number[] = [];
        store.create(key("a"), (revision) => String(revisions.push(revision)));
        expect(revisions).toEqual([1]);
        const boom = () => {
          throw new Error("boom");
        };
        expect(() => store.create(key("b"), boom)).toThrow("boom");
        expect(() => store.update(key("a"), 1, boom)).toThrow("boom");
        expect(() => store.delete(key("a"), 1, boom)).toThrow("boom");
        expect(store.revision()).toBe(1);
        expect(store.create(key("b"), text("b")).revision).toBe(2);
      });

      it("[ST-W7] encode must not write", () => {
        expect(() =>
          store.create(key("a"), () => {
            store.create(key("b"), text("b"));
            return "a";
          }),
        ).toThrow("must not write");
        expect(store.revision()).toBe(0);
        store.create(key("a"), text("a"));
      });

      it("[ST-W8] a deleted name can be created again", () => {
        store.create(key("a"), text("one"));
        store.delete(key("a"), 1, text("gone"));
        expect(store.get(key("a"))).toBeUndefined();
        expect(values({ resource: "configmaps" })).toEqual([]);
        store.create(key("a"), text("two"));
        expect(store.get(key("a"))).toEqual({ ...key("a"), revision: 3, value: "two@3" });
        expect(store.update(key("a"), 3, text("three")).revision).toBe(4);
      });
    });

    describe("order", () => {
      it("[ST-O1] list is in order of namespace, then name, by UTF-8 bytes", () => {
        // "\uFFFD" is before "😀" by bytes and behind it by UTF-16 units.
        const order = ["-", "0", "A", "a", "a-", "a.b", "a0", "aa", "é", "\uFFFD", "😀", "😀a"];
        const shuffled = [5, 2, 9, 0, 11, 7, 3, 10, 1, 8, 4, 6];
        for (const i of shuffled) for (const j of shuffled) store.create(key(order[i]!, order[j]!), text("x"));
        const seen = [...store.list({ resource: "configmaps" })].map((o) => [o.namespace, o.name]);
        expect(seen).toEqual(order.flatMap((ns) => order.map((n) => [ns, n])));
        const after = { namespace: "\uFFFD", name: "\uFFFD" };
        expect(store.count({ resource: "configmaps", after })).toBe(2 + 2 * 12);
        expect([...store.list({ resource: "configmaps", after, limit: 1 })][0]!.name).toBe("😀");
        const far = { resource: "configmaps", namespace: "😀", after: { namespace: "\uFFFD", name: "z" }, limit: 1 };
        expect(names(far)).toEqual(["-"]);
      });
    });

    describe("history", () => {
      beforeEach(() => {
        store.create(key("a"), text("a")); // 1
        store.create(key("b"), text("b")); // 2
        store.update(key("a"), 1, text("a")); // 3
        store.delete(key("b"), 2, text("gone")); // 4
        store.create(key("c", "other"), text("c")); // 5
        store.create(key("b"), text("again")); // 6
        store.update(key("a"), 3, text("a")); // 7
      });

      it("[ST-H1] changesSince tells each event once, in order, with the text before it", () => {
        const events: StoredEvent[] = [
          { type: "ADDED", ...key("a"), revision: 1, value: "a@1" },
          { type: "ADDED", ...key("b"), revision: 2, value: "b@2" },
          { type: "MODIFIED", ...key("a"), revision: 3, value: "a@3", previous: "a@1" },
          { type: "DELETED", ...key("b"), revision: 4, value: "gone@4", previous: "b@2" },
          { type: "ADDED", ...key("c", "other"), revision: 5, value: "c@5" },
          { type: "ADDED", ...key("b"), revision: 6, value: "again@6" },
          { type: "MODIFIED", ...key("a"), revision: 7, value: "a@7", previous: "a@3" },
        ];
        for (let after = 0; after <= 7; after++) {
          expect([...store.changesSince(after)], `after ${after}`).toStrictEqual(events.slice(after));
        }
      });

      it("[ST-H2] changesSince filters by resource and namespace", () => {
        store.create(key("p", "default", "pods"), text("p"));
        const revisions = (filter: { resource?: string; namespace?: string }) =>
          [...store.changesSince(3, filter)].map((e) => e.revision);
        expect(revisions({ resource: "pods" })).toEqual([8]);
        expect(revisions({ namespace: "other" })).toEqual([5]);
        expect(revisions({ resource: "configmaps", namespace: "default" })).toEqual([4, 6, 7]);
        expect(revisions({ resource: "secrets" })).toEqual([]);
      });

      it("[ST-H3] list at a revision gives what lived then", () => {
        const at = (revision: number) => values({ resource: "configmaps", at: revision });
        expect(at(0)).toEqual([]);
        expect(at(1)).toEqual(["a@1"]);
        expect(at(2)).toEqual(["a@1", "b@2"]);
        expect(at(3)).toEqual(["a@3", "b@2"]);
        expect(at(4)).toEqual(["a@3"]);
        expect(at(5)).toEqual(["a@3", "c@5"]);
        expect(at(6)).toEqual(["a@3", "again@6", "c@5"]);
        expect(at(7)).toEqual(["a@7", "again@6", "c@5"]);
        expect([...store.list({ resource: "configmaps", at: 3, limit: 1 })]).toEqual([
          { ...key("a"), revision: 3, value: "a@3" },
        ]);
      });

      it("[ST-H4] pages at one revision are one snapshot, whatever is written between them", () => {
        const many = 200;
        for (let i = 0; i < many; i++) store.create(key(`n${String(i).padStart(3, "0")}`, "many"), text("x"));
        const at = store.revision();
        const seen: string[] = [];
        let after = { namespace: "many", name: "" };
        for (let page = 0; ; page++) {
          const objects = [...store.list({ resource: "configmaps", namespace: "many", at, after, limit: 7 })];
          seen.push(...objects.map((o) => `${o.name}=${o.value}`));
          if (objects.length < 7) break;
          after = objects.at(-1)!;
          // What comes next is changed, deleted, deleted and made anew, or new.
          const next = [...store.list({ resource: "configmaps", namespace: "many", after, limit: 5 })];
          next.forEach((o, i) => {
            if (i === 0) store.update(o, o.revision, text("changed"));
            else store.delete(o, o.revision, text("gone"));
            if (i === 2) store.create(o, text("anew"));
          });
          store.create(key(`${after.name}-${page}`, "many"), text("new"));
        }
        expect(seen).toEqual(
          Array.from({ length: many }, (_, i) => `n${String(i).padStart(3, "0")}=x@${at - many + 1 + i}`),
        );
        expect(store.count({ resource: "configmaps", namespace: "many", at })).toBe(many);
      });

      it("[ST-H5] FutureRevision: list, count and changesSince beyond the last write", () => {
        const detail = { requested: 8, current: 7 };
        expect(code(() => store.list({ resource: "configmaps", at: 8 }))).toEqual({ code: "FutureRevision", detail });
        expect(code(() => store.count({ resource: "configmaps", at: 8 }))?.code).toBe("FutureRevision");
        expect(code(() => store.changesSince(8))?.code).toBe("FutureRevision");
      });
    });

    describe("transactions", () => {
      it("[ST-T1] when work throws, nothing it wrote remains and its revisions are given again", () => {
        store.create(key("kept"), text("kept"));
        expect(() =>
          store.transaction(() => {
            store.create(key("a"), text("a"));
            store.update(key("kept"), 1, text("changed"));
            store.delete(key("a"), 2, text("gone"));
            throw new Error("no");
          }),
        ).toThrow("no");
        expect(store.revision()).toBe(1);
        expect(values({ resource: "configmaps" })).toEqual(["kept@1"]);
        expect([...store.changesSince(1)]).toEqual([]);
        expect(store.create(key("b"), text("b")).value).toBe("b@2");
        expect(store.update(key("kept"), 1, text("changed")).value).toBe("changed@3");
        expect([...store.changesSince(2)][0]!.previous).toBe("kept@1");
      });

      it("[ST-T2] gives what work returns, and work sees its own writes", () => {
        const result = store.transaction(() => {
          store.create(key("a"), text("a"));
          return store.get(key("a"))!.value + store.count({ resource: "configmaps" }) + store.revision();
        });
        expect(result).toBe("a@111");
      });

      it("[ST-T3] nests: an inner failure takes back the inner writes alone", () => {
        store.transaction(() => {
          store.create(key("a"), text("a"));
          expect(() =>
            store.transaction(() => {
              store.create(key("b"), text("b"));
              throw new Error("inner");
            }),
          ).toThrow("inner");
          store.transaction(() => store.create(key("c"), text("c")));
        });
        expect(values({ resource: "configmaps" })).toEqual(["a@1", "c@2"]);
      });

      it("[ST-T4] nests: an outer failure takes back inner writes that were done", () => {
        expect(() =>
          store.transaction(() => {
            store.transaction(() => store.create(key("a"), text("a")));
            throw new Error("outer");
          }),
        ).toThrow("outer");
        expect([store.revision(), values({ resource: "configmaps" })]).toEqual([0, []]);
      });

      it("[ST-T5] a caught StoreError inside leaves the transaction whole", () => {
        store.transaction(() => {
          store.create(key("a"), text("a"));
          expect(code(() => store.create(key("a"), text("b")))?.code).toBe("AlreadyExists");
          store.create(key("b"), text("b"));
        });
        expect(values({ resource: "configmaps" })).toEqual(["a@1", "b@2"]);
      });

      it("[ST-T6] work must not return a promise", () => {
        expect(() =>
          store.transaction(() => {
            store.create(key("a"), text("a"));
            return Promise.resolve();
          }),
        ).toThrow("promise");
        expect(store.get(key("a"))).toBeUndefined();
      });
    });

    describe("subscriptions", () => {
      let told: string[][];
      beforeEach(() => {
        told = [];
        store.subscribe((events) => told.push(events.map((e) => `${e.type} ${e.value} ${e.previous ?? "-"}`)));
      });

      it("[ST-S1] tells each write outside a transaction by itself", () => {
        store.create(key("a"), text("a"));
        store.update(key("a"), 1, text("b"));
        store.delete(key("a"), 2, text("c"));
        store.create(key("a"), text("d"));
        expect(told).toEqual([["ADDED a@1 -"], ["MODIFIED b@2 a@1"], ["DELETED c@3 b@2"], ["ADDED d@4 -"]]);
      });

      it("[ST-S2] tells a transaction's events together, once it is over", () => {
        store.transaction(() => {
          store.create(key("a"), text("a"));
          store.transaction(() => store.create(key("b"), text("b")));
          expect(told).toEqual([]);
        });
        expect(told).toEqual([["ADDED a@1 -", "ADDED b@2 -"]]);
      });

      it("[ST-S3] tells nothing of what was taken back", () => {
        expect(() =>
          store.transaction(() => {
            store.create(key("a"), text("a"));
            throw new Error("no");
          }),
        ).toThrow();
        store.transaction(() => {
          store.create(key("b"), text("b"));
          expect(() =>
            store.transaction(() => {
              store.create(key("c"), text("c"));
              throw new Error("inner");
            }),
          ).toThrow();
        });
        expect(code(() => store.create(key("b"), text("b")))?.code).toBe("AlreadyExists");
        store.transaction(() => store.get(key("b")));
        expect(told).toEqual([["ADDED b@1 -"]]);
      });

      it("[ST-S4] a listener sees the store as it is after the transaction, and must not write", () => {
        let seen: unknown;
        let refused: unknown;
        store.subscribe(() => {
          seen = [store.revision(), store.get(key("a"))!.value];
          try {
            store.create(key("b"), text("b"));
          } catch (error) {
            refused = error;
          }
        });
        store.create(key("a"), text("a"));
        expect(seen).toEqual([1, "a@1"]);
        expect(String(refused)).toContain("must not write");
        expect(store.revision()).toBe(1);
      });

      it("[ST-S5] events told are those changesSince tells", () => {
        const live: StoredEvent[] = [];
        store.subscribe((events) => live.push(...events));
        store.create(key("a"), text("a"));
        store.transaction(() => {
          store.update(key("a"), 1, text("a"));
          store.update(key("a"), 2, text("a"));
          store.create(key("b"), text("b"));
        });
        store.delete(key("a"), 3, text("a"));
        store.create(key("a"), text("a"));
        expect(live).toStrictEqual([...store.changesSince(0)]);
      });

      it("[ST-S6] what unsubscribed is told no more", () => {
        let calls = 0;
        const stop = store.subscribe(() => calls++);
        store.create(key("a"), text("a"));
        stop();
        store.create(key("b"), text("b"));
        expect([calls, told.length]).toEqual([1, 2]);
      });
    });

    describe("compaction", () => {
      beforeEach(() => {
        const at = (ms: number, write: () => void) => {
          subject.setNow(ms);
          write();
        };
        at(1000, () => store.create(key("a"), text("a"))); // 1
        at(2000, () => store.create(key("b"), text("b"))); // 2
        at(3000, () => store.update(key("a"), 1, text("a"))); // 3
        at(4000, () => store.delete(key("b"), 2, text("gone"))); // 4
        at(5000, () => store.create(key("b"), text("b"))); // 5
        at(6000, () => store.update(key("a"), 3, text("a"))); // 6
      });

      it("[ST-C1] forgets what was superseded before, and keeps what lives", () => {
        expect(store.compact(4500, 100)).toBe(4);
        expect(store.compactedRevision()).toBe(4);
        expect(code(() => store.changesSince(3))).toEqual({
          code: "Compacted",
          detail: { requested: 3, compacted: 4 },
        });
        expect(code(() => store.list({ resource: "configmaps", at: 3 }))?.code).toBe("Compacted");
        expect(code(() => store.count({ resource: "configmaps", at: 0 }))?.code).toBe("Compacted");
        expect(values({ resource: "configmaps", at: 4 })).toEqual(["a@3"]);
        expect(values({ resource: "configmaps", at: 5 })).toEqual(["a@3", "b@5"]);
        expect(values({ resource: "configmaps" })).toEqual(["a@6", "b@5"]);
        expect([...store.changesSince(4)]).toStrictEqual([
          { type: "ADDED", ...key("b"), revision: 5, value: "b@5" },
          { type: "MODIFIED", ...key("a"), revision: 6, value: "a@6", previous: "a@3" },
        ]);
      });

      it("[ST-C2] versions written at or after the time stay", () => {
        expect(store.compact(3000, 100)).toBe(2);
        expect(store.compactedRevision()).toBe(0);
        expect(values({ resource: "configmaps", at: 2 })).toEqual(["a@1", "b@2"]);
        expect(store.compact(3001, 100)).toBe(1);
        expect(store.compactedRevision()).toBe(3);
        expect(store.oldestUncompactedMs()).toBe(4000);
      });

      it("[ST-C3] goes in slices, each revision passed once", () => {
        const passed: number[] = [];
        do passed.push(store.compact(10_000, 2));
        while (passed.at(-1) === 2);
        expect(passed).toEqual([2, 2, 2, 0]);
        expect(store.compactedRevision()).toBe(6);
        expect(store.oldestUncompactedMs()).toBeUndefined();
        expect([...store.changesSince(6)]).toEqual([]);
        expect(values({ resource: "configmaps" })).toEqual(["a@6", "b@5"]);
      });

      it("[ST-C4] what superseded nothing costs no watcher its place", () => {
        store.compact(10_000, 100);
        for (const n of ["x", "y", "z"]) store.create(key(n), text(n));
        expect(store.compact(10_000, 100)).toBe(3);
        expect(store.compactedRevision()).toBe(6);
        expect([...store.changesSince(6)].map((e) => e.name)).toEqual(["x", "y", "z"]);
      });

      it("[ST-C5] tells nobody, and gives no revision twice: not even after the last write was a delete", () => {
        let told = 0;
        store.subscribe(() => told++);
        store.delete(key("a"), 6, text("gone"));
        expect(store.compact(10_000, 100)).toBe(7);
        expect([told, store.revision()]).toEqual([1, 7]);
        expect(store.get(key("a"))).toBeUndefined();
        expect(values({ resource: "configmaps", at: 7 })).toEqual(["b@5"]);
        const after = subject.reopen?.() ?? store;
        expect(after.revision()).toBe(7);
        expect(after.create(key("a"), text("a")).revision).toBe(8);
      });

      it("[ST-C6] an object made anew within one slice stays", () => {
        store.transaction(() => {
          store.delete(key("a"), 6, text("gone"));
          store.create(key("a"), text("anew"));
        });
        store.compact(10_000, 100);
        expect(store.get(key("a"))!.value).toBe("anew@8");
        expect(values({ resource: "configmaps" })).toEqual(["anew@8", "b@5"]);
      });

      it("[ST-C7] is taken back with the transaction around it", () => {
        expect(() =>
          store.transaction(() => {
            store.compact(10_000, 100);
            throw new Error("no");
          }),
        ).toThrow("no");
        expect(store.compactedRevision()).toBe(0);
        expect(values({ resource: "configmaps", at: 2 })).toEqual(["a@1", "b@2"]);
        expect(store.compact(10_000, 100)).toBe(6);
      });

      it("[ST-C8] survives an eviction", () => {
        if (!subject.reopen) return;
        store.compact(3500, 100);
        const again = subject.reopen();
        expect([again.revision(), again.compactedRevision(), again.oldestUncompactedMs()]).toEqual([6, 3, 4000]);
        expect([...again.list({ resource: "configmaps", at: 3 })].map((o) => o.value)).toEqual(["a@3", "b@2"]);
        expect(again.create(key("z"), text("z")).revision).toBe(7);
      });
    });
  });
}
