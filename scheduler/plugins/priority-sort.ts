import type { QueueSortPlugin } from "../framework/plugin.ts";

/** Higher priority first; among equals, who came first. */
export const prioritySort: QueueSortPlugin = {
  name: "PrioritySort",
  compare: (a, b) => b.priority - a.priority || a.sequence - b.sequence,
};
