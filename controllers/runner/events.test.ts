import { describe, expect, it } from "vitest";
import type { EventDraft } from "./controller.ts";
import { EventRecorder } from "./events.ts";

const draft = (message: string, name = "web", reason = "Scaled"): EventDraft => ({
  about: { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace: "ns", name, uid: `uid-${name}` } },
  type: "Normal",
  reason,
  message,
});
const NOW = Date.parse("2026-01-01T00:00:00Z");

describe("EventRecorder", () => {
  it("[EV1] makes a core/v1 Event about the object", () => {
    const op = new EventRecorder().record(draft("up"), "deployment-controller", NOW)?.op;
    expect(op).toMatchObject({
      verb: "create",
      resource: "events",
      namespace: "ns",
      object: {
        apiVersion: "v1",
        kind: "Event",
        involvedObject: { kind: "Deployment", namespace: "ns", name: "web", uid: "uid-web", apiVersion: "apps/v1" },
        type: "Normal",
        reason: "Scaled",
        message: "up",
        source: { component: "deployment-controller" },
        count: 1,
        firstTimestamp: "2026-01-01T00:00:00Z",
        lastTimestamp: "2026-01-01T00:00:00Z",
      },
    });
    expect((op as unknown as { object: { metadata: { name: string } } }).object.metadata.name).toMatch(
      /^web\.[0-9a-f]{16}$/,
    );
  });

  it("[EV2] the same again counts up the one there is; a failed one is told anew", () => {
    const recorder = new EventRecorder();
    recorder.record(draft("up"), "c", NOW);
    const again = recorder.record(draft("up"), "c", NOW + 5_000);
    expect(again?.op).toMatchObject({ verb: "patch", patch: { count: 2, lastTimestamp: "2026-01-01T00:00:05Z" } });
    again?.forget();
    expect(recorder.record(draft("up"), "c", NOW + 6_000)?.op.verb).toBe("create");
  });

  it("[EV3] more than 10 that differ only in their message become one", () => {
    const recorder = new EventRecorder();
    const ops = Array.from({ length: 13 }, (_, i) => recorder.record(draft(`pod ${i}`), "c", NOW)?.op);
    expect(ops.map((op) => op?.verb)).toEqual([...Array(10).fill("create"), "patch", "patch", "patch"]);
    expect(ops[9]).toMatchObject({ object: { message: "(combined from similar events): pod 9" } });
    expect(ops[12]).toMatchObject({ patch: { count: 4, message: "(combined from similar events): pod 12" } });
  });

  it("[EV4] an object gets 25, then one every 5 minutes; other objects are not concerned", () => {
    const recorder = new EventRecorder();
    const tell = (i: number, nowMs: number) => recorder.record(draft("x", "web", `r${i}`), "c", nowMs);
    const told = Array.from({ length: 40 }, (_, i) => tell(i, NOW)).filter(Boolean);
    expect(told).toHaveLength(25);
    expect(recorder.record(draft("x", "other"), "c", NOW)).toBeDefined();
    expect(tell(50, NOW + 299_000)).toBeUndefined();
    expect(tell(51, NOW + 300_000)).toBeDefined();
    expect(tell(52, NOW + 300_000)).toBeUndefined();
  });

  it("[EV6] what was not told is counted, and told with its count", () => {
    const recorder = new EventRecorder();
    for (let i = 0; i < 25; i++) recorder.record(draft("x", "web", `r${i}`), "c", NOW);
    for (let i = 0; i < 3; i++) expect(recorder.record(draft("up"), "c", NOW)).toBeUndefined();
    const told = recorder.record(draft("up"), "c", NOW + 300_000);
    expect(told?.op).toMatchObject({
      verb: "create",
      object: { count: 4, firstTimestamp: "2026-01-01T00:00:00Z", lastTimestamp: "2026-01-01T00:05:00Z" },
    });
  });

  it("[EV7] one that has expired is told as a new one, its count going on", () => {
    const recorder = new EventRecorder();
    const first = recorder.record(draft("up"), "c", NOW)?.op as { object?: { metadata: { name: string } } };
    const again = recorder.record(draft("up"), "c", NOW + 4_000_000);
    expect(again?.op.verb).toBe("patch");
    const anew = again?.anew() as unknown as { verb: string; object: { count: number; metadata: { name: string } } };
    expect([anew.verb, anew.object.count]).toEqual(["create", 2]);
    expect(anew.object.metadata.name).not.toBe(first.object?.metadata.name);
    const third = recorder.record(draft("up"), "c", NOW + 4_000_001)?.op;
    expect(third).toMatchObject({ verb: "patch", name: anew.object.metadata.name, patch: { count: 3 } });
  });

  it("[EV5] events about cluster-scoped objects lie in default", () => {
    const about = { apiVersion: "v1", kind: "Node", metadata: { name: "n1", uid: "u" } };
    const op = new EventRecorder().record({ about, type: "Normal", reason: "r", message: "m" }, "c", NOW)?.op;
    expect(op?.namespace).toBe("default");
  });
});
