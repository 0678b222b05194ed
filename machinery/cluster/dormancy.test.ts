import { describe, expect, it } from "vitest";
import type { ChangeEvent } from "./contract.ts";
import { Dormancy } from "./dormancy.ts";

function setUp(position?: number) {
  const state = { position, writes: 0 };
  const dormancy = new Dormancy({
    position: {
      get: () => state.position,
      set: (next) => {
        state.position = next;
        state.writes++;
      },
    },
    mayIgnore: ({ resource, type }) => resource === "leases" && type === "MODIFIED",
  });
  return { dormancy, state };
}
const event = (resource: string, revision: number, type: ChangeEvent["type"] = "MODIFIED"): ChangeEvent => ({
  type,
  resource,
  namespace: "",
  name: "a",
  revision,
  value: "{}",
});

describe("Dormancy", () => {
  it.each([
    {
      name: "[DO1] nothing has changed since it settled",
      at: 10,
      batch: { from: 8, to: 20, events: [] },
      covers: true,
    },
    { name: "[DO2] something was missed", at: 10, batch: { from: 11, to: 20, events: [] }, covers: false },
    { name: "[DO3] it never settled", at: undefined, batch: { from: 0, to: 0, events: [] }, covers: false },
    {
      name: "[DO4] the store was restored from an older time",
      at: 10,
      batch: { from: 5, to: 9, events: [] },
      covers: false,
    },
    {
      name: "[DO5] what has changed it has seen",
      at: 10,
      batch: { from: 8, to: 10, events: [event("pods", 10)] },
      covers: true,
    },
    {
      name: "[DO6] what has changed matters",
      at: 10,
      batch: { from: 8, to: 11, events: [event("pods", 11)] },
      covers: false,
    },
    {
      name: "[DO7] what has changed does not matter",
      at: 10,
      batch: { from: 8, to: 11, events: [event("leases", 11)] },
      covers: true,
    },
    {
      name: "[DO8] some of it matters",
      at: 10,
      batch: { from: 8, to: 12, events: [event("leases", 11), event("leases", 12, "DELETED")] },
      covers: false,
    },
  ])("$name", ({ at, batch, covers }) => {
    expect(setUp(at).dormancy.covers(batch)).toBe(covers);
  });

  it("[DO9] remembers what it has ignored, and writes for nothing else", () => {
    const { dormancy, state } = setUp(10);
    dormancy.covers({ from: 8, to: 20, events: [] });
    expect(state).toEqual({ position: 10, writes: 0 });
    expect(dormancy.covers({ from: 20, to: 22, events: [event("leases", 22)] })).toBe(true);
    expect(state).toEqual({ position: 22, writes: 1 });
    expect(dormancy.covers({ from: 22, to: 30, events: [] })).toBe(true);
    dormancy.settled(22);
    expect(state.writes).toBe(1);
    dormancy.settled(25);
    expect(state).toEqual({ position: 25, writes: 2 });
  });
});
