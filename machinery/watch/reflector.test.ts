import { describe, expect, it } from "vitest";
import type { Clock } from "../clock.ts";
import type { KubeObject } from "../meta/object.ts";
import { Reflector } from "./reflector.ts";
import type { ListPage, ListRequest, Transport, WatchEvent, WatchRequest } from "./transport.ts";

const thing = (name: string, version: number, uid = name): KubeObject => ({
  apiVersion: "v1",
  kind: "Thing",
  metadata: { name, namespace: "n", uid, resourceVersion: String(version) },
});

interface OpenWatch {
  from: string;
  send(type: WatchEvent["type"], object: unknown): void;
  end(error?: unknown): void;
  aborted: boolean;
}

/** A transport worked by hand: the test decides what each list answers and when a watch speaks. */
class HandTransport implements Transport<KubeObject> {
  readonly lists: ListRequest[] = [];
  readonly watches: OpenWatch[] = [];
  pages: (ListPage<KubeObject> | Error)[] = [];
  onWatch: () => void = () => {};

  async list(request: ListRequest): Promise<ListPage<KubeObject>> {
    this.lists.push(request);
    const page = this.pages.shift();
    if (page === undefined) throw new Error("no page left");
    if (page instanceof Error) throw page;
    return page;
  }

  watch(request: WatchRequest, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const watch: OpenWatch = {
        from: request.resourceVersion,
        send: (type, object) => request.onEvent({ type, object }),
        end: (error) => (error === undefined ? resolve() : reject(error)),
        aborted: false,
      };
      signal.addEventListener("abort", () => {
        watch.aborted = true;
        reject(new Error("aborted"));
      });
      this.watches.push(watch);
      this.onWatch();
    });
  }

  async watching(count: number): Promise<OpenWatch> {
    while (this.watches.length < count) {
      await new Promise<void>((resolve) => {
        this.onWatch = resolve;
      });
    }
    return this.watches[count - 1]!;
  }
}

/** Time passes as soon as someone waits for it. */
class EagerClock implements Clock {
  nowMs = 0;
  readonly delays: number[] = [];

  now(): number {
    return this.nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.delays.push(delayMs);
    let live = true;
    queueMicrotask(() => {
      if (!live) return;
      this.nowMs += delayMs;
      callback();
    });
    return () => {
      live = false;
    };
  }
}

function start(pages: (ListPage<KubeObject> | Error)[]) {
  const transport = new HandTransport();
  transport.pages = pages;
  const clock = new EagerClock();
  const told: string[] = [];
  const errors: unknown[] = [];
  const reflector = new Reflector({
    transport,
    clock,
    random: () => 0,
    onChange: (key, current, previous) => {
      const version = (object?: KubeObject) => object?.metadata.resourceVersion ?? "-";
      told.push(`${key} ${version(previous)}→${version(current)}`);
    },
    onError: (error) => errors.push(error),
  });
  const ended = reflector.run();
  return { transport, clock, told, errors, reflector, ended };
}

const gone = Object.assign(new Error("too old resource version"), { code: 410 });

describe("Reflector", () => {
  it("[RF1] lists in pages, then tells what the watch says", async () => {
    const { transport, told, reflector, ended } = start([
      { items: [thing("a", 1)], resourceVersion: "5", continue: "x" },
      { items: [thing("b", 2)], resourceVersion: "5" },
    ]);
    await reflector.synced;
    expect(transport.lists.map((request) => request.continue)).toEqual([undefined, "x"]);
    const watch = await transport.watching(1);
    expect(watch.from).toBe("5");
    watch.send("ADDED", thing("c", 6));
    watch.send("MODIFIED", thing("a", 7));
    watch.send("DELETED", thing("b", 8));
    watch.send("ADDED", thing("c", 9, "another"));
    watch.send("BOOKMARK", { metadata: { resourceVersion: "12" } });
    expect(told).toEqual(["n/a -→1", "n/b -→2", "n/c -→6", "n/a 1→7", "n/b 2→-", "n/c 6→-", "n/c -→9"]);
    expect([...reflector.values()].map((object) => object.metadata.name)).toEqual(["a", "c"]);
    expect(reflector.resourceVersion).toBe("12");
    reflector.stop();
    await ended;
    watch.send("ADDED", thing("d", 13));
    expect(told).toHaveLength(7);
    expect(watch.aborted).toBe(true);
  });

  it("[RF2] resumes behind the last event without listing", async () => {
    const { transport, reflector, errors, ended } = start([{ items: [], resourceVersion: "5" }]);
    (await transport.watching(1)).send("ADDED", thing("a", 6));
    transport.watches[0]!.end();
    const second = await transport.watching(2);
    expect(second.from).toBe("6");
    second.send("BOOKMARK", { metadata: { resourceVersion: "9" } });
    second.end(new Error("connection reset"));
    expect((await transport.watching(3)).from).toBe("9");
    expect(transport.lists).toHaveLength(1);
    expect(errors).toHaveLength(1);
    reflector.stop();
    await ended;
  });

  it.each(["as an event", "as an error"])(
    "[RF3] lists again when too old, %s, and tells the differences",
    async (how) => {
      const { transport, reflector, told, ended } = start([
        { items: [thing("a", 1), thing("b", 2), thing("c", 3)], resourceVersion: "5" },
        { items: [thing("b", 2), thing("c", 8), thing("d", 9), thing("a", 7, "another")], resourceVersion: "10" },
      ]);
      const watch = await transport.watching(1);
      told.length = 0;
      if (how === "as an error") watch.end(gone);
      else watch.send("ERROR", { kind: "Status", code: 410, message: "too old" });
      expect((await transport.watching(2)).from).toBe("10");
      expect(told).toEqual(["n/a 1→-", "n/c 3→8", "n/d -→9", "n/a -→7"]);
      reflector.stop();
      await ended;
    },
  );

  it("[RF4] errors are retried after growing delays", async () => {
    const { transport, reflector, clock, errors, ended } = start([
      new Error("1"),
      new Error("2"),
      new Error("3"),
      { items: [], resourceVersion: "5" },
    ]);
    await transport.watching(1);
    expect(clock.delays).toEqual([800, 1600, 3200]);
    expect(errors).toHaveLength(3);
    reflector.stop();
    await ended;
  });

  it("[RF5] stop ends a pause", async () => {
    const { reflector, clock, ended, told } = start([new Error("1")]);
    reflector.stop();
    await ended;
    expect(clock.delays.length).toBeLessThanOrEqual(1);
    expect(told).toEqual([]);
  });

  it("[RF6] an event without a version ends the watch", async () => {
    const { transport, reflector, errors, ended } = start([{ items: [], resourceVersion: "5" }]);
    (await transport.watching(1)).send("ADDED", { metadata: { name: "x" } });
    expect((await transport.watching(2)).from).toBe("5");
    expect(String(errors[0])).toContain("without resourceVersion");
    reflector.stop();
    await ended;
  });
});
