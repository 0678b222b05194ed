import { beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { MemoryStore } from "./memory-store.ts";
import { WatchHub, type WatchHubOptions } from "./watch-hub.ts";
import type { Representation, WatchDescription, WatchFilter, WatchSink, WatchSpec, WatchStart } from "./watch-types.ts";

class FakeSink implements WatchSink {
  readonly told: string[] = [];
  readonly data: (Uint8Array | string)[] = [];
  readonly descriptions: WatchDescription[] = [];
  ended: string | undefined;
  pending = 0;
  /** Bytes each event is said to take until it is drained. */
  weight = 0;
  onSend: () => void = () => {};

  send(data: Uint8Array | string): void {
    this.data.push(data);
    this.told.push(String(data));
    this.pending += this.weight;
    this.onSend();
  }

  pendingBytes(): number {
    return this.pending;
  }

  close(reason: string): void {
    this.ended = reason;
  }

  changed(description: WatchDescription): void {
    this.descriptions.push(description);
  }
}

/** What is told reads as `ADDED web@3 app=x`: type, name, resourceVersion, labels. */
function show({ type, text }: { type: string; text: string }): string {
  const { metadata } = JSON.parse(text) as KubeObject;
  const labels = Object.entries(metadata.labels ?? {}).map(([k, v]) => `${k}=${v}`);
  return [type, `${metadata.name}@${metadata.resourceVersion}`, ...labels].join(" ");
}

let encodings = 0;
let evaluations = 0;
const plain: Representation = {
  event: (event) => {
    encodings++;
    return show(event);
  },
  bookmark: ({ revision, initialEventsEnd }) => `BOOKMARK @${revision}${initialEventsEnd ? " end" : ""}`,
  error: (status) => `ERROR ${status.code} ${status.reason} ${status.message}`,
};
const table: Representation = { ...plain, firstDiffers: true, event: (e) => `${e.first ? "columns " : ""}${show(e)}` };

/** Equality selectors only: `app=x`, `spec.nodeName=n1,metadata.name=web`. */
function filterOf(spec: WatchSpec): WatchFilter | undefined {
  if (!spec.labelSelector && !spec.fieldSelector) return undefined;
  const pairs = (text = "") =>
    text
      .split(",")
      .filter(Boolean)
      .map((pair) => pair.split("=") as [string, string]);
  const labels = pairs(spec.labelSelector);
  const fields = pairs(spec.fieldSelector);
  return {
    matches(view) {
      evaluations++;
      return labels.every(([k, v]) => view.labels[k] === v) && fields.every(([k, v]) => (view.fields[k] ?? "") === v);
    },
    ...(fields[0] && { equality: { field: fields[0][0], value: fields[0][1] } }),
  };
}

describe("watch hub", () => {
  let nowMs: number;
  let store: MemoryStore;
  let hub: WatchHub;
  let due: number;
  let reports: unknown[];
  const make = (options: Partial<WatchHubOptions> = {}) =>
    new WatchHub({
      store,
      now: () => nowMs,
      filter: filterOf,
      fields: (_resource, object) => ({ "spec.nodeName": (object.spec as { nodeName?: string })?.nodeName ?? "" }),
      representation: (spec) => (spec.representation === "table" ? table : plain),
      onDue: () => due++,
      report: (error) => reports.push(error),
      pendingLimitBytes: 100,
      slowLimitMs: 30_000,
      bookmarkIntervalMs: 60_000,
      ...options,
    });

  beforeEach(() => {
    nowMs = 1_000_000;
    due = 0;
    reports = [];
    encodings = 0;
    evaluations = 0;
    store = new MemoryStore({ now: () => nowMs });
    hub = make();
  });

  const key = (name: string, namespace = "default", resource = "pods") => ({ resource, namespace, name });
  const text =
    (name: string, labels: { [k: string]: string } = {}, spec: object = {}) =>
    (revision: number) =>
      JSON.stringify({ metadata: { name, resourceVersion: String(revision), labels }, spec });
  const create = (name: string, labels = {}, spec = {}, namespace = "default") =>
    store.create(key(name, namespace), text(name, labels, spec));
  const update = (name: string, labels = {}, spec = {}) =>
    store.update(key(name), store.get(key(name))!.revision, text(name, labels, spec));
  const remove = (name: string) => {
    const { revision, value } = store.get(key(name))!;
    const { metadata, spec } = JSON.parse(value) as KubeObject;
    return store.delete(key(name), revision, text(name, metadata.labels, spec as object));
  };
  const open = (
    spec: Partial<WatchSpec> = {},
    start: WatchStart = { after: store.revision() },
    sink = new FakeSink(),
  ) => {
    const watcher = hub.open({ spec: { resource: "pods", representation: "plain", ...spec }, start, sink });
    return Object.assign(sink, { watcher });
  };

  describe("delivery", () => {
    it("[WH1] tells each event of the resource once, in order", () => {
      const sink = open();
      create("a");
      store.create(key("x", "default", "secrets"), text("x"));
      update("a");
      remove("a");
      expect(sink.told).toEqual(["ADDED a@1", "MODIFIED a@3", "DELETED a@4"]);
    });

    it("[WH2] tells one namespace only when one is asked for", () => {
      const one = open({ namespace: "x" });
      const all = open();
      create("a", {}, {}, "x");
      create("b", {}, {}, "y");
      expect(one.told).toEqual(["ADDED a@1"]);
      expect(all.told).toEqual(["ADDED a@1", "ADDED b@2"]);
    });

    it("[WH3] encodes an event once for all watchers of a representation, and hands over the same bytes", () => {
      const bytes = new Uint8Array([1]);
      let encoded = 0;
      const event = () => {
        encoded++;
        return bytes;
      };
      hub = make({ representation: () => ({ ...plain, event }) });
      const sinks = Array.from({ length: 50 }, () => open());
      create("a");
      expect(encoded).toBe(1);
      expect(sinks.every((sink) => sink.data[0] === bytes)).toBe(true);
    });

    it("[WH4] evaluates equal selectors once an event", () => {
      for (let i = 0; i < 50; i++) open({ labelSelector: "app=x" });
      create("a", { app: "x" });
      expect([evaluations, encodings]).toEqual([1, 1]);
    });

    it("[WH10] filters are made once for equal selectors, and kept no longer than they are used", () => {
      let made = 0;
      hub = make({
        filter: (spec) => {
          made++;
          return filterOf(spec);
        },
      });
      const sinks = [open({ labelSelector: "a=b" }), open({ labelSelector: "a=b", namespace: "x" })];
      expect(made).toBe(1);
      for (const sink of sinks) sink.watcher.end();
      open({ labelSelector: "a=b" });
      expect(made).toBe(2);
    });

    it("[WH5] tells nothing of what was rolled back, and a transaction's events in order", () => {
      const sink = open();
      expect(() =>
        store.transaction(() => {
          create("a");
          throw new Error("no");
        }),
      ).toThrow();
      store.transaction(() => {
        create("b");
        create("c");
        update("b");
      });
      expect(sink.told).toEqual(["ADDED b@1", "ADDED c@2", "MODIFIED b@3"]);
    });

    it("[WH6] a table's first event carries the columns, also for those that join later", () => {
      const first = open({ representation: "table" });
      create("a");
      const second = open({ representation: "table" });
      create("b");
      create("c");
      expect(first.told).toEqual(["columns ADDED a@1", "ADDED b@2", "ADDED c@3"]);
      expect(second.told).toEqual(["columns ADDED b@2", "ADDED c@3"]);
    });

    it("[WH7] forgets who has gone: by its owner's word, or when its sink throws", () => {
      const gone = open();
      const broken = open();
      broken.onSend = () => {
        throw new Error("closed");
      };
      const stays = open();
      gone.watcher.end();
      create("a");
      create("b");
      expect(gone.told).toEqual([]);
      expect([broken.told.length, broken.ended]).toEqual([1, "failed"]);
      expect(stays.told).toHaveLength(2);
      expect([hub.count(), hub.count("pods"), hub.count("secrets")]).toEqual([1, 1, 0]);
    });

    it("[WH9] a sink that throws while history is told gets no more", () => {
      for (const name of ["a", "b", "c"]) create(name);
      for (const start of [{ after: 0 }, { state: { endMark: true } }]) {
        const sink = new FakeSink();
        sink.onSend = () => {
          throw new Error("closed");
        };
        open({}, start, sink);
        expect([sink.told.length, sink.ended]).toEqual([1, "failed"]);
      }
      expect(hub.count()).toBe(0);
    });

    it("[WH8] an error in a filter ends that watch alone and is reported", () => {
      const error = new Error("filter");
      hub = make({
        filter: (spec) =>
          spec.labelSelector
            ? {
                matches: () => {
                  throw error;
                },
              }
            : undefined,
      });
      const bad = open({ labelSelector: "x" });
      const good = open();
      create("a");
      expect([bad.ended, good.ended, good.told, reports]).toEqual(["failed", undefined, ["ADDED a@1"], [error]]);
      expect(open({ labelSelector: "x" }, { after: 0 }).ended).toBe("failed");
      expect(open({ labelSelector: "x" }, { state: { endMark: true } }).ended).toBe("failed");
      expect([hub.count(), reports.length]).toEqual([1, 3]);
    });
  });

  describe("selectors", () => {
    const steps: { name: string; run: () => void; told: string[] }[] = [
      { name: "[WS1] created inside: ADDED", run: () => create("a", { app: "x" }), told: ["ADDED a@1 app=x"] },
      { name: "[WS2] created outside: nothing", run: () => create("a", { app: "y" }), told: [] },
      {
        name: "[WS3] changed inside: MODIFIED",
        run: () => {
          create("a", { app: "x" });
          update("a", { app: "x", n: "1" });
        },
        told: ["ADDED a@1 app=x", "MODIFIED a@2 app=x n=1"],
      },
      {
        name: "[WS4] moved in: ADDED with the new state",
        run: () => {
          create("a", { app: "y" });
          update("a", { app: "x" });
        },
        told: ["ADDED a@2 app=x"],
      },
      {
        name: "[WS5] moved out: DELETED with the state before and the new resourceVersion",
        run: () => {
          create("a", { app: "x" });
          update("a", { app: "y" });
          update("a", { app: "z" });
          remove("a");
        },
        told: ["ADDED a@1 app=x", "DELETED a@2 app=x"],
      },
      {
        name: "[WS6] deleted inside: DELETED with the last state",
        run: () => {
          create("a", { app: "x" });
          remove("a");
        },
        told: ["ADDED a@1 app=x", "DELETED a@2 app=x"],
      },
      {
        name: "[WS7] deleted outside: nothing",
        run: () => {
          create("a", { app: "y" });
          remove("a");
        },
        told: [],
      },
    ];
    it.each(steps)("$name, live and replayed", ({ run, told }) => {
      const live = open({ labelSelector: "app=x" });
      run();
      expect(live.told).toEqual(told);
      expect(open({ labelSelector: "app=x" }, { after: 0 }).told).toEqual(told);
    });

    it("[WS8] an equality field finds its watchers: each event asks only those of its node, before and after", () => {
      const daemons = Array.from({ length: 1000 }, (_, i) => open({ fieldSelector: `spec.nodeName=n${i}` }));
      const pending = open({ fieldSelector: "spec.nodeName=" });
      create("a");
      update("a", {}, { nodeName: "n7" });
      update("a", {}, { nodeName: "n8" });
      remove("a");
      expect(daemons[7]!.told).toEqual(["ADDED a@2", "DELETED a@3"]);
      expect(daemons[8]!.told).toEqual(["ADDED a@3", "DELETED a@4"]);
      expect(pending.told).toEqual(["ADDED a@1", "DELETED a@2"]);
      expect(daemons.reduce((sum, sink) => sum + sink.told.length, 0)).toBe(4);
      expect(evaluations).toBeLessThan(12);
    });

    it("[WS10] what does not contain what it must is not even parsed, live, replayed or listed", () => {
      const fields: string[] = [];
      hub = make({
        filter: () => ({ matches: (view) => fields.push(view.name) > 0, contains: '"app":"x"' }),
      });
      const live = open({ labelSelector: "app=x" });
      create("a", { app: "x" });
      create("b", { app: "y" });
      update("b", { app: "x" });
      update("b", { app: "z" });
      expect(live.told).toEqual(["ADDED a@1 app=x", "ADDED b@3 app=x", "DELETED b@4 app=x"]);
      expect(open({ labelSelector: "app=x" }, { after: 0 }).told).toEqual(live.told);
      expect(open({ labelSelector: "app=x" }, { state: { endMark: false } }).told).toEqual(["ADDED a@1 app=x"]);
      expect(fields).toEqual(["a", "b", "b", "a", "b", "b", "a"]);
    });

    it("[WS9] a name in a namespace is not that name elsewhere", () => {
      const sink = open({ namespace: "x", fieldSelector: "metadata.name=a" });
      create("a", {}, {}, "x");
      create("a", {}, {}, "y");
      create("b", {}, {}, "x");
      expect(sink.told).toEqual(["ADDED a@1"]);
    });
  });

  describe("beginnings", () => {
    beforeEach(() => {
      create("a", { app: "x" });
      create("b", { app: "y" });
      update("a", { app: "x", n: "2" });
    });

    it("[WB1] from a revision: what came after it, then live, without gap or double", () => {
      for (let after = 0; after <= 3; after++) {
        const sink = open({}, { after });
        const before = ["ADDED a@1 app=x", "ADDED b@2 app=y", "MODIFIED a@3 app=x n=2"].slice(after);
        expect(sink.told).toEqual(before);
        expect(sink.watcher.revision).toBe(store.revision());
      }
      const sink = open({}, { after: 2 });
      create("c");
      expect(sink.told).toEqual(["MODIFIED a@3 app=x n=2", "ADDED c@4"]);
    });

    it("[WB2] from the state: ADDED for what matches, the end mark, then live", () => {
      const sink = open({ labelSelector: "app=x" }, { state: { endMark: true } });
      create("c", { app: "x" });
      expect(sink.told).toEqual(["ADDED a@3 app=x n=2", "BOOKMARK @3 end", "ADDED c@4 app=x"]);
      expect(open({}, { state: { endMark: false } }).told).toHaveLength(3);
    });

    it("[WB3] from the state of one name: one look-up", () => {
      let lists = 0;
      const list = store.list.bind(store);
      store.list = (query) => {
        lists++;
        return list(query);
      };
      const spec = { namespace: "default", fieldSelector: "metadata.name=b" };
      expect(open(spec, { state: { endMark: true } }).told).toEqual(["ADDED b@2 app=y", "BOOKMARK @3 end"]);
      const none = { namespace: "default", fieldSelector: "metadata.name=none" };
      expect(open(none, { state: { endMark: false } }).told).toEqual([]);
      expect(lists).toBe(0);
    });

    it("[WB7] from the state of one name, when the client takes it only after it has changed", () => {
      const sink = new FakeSink();
      sink.pending = 1000;
      open({ namespace: "default", fieldSelector: "metadata.name=b" }, { state: { endMark: true } }, sink);
      update("b");
      sink.pending = 0;
      hub.tick();
      nowMs += 10;
      hub.tick();
      expect(sink.told).toEqual(["ADDED b@2 app=y", "BOOKMARK @3 end", "MODIFIED b@4"]);
    });

    it("[WB4] behind compaction: one ERROR 410 Expired, then the end", () => {
      store.compact(nowMs + 1, 100);
      const sink = open({}, { after: 1 });
      expect(sink.told).toEqual(["ERROR 410 Expired too old resource version: 1 (3)"]);
      expect([sink.ended, hub.count()]).toEqual(["expired", 0]);
    });

    it("[WB5] from a revision yet to come: what follows it", () => {
      const sink = open({}, { after: 5 });
      for (const name of ["d", "e", "f"]) create(name);
      expect(sink.told).toEqual(["ADDED f@6"]);
    });

    it("[WB6] a selector that does not parse throws and leaves no watch", () => {
      hub = make({
        filter: () => {
          throw new Error("bad selector");
        },
      });
      expect(() => open({ labelSelector: "!!" })).toThrow("bad selector");
      expect(hub.count()).toBe(0);
    });
  });

  describe("slow clients", () => {
    it("[WC1] gets no more than the limit, then goes on from history when it has drained", () => {
      const slow = open();
      const quick = open();
      slow.weight = 60;
      for (let i = 0; i < 5; i++) create(`p${i}`);
      expect(slow.told).toEqual(["ADDED p0@1", "ADDED p1@2"]);
      expect(quick.told).toHaveLength(5);
      slow.pending = 60;
      slow.watcher.drained();
      expect(slow.told).toHaveLength(2);
      slow.pending = 0;
      slow.watcher.drained();
      expect(slow.told).toEqual(["ADDED p0@1", "ADDED p1@2", "ADDED p2@3", "ADDED p3@4"]);
      slow.pending = 0;
      slow.weight = 0;
      slow.watcher.drained();
      create("p5");
      expect(slow.told).toEqual(quick.told);
      expect(slow.descriptions.map((d) => d.live)).toEqual([true, false, true]);
    });

    it("[WC2] is ended when it has not caught up for the limit", () => {
      const slow = open();
      slow.weight = 200;
      create("a");
      nowMs += 29_999;
      expect(hub.tick()).toBeGreaterThan(nowMs);
      expect(slow.ended).toBeUndefined();
      nowMs += 1;
      expect(hub.tick()).toBeUndefined();
      expect([slow.ended, hub.count()]).toEqual(["slow", 0]);
    });

    it("[WC7] is not ended while it gets on, however slowly", () => {
      const slow = open();
      slow.weight = 60;
      for (let i = 0; i < 10; i++) create(`p${i}`);
      for (let i = 0; i < 4; i++) {
        nowMs += 29_000;
        hub.tick();
        slow.pending = 0;
        slow.watcher.drained();
      }
      expect([slow.ended, slow.told.length]).toEqual([undefined, 10]);
    });

    it("[WC3] is told 410 when compaction has overtaken it", () => {
      const slow = open();
      slow.weight = 200;
      create("a");
      update("a");
      store.compact(nowMs + 1, 100);
      slow.pending = 0;
      slow.watcher.drained();
      expect(slow.told.at(-1)).toContain("ERROR 410 Expired");
      expect(slow.ended).toBe("expired");
    });

    it("[WC4] initial objects come page by page of one snapshot, as they are taken", () => {
      for (let i = 0; i < 250; i++) create(`p${String(i).padStart(3, "0")}`);
      const sink = new FakeSink();
      sink.weight = 1;
      open({}, { state: { endMark: true } }, sink);
      expect(sink.told.length).toBeLessThan(250);
      const seen = sink.told.length;
      remove("p249");
      update("p000");
      create("q");
      expect(sink.told).toHaveLength(seen);
      const watcher = (sink as FakeSink & { watcher: { drained(): void } }).watcher;
      expect(seen).toBeLessThan(110);
      for (let i = 0; i < 10; i++) {
        sink.pending = 0;
        watcher.drained();
      }
      expect(sink.told).toEqual([
        ...Array.from({ length: 250 }, (_, i) => `ADDED p${String(i).padStart(3, "0")}@${i + 1}`),
        "BOOKMARK @250 end",
        "DELETED p249@251",
        "MODIFIED p000@252",
        "ADDED q@253",
      ]);
    });

    it("[WC6] a sink that cannot say that it has drained is asked, less often while nothing moves", () => {
      const slow = open();
      slow.weight = 60;
      for (let i = 0; i < 10; i++) create(`p${i}`);
      const delays: number[] = [];
      const turn = () => {
        const dueMs = hub.tick();
        if (dueMs !== undefined) {
          delays.push(dueMs - nowMs);
          nowMs = dueMs;
        }
        return dueMs;
      };
      for (let i = 0; i < 10; i++) turn();
      expect(delays).toEqual([10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000]);
      expect(slow.told).toHaveLength(2);
      delays.length = 0;
      for (let i = 0; i < 3; i++) {
        slow.pending = 0;
        turn();
      }
      expect(delays).toEqual([10, 10, 10]);
      slow.pending = 0;
      expect(turn()).toBeUndefined();
      expect(slow.told).toHaveLength(10);
    });

    it("[WC5] a sink that drains from within send() gets everything once", () => {
      const sink = open();
      sink.weight = 101;
      sink.onSend = () => {
        sink.pending = 0;
        sink.watcher.drained();
        sink.pending = 101;
      };
      const busy = open();
      store.transaction(() => {
        for (let i = 0; i < 4; i++) create(`p${i}`);
      });
      for (let i = 0; i < 4; i++) {
        sink.pending = 0;
        sink.watcher.drained();
      }
      expect(sink.told).toEqual(busy.told);
    });
  });

  describe("time", () => {
    it("[WT1] bookmarks come each interval, and only when something was written since", () => {
      const wants = open({ bookmarks: true });
      const not = open();
      expect(hub.tick()).toBeUndefined();
      due = 0;
      store.create(key("x", "default", "secrets"), text("x"));
      expect(due).toBe(1);
      store.create(key("y", "default", "secrets"), text("y"));
      expect(due).toBe(1);
      expect(hub.tick()).toBe(nowMs + 60_000);
      nowMs += 60_000;
      expect(hub.tick()).toBeUndefined();
      expect([wants.told, not.told]).toEqual([["BOOKMARK @2"], []]);
      nowMs += 60_000;
      hub.tick();
      expect(wants.told).toHaveLength(1);
    });

    it("[WT2] a watch ends at its time, with a bookmark", () => {
      const sink = open({ bookmarks: true, endsAtMs: nowMs + 5000 });
      const plainSink = open({ endsAtMs: nowMs + 5000 });
      expect(due).toBe(1);
      expect(hub.tick()).toBe(nowMs + 5000);
      nowMs += 5000;
      expect(hub.tick()).toBeUndefined();
      expect([sink.told, sink.ended]).toEqual([["BOOKMARK @0"], "timeout"]);
      expect([plainSink.told, plainSink.ended]).toEqual([[], "timeout"]);
    });

    it("[WT3] a bookmark is never ahead of what was sent", () => {
      const slow = open({ bookmarks: true });
      slow.weight = 60;
      for (let i = 0; i < 5; i++) create(`p${i}`);
      slow.watcher.bookmark();
      expect(slow.told.at(-1)).toBe("BOOKMARK @2");
    });

    it("[WT5] no bookmark overtakes an event of the same commit, though a sink asks for one meanwhile", () => {
      const first = open();
      const second = open({ bookmarks: true });
      first.onSend = () => {
        second.watcher.bookmark();
        nowMs += 60_000;
        hub.tick();
      };
      create("a");
      second.watcher.bookmark();
      expect(second.told).toEqual(["ADDED a@1", "BOOKMARK @1"]);
    });

    it("[WT6] onDue comes after a commit has been told to all", () => {
      const seen: number[] = [];
      hub = make({ onDue: () => seen.push(last.told.length) });
      const slow = open();
      slow.weight = 200;
      const last = open({ bookmarks: true });
      create("a");
      expect(seen).toEqual([1]);
    });

    it("[WT4] a bookmark due is not put off by a later deadline that was known before", () => {
      open({ endsAtMs: nowMs + 1_800_000 });
      open({ bookmarks: true });
      expect(hub.tick()).toBe(nowMs + 1_800_000);
      due = 0;
      create("a");
      expect(due).toBe(1);
      expect(hub.tick()).toBe(nowMs + 60_000);
    });
  });

  describe("hibernation", () => {
    const rehydrate = (description: WatchDescription) => {
      hub = make();
      const sink = new FakeSink();
      const watcher = hub.reopen({ description: JSON.parse(JSON.stringify(description)), sink });
      return Object.assign(sink, { watcher });
    };

    it("[WE1] a live watch goes on where the store stands", () => {
      const sink = open({ fieldSelector: "spec.nodeName=n1", representation: "table" });
      create("a", {}, { nodeName: "n1" });
      create("b", {}, { nodeName: "n2" });
      const again = rehydrate(sink.descriptions.at(-1)!);
      expect(again.told).toEqual([]);
      update("a", {}, { nodeName: "n1" });
      expect(again.told).toEqual(["MODIFIED a@3"]);
    });

    it("[WE5] one that began with the state and is live is not sent it again", () => {
      create("a");
      const sink = open({}, { state: { endMark: true } });
      expect(sink.descriptions).toEqual([{ spec: sink.watcher.spec, after: 1, live: true }]);
      expect(rehydrate(sink.descriptions[0]!).told).toEqual([]);
    });

    it("[WE2] one that was behind reads on from history", () => {
      const slow = open();
      slow.weight = 60;
      for (let i = 0; i < 4; i++) create(`p${i}`);
      expect(rehydrate(slow.watcher.describe()).told).toEqual(["ADDED p2@3", "ADDED p3@4"]);
    });

    it("[WE3] one that was being sent the state goes on behind the last page", () => {
      for (let i = 0; i < 250; i++) create(`p${String(i).padStart(3, "0")}`);
      const sink = new FakeSink();
      sink.weight = 1;
      open({}, { state: { endMark: true } }, sink);
      const sent = sink.told.length;
      create("q");
      const { watcher } = sink as FakeSink & { watcher: { describe(): WatchDescription } };
      const again = rehydrate(watcher.describe());
      expect(again.told).toHaveLength(250 - sent + 2);
      expect(again.told.slice(-2)).toEqual(["BOOKMARK @250 end", "ADDED q@251"]);
    });

    it("[WE4] a description of ordinary selectors is at most 2 KB", () => {
      const sink = open({
        labelSelector: `app in (${"x".repeat(63)},y)`,
        fieldSelector: `spec.nodeName=${"n".repeat(253)}`,
      });
      expect(JSON.stringify(sink.watcher.describe()).length).toBeLessThan(2048);
    });
  });
});
