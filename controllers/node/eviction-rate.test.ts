import { describe, expect, it } from "vitest";
import type { Node } from "../../kinds/core/v1-types.ts";
import { node } from "../../test/fakes/cluster-objects.ts";
import { EvictionRate, rateOf, stateOf } from "./eviction-rate.ts";
import { nextTaints } from "./taints.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const made = (name: string, ready: boolean, zone = "a"): Node =>
  node(name, {
    metadata: { labels: { "topology.kubernetes.io/zone": zone } },
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "Unknown" }] },
  });
const nodes = (zone: string, ready: number, notReady: number): Node[] =>
  Array.from({ length: ready + notReady }, (_, i) => made(`${zone}${i}`, i >= notReady, zone));

describe("zones", () => {
  it.each([
    { name: "[ER1] all is well", ready: 5, notReady: 0, state: "normal", perSecond: 0.1 },
    { name: "[ER2] two of three may just be lost", ready: 1, notReady: 2, state: "normal", perSecond: 0.1 },
    { name: "[ER3] below the threshold", ready: 6, notReady: 6, state: "normal", perSecond: 0.1 },
    {
      name: "[ER4] more than half: a small zone waits",
      ready: 2,
      notReady: 3,
      state: "partly disrupted",
      perSecond: 0,
    },
    {
      name: "[ER5] more than half: a large zone goes slowly",
      ready: 20,
      notReady: 31,
      state: "partly disrupted",
      perSecond: 0.01,
    },
    { name: "[ER6] all: the zone is left", ready: 0, notReady: 1, state: "fully disrupted", perSecond: 0.1 },
  ])("$name", ({ ready, notReady, state, perSecond }) => {
    expect([stateOf({ ready, notReady }), rateOf({ ready, notReady })]).toEqual([state, perSecond]);
  });
});

describe("EvictionRate", () => {
  const asking = (all: Node[]) => {
    const rate = new EvictionRate();
    return {
      rate,
      ask: (name: string, nowMs = NOW) => rate.ask(all.find((one) => one.metadata.name === name)!, () => all, nowMs),
    };
  };

  it("[ER10] one node at once, the next 10 s later; zones do not wait for each other", () => {
    const { ask, rate } = asking([...nodes("a", 5, 2), ...nodes("b", 5, 1)]);
    expect(ask("a0")).toEqual({ do: "allow" });
    expect(ask("a1")).toEqual({ do: "hold", againAtMs: NOW + 10_000 });
    expect(ask("b0")).toEqual({ do: "allow" });
    expect(ask("a0", NOW + 1)).toEqual({ do: "allow" });
    expect(ask("a1", NOW + 10_000)).toEqual({ do: "allow" });
    rate.forget("a0");
    expect(ask("a0", NOW + 10_001)).toEqual({ do: "hold", againAtMs: NOW + 20_000 });
  });

  it("[ER11] a small zone that is partly disrupted waits for better times", () => {
    expect(asking([...nodes("a", 1, 4), ...nodes("b", 5, 0)]).ask("a0")).toEqual({ do: "hold" });
  });

  it("[ER12] all zones lost: the control plane itself is cut off, and nothing moves", () => {
    expect(asking([...nodes("a", 0, 2), ...nodes("b", 0, 1)]).ask("a0")).toEqual({ do: "cancel" });
  });

  it("[ER13] a zone that is lost as a whole is evacuated", () => {
    expect(asking([...nodes("a", 0, 2), ...nodes("b", 1, 0)]).ask("a0")).toEqual({ do: "allow" });
  });
});

describe("nextTaints", () => {
  const shown = (eviction: "allow" | "hold" | "cancel", taints: object[] = []) =>
    nextTaints({ ...made("n", false), spec: { taints } } as Node, "t", eviction)?.map(
      ({ key, effect }) => `${key.slice(19)}:${effect}`,
    );
  const noExecute = { key: "node.kubernetes.io/not-ready", effect: "NoExecute", timeAdded: "t" };
  it("[ER20] pods may not come, and leave only when they may", () => {
    expect(shown("allow")).toEqual(["unreachable:NoSchedule", "unreachable:NoExecute"]);
    expect(shown("hold")).toEqual(["unreachable:NoSchedule"]);
    expect(shown("hold", [noExecute])).toEqual(["unreachable:NoSchedule", "unreachable:NoExecute"]);
    expect(shown("cancel", [noExecute])).toEqual(["unreachable:NoSchedule"]);
  });
});
