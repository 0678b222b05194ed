import { describe, expect, it } from "vitest";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { pod, readySince } from "../../test/fakes/cluster-objects.ts";
import { podsToDelete } from "./deletion-order.ts";

const NOW = Date.parse("2026-01-02T00:00:00Z");
const LONG_AGO = "2026-01-01T00:00:00Z";
const JUST_NOW = "2026-01-01T23:59:00Z";

const running = (
  name: string,
  edits: { ready?: string; restarts?: number; sidecar?: number; created?: string; node?: string; cost?: string } = {},
): Pod =>
  pod(name, {
    metadata: {
      creationTimestamp: edits.created ?? LONG_AGO,
      ...(edits.cost !== undefined && { annotations: { "controller.kubernetes.io/pod-deletion-cost": edits.cost } }),
    },
    spec: {
      nodeName: edits.node ?? "n1",
      initContainers: [{ name: "i" }, { name: "s", restartPolicy: "Always" }],
    },
    status: {
      ...(edits.ready === "" ? { phase: "Running", conditions: [] } : readySince(edits.ready ?? LONG_AGO)),
      containerStatuses: [{ name: "c", restartCount: edits.restarts ?? 0 }],
      initContainerStatuses: [
        { name: "i", restartCount: 7 - (edits.sidecar ?? 0) },
        { name: "s", restartCount: edits.sidecar ?? 0 },
      ],
    },
  });

describe("podsToDelete", () => {
  // Of each pair, the first goes.
  it.each<{ name: string; pods: [Pod, Pod]; related?: Pod[] }>([
    { name: "[DO1] unassigned before assigned", pods: [pod("z"), running("a")] },
    {
      name: "[DO2] pending before unknown",
      pods: [
        pod("z", { spec: { nodeName: "n1" } }),
        pod("a", { spec: { nodeName: "n1" }, status: { phase: "Unknown" } }),
      ],
    },
    {
      name: "[DO3] unknown before running",
      pods: [pod("z", { spec: { nodeName: "n1" }, status: { phase: "Unknown" } }), running("a", { ready: "" })],
    },
    { name: "[DO4] not ready before ready", pods: [running("z", { ready: "" }), running("a")] },
    { name: "[DO5] lower deletion cost first", pods: [running("z", { cost: "-5" }), running("a")] },
    {
      name: "[DO6] a cost that is no int32 counts as 0",
      pods: [running("z", { cost: "-1" }), running("a", { cost: "-99999999999" })],
    },
    {
      name: "[DO7] a cost with leading zeros counts as 0",
      pods: [
        running("z"),
        running("a", { cost: "007", ready: LONG_AGO, restarts: 0, created: "2025-01-01T00:00:00Z" }),
      ],
    },
    {
      name: "[DO8] the node with more related pods first",
      pods: [running("z", { node: "n2" }), running("a")],
      related: [running("r", { node: "n2" })],
    },
    {
      name: "[DO19] related pods that have ended, or are going, do not count",
      pods: [running("a"), running("z", { node: "n2" })],
      related: [
        pod("e", { spec: { nodeName: "n2" }, status: { phase: "Succeeded" } }),
        pod("g", { metadata: { deletionTimestamp: LONG_AGO }, spec: { nodeName: "n2" }, status: { phase: "Running" } }),
      ],
    },
    { name: "[DO9] ready for a shorter time first", pods: [running("z", { ready: JUST_NOW }), running("a")] },
    { name: "[DO10] more restarts first", pods: [running("z", { restarts: 2 }), running("a", { restarts: 1 })] },
    { name: "[DO11] younger first", pods: [running("z", { created: JUST_NOW }), running("a")] },
    {
      name: "[DO12] ages in the same power of two are equal: the uid decides",
      pods: [running("a", { created: "2026-01-01T12:00:00Z" }), running("z", { created: "2026-01-01T11:00:00Z" })],
    },
    {
      name: "[DO13] cost comes before restarts",
      pods: [running("z", { cost: "1" }), running("a", { cost: "2", restarts: 9 })],
    },
    {
      name: "[DO15] containers' restarts come before sidecars'; init containers' do not count",
      pods: [running("z", { restarts: 2, sidecar: 1 }), running("a", { restarts: 1, sidecar: 3 })],
    },
    { name: "[DO16] more restarts of a sidecar first", pods: [running("z", { sidecar: 2 }), running("a")] },
    {
      name: "[DO17] ready within the same power of two: the uid decides, whatever restarts say",
      pods: [
        running("a", { ready: "2026-01-01T12:00:00Z" }),
        running("z", { ready: "2026-01-01T11:00:00Z", restarts: 9 }),
      ],
    },
    {
      name: "[DO18] ready since nobody knows when goes before ready just now",
      pods: [
        pod("z", {
          metadata: { creationTimestamp: LONG_AGO },
          spec: { nodeName: "n1" },
          status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
        }),
        running("a", { ready: JUST_NOW }),
      ],
    },
  ])("$name", ({ pods, related = [] }) => {
    for (const order of [pods, [...pods].reverse()]) {
      const gone = podsToDelete({ pods: order, count: 1, related: [...pods, ...related], nowMs: NOW });
      expect(gone.map(({ metadata }) => metadata.name)).toEqual([pods[0].metadata.name]);
    }
  });

  it("[DO14] takes all when all are too many", () => {
    const pods = [running("a"), running("b")];
    expect(podsToDelete({ pods, count: 5, related: pods, nowMs: NOW })).toEqual(pods);
  });
});
