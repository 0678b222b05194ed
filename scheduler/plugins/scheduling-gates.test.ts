import { describe, expect, it } from "vitest";
import { TestCluster } from "../testing/builders.ts";
import { schedulingGates } from "./scheduling-gates.ts";

describe("SchedulingGates", () => {
  it("[SG1] gated pods are held back", () => {
    const cluster = new TestCluster();
    const gated = cluster.pending({ name: "gated", spec: { schedulingGates: [{ name: "g" }] } });
    const open = cluster.pending({ name: "open" });
    expect([gated, open].map((pod) => schedulingGates.holdsBack(pod, cluster.view))).toEqual([true, false]);
  });
});
