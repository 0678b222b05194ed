import { describe, expect, it } from "vitest";
import { prioritySort } from "./priority-sort.ts";

describe("PrioritySort", () => {
  it("[PS1] priority first, then order of arrival", () => {
    const entries = [
      { priority: 0, sequence: 1 },
      { priority: 5, sequence: 3 },
      { priority: 5, sequence: 2 },
      { priority: -1, sequence: 0 },
    ];
    expect(entries.sort(prioritySort.compare).map(({ sequence }) => sequence)).toEqual([2, 3, 1, 0]);
  });
});
