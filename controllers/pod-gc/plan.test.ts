import { describe, expect, it } from "vitest";
import { pod, readySince } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { planFinished, planGoneNode, planOutOfService, planUnscheduled, QUARANTINE_MS } from "./plan.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const TIME = "2026-01-01T01:00:00Z";
const deleted = ({ actions }: Plan) => actions.flatMap(({ op }) => (op.verb === "delete" ? [op.name] : []));

describe("pod garbage collection", () => {
  it("[PG1] pods of a node that is gone wait for it to come back", () => {
    expect(planGoneNode([pod("p")], NOW, NOW)).toEqual({ actions: [], againAtMs: NOW + QUARANTINE_MS });
  });

  it("[PG2] then they fail, say why, and go at once", () => {
    const p = pod("p", { spec: { nodeName: "n1" }, status: readySince(TIME) });
    expect(planGoneNode([p], NOW - QUARANTINE_MS, NOW).actions).toMatchObject([
      {
        op: {
          patch: {
            status: {
              phase: "Failed",
              conditions: [
                { type: "Ready" },
                { type: "DisruptionTarget", reason: "DeletionByPodGC", message: "PodGC: node no longer exists" },
              ],
            },
          },
        },
      },
      { op: { verb: "delete", options: { gracePeriodSeconds: 0, preconditions: { uid: "uid-of-p" } } }, needs: 0 },
    ]);
  });

  it("[PG3] one that ended is deleted as it is, another is ended with its generation", () => {
    const ended = pod("ended", { status: { phase: "Succeeded" } });
    expect(planGoneNode([ended], NOW - QUARANTINE_MS, NOW).actions.map(({ op }) => op.verb)).toEqual(["delete"]);
    const runs = pod("runs", { metadata: { generation: 3 } });
    expect(planGoneNode([runs], NOW - QUARANTINE_MS, NOW).actions[0]?.op).toMatchObject({
      patch: { status: { phase: "Failed", observedGeneration: 3, conditions: [{ observedGeneration: 3 }] } },
    });
  });

  it("[PG4] each delete needs its own mark", () => {
    const { actions } = planGoneNode([pod("p"), pod("q")], NOW - QUARANTINE_MS, NOW);
    expect(actions.map(({ needs }) => needs)).toEqual([undefined, 0, undefined, 2]);
  });

  it("[PG5] a pod that was deleted before it had a node goes at once", () => {
    expect(deleted(planUnscheduled(pod("p", { metadata: { deletionTimestamp: TIME } })))).toEqual(["p"]);
    expect(deleted(planUnscheduled(pod("p")))).toEqual([]);
    expect(
      deleted(planUnscheduled(pod("p", { metadata: { deletionTimestamp: TIME }, spec: { nodeName: "n" } }))),
    ).toEqual([]);
  });

  it("[PG7] of a node out of service those go that are being deleted, each failed first", () => {
    const going = { metadata: { deletionTimestamp: TIME } };
    const ended = pod("ended", { ...going, status: { phase: "Succeeded" } });
    const plan = planOutOfService([pod("a", going), pod("stays"), ended, pod("b", going)]);
    expect(deleted(plan)).toEqual(["a", "ended", "b"]);
    expect(plan.actions.map(({ needs }) => needs)).toEqual([undefined, 0, undefined, undefined, 3]);
    expect(plan.actions[0]?.op).toMatchObject({ subresource: "status", patch: { status: { phase: "Failed" } } });
  });

  it("[PG6] of too many finished pods, the evicted go first, then the oldest", () => {
    const finished = [
      pod("new", { metadata: { creationTimestamp: "2026-01-01T00:30:00Z" } }),
      pod("old", { metadata: { creationTimestamp: "2026-01-01T00:10:00Z" } }),
      pod("evicted", {
        metadata: { creationTimestamp: "2026-01-01T00:40:00Z" },
        status: { phase: "Failed", reason: "Evicted" },
      }),
    ];
    expect(deleted(planFinished(finished, 1))).toEqual(["evicted", "old"]);
    expect(deleted(planFinished(finished, 3))).toEqual([]);
  });
});
