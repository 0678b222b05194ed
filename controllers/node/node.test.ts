import { describe, expect, it } from "vitest";
import type { Node, Pod, Taint, Toleration } from "../../kinds/core/v1-types.ts";
import { node, pod, readySince } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { planPodCidrs } from "./ipam.ts";
import { evictionTime, planEviction } from "./plan-eviction.ts";
import { GRACE_PERIOD_MS, planNode } from "./plan-lifecycle.ts";
import { nextTaints, tolerates } from "./taints.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const TIME = "2026-01-01T01:00:00Z";
const LOST = "2026-01-01T00:59:00Z";
const at = (time: string, offsetMs = 0) => Date.parse(time) + offsetMs;

const withConditions = (conditions: { [type: string]: string }, spec: Node["spec"] = {} as Node["spec"]): Node =>
  node("n1", {
    spec,
    status: {
      conditions: Object.entries(conditions).map(([type, status]) => ({ type, status, lastTransitionTime: LOST })),
    },
  });

const shown = (taints: readonly Taint[] | undefined) =>
  taints?.map(({ key, effect }) => `${key.replace("node.kubernetes.io/", "")}:${effect}`).sort();

describe("nextTaints", () => {
  it.each<{ name: string; node: Node; taints: string[] | undefined }>([
    {
      name: "[TN1] a healthy node has none",
      node: withConditions({ Ready: "True", MemoryPressure: "False" }),
      taints: undefined,
    },
    {
      name: "[TN2] not ready",
      node: withConditions({ Ready: "False" }),
      taints: ["not-ready:NoExecute", "not-ready:NoSchedule"],
    },
    {
      name: "[TN3] not heard of",
      node: withConditions({ Ready: "Unknown" }),
      taints: ["unreachable:NoExecute", "unreachable:NoSchedule"],
    },
    {
      name: "[TN4] pressure and network",
      node: withConditions({
        Ready: "True",
        MemoryPressure: "True",
        DiskPressure: "True",
        PIDPressure: "True",
        NetworkUnavailable: "True",
      }),
      taints: [
        "disk-pressure:NoSchedule",
        "memory-pressure:NoSchedule",
        "network-unavailable:NoSchedule",
        "pid-pressure:NoSchedule",
      ],
    },
    {
      name: "[TN5] pressure that nobody knows of is none",
      node: withConditions({ Ready: "True", MemoryPressure: "Unknown" }),
      taints: undefined,
    },
    {
      name: "[TN6] cordoned",
      node: withConditions({ Ready: "True" }, { unschedulable: true }),
      taints: ["unschedulable:NoSchedule"],
    },
    {
      name: "[TN7] from not ready to unreachable",
      node: withConditions(
        { Ready: "Unknown" },
        {
          taints: [
            { key: "node.kubernetes.io/not-ready", effect: "NoExecute", timeAdded: LOST },
            { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" },
          ],
        },
      ),
      taints: ["unreachable:NoExecute", "unreachable:NoSchedule"],
    },
    {
      name: "[TN8] back to health: its own go, others stay",
      node: withConditions(
        { Ready: "True" },
        {
          taints: [
            { key: "gpu", effect: "NoSchedule" },
            { key: "node.kubernetes.io/not-ready", effect: "NoExecute", timeAdded: LOST },
          ],
        },
      ),
      taints: ["gpu:NoSchedule"],
    },
    {
      name: "[TN9] of another effect is somebody else's",
      node: withConditions(
        { Ready: "True" },
        { taints: [{ key: "node.kubernetes.io/not-ready", effect: "PreferNoSchedule" }] },
      ),
      taints: undefined,
    },
  ])("$name", ({ node: n, taints }) => {
    expect(shown(nextTaints(n, TIME))).toEqual(taints);
  });

  it("[TN10] new ones have a time, kept ones keep theirs, and NoExecute without one gets one", () => {
    const n = withConditions(
      { Ready: "False" },
      {
        taints: [
          { key: "node.kubernetes.io/not-ready", effect: "NoExecute", timeAdded: LOST },
          { key: "mine", effect: "NoExecute" },
        ],
      },
    );
    expect(nextTaints(n, TIME)).toEqual([
      { key: "node.kubernetes.io/not-ready", effect: "NoExecute", timeAdded: LOST },
      { key: "mine", effect: "NoExecute", timeAdded: TIME },
      { key: "node.kubernetes.io/not-ready", effect: "NoSchedule", timeAdded: TIME },
    ]);
  });
});

describe("tolerates", () => {
  const taint: Taint = { key: "k", value: "5", effect: "NoExecute" };
  it.each<[string, Toleration, boolean]>([
    ["[TL1] key, value and effect", { key: "k", value: "5", effect: "NoExecute" }, true],
    ["[TL2] another value", { key: "k", value: "6" }, false],
    ["[TL3] another effect", { key: "k", value: "5", effect: "NoSchedule" }, false],
    ["[TL4] another key", { key: "j", value: "5" }, false],
    ["[TL5] Exists takes any value", { key: "k", operator: "Exists" }, true],
    ["[TL6] Exists without a key takes everything", { operator: "Exists" }, true],
    ["[TL7] Gt: the taint's value is greater", { key: "k", operator: "Gt", value: "4" }, true],
    ["[TL8] Gt: not when equal", { key: "k", operator: "Gt", value: "5" }, false],
    ["[TL9] Lt: the taint's value is less", { key: "k", operator: "Lt", value: "6" }, true],
    ["[TL10] Lt: no number, no toleration", { key: "k", operator: "Lt", value: "x" }, false],
  ])("%s", (_name, toleration, expected) => {
    expect(tolerates(toleration, taint)).toBe(expected);
  });
});

describe("planNode", () => {
  const steps = ({ actions }: Plan) =>
    actions.map(
      ({ op }) => `${op.verb} ${op.resource}${"subresource" in op && op.subresource ? `/${op.subresource}` : ""}`,
    );

  it("[NL1] a healthy node needs nothing and waits for nothing", () => {
    expect(planNode(withConditions({ Ready: "True" }), [pod("p", { status: readySince(LOST) })], NOW)).toEqual({
      actions: [],
      events: [],
    });
  });

  it("[NL2] a lost node is tainted, told of, and its pods are not ready", () => {
    const result = planNode(
      withConditions({ Ready: "Unknown" }),
      [pod("p", { status: readySince("2026-01-01T00:00:00Z") })],
      NOW,
    );
    expect(steps(result)).toEqual(["patch nodes", "patch pods/status"]);
    expect(result.actions[0]?.event).toMatchObject({
      reason: "NodeNotReady",
      message: "Node n1 status is now: NodeNotReady",
    });
    expect(result.actions[1]).toMatchObject({
      op: { patch: { status: { conditions: [{ type: "Ready", status: "False", lastTransitionTime: TIME }] } } },
      event: { type: "Warning", reason: "NodeNotReady", message: "Node is not ready" },
    });
  });

  it("[NL3] a pod that became ready after the node was lost is left alone", () => {
    const result = planNode(
      withConditions({ Ready: "False" }),
      [pod("p", { status: readySince("2026-01-01T00:59:30Z") })],
      NOW,
    );
    expect(steps(result)).toEqual(["patch nodes"]);
  });

  it("[NL4] a node that never said anything counts as lost after the grace period", () => {
    const silent = (createdMs: number) =>
      node("n1", { metadata: { creationTimestamp: new Date(createdMs).toISOString() }, status: {} });
    expect(planNode(silent(NOW), [], NOW)).toMatchObject({ actions: [], againAtMs: NOW + GRACE_PERIOD_MS });
    const result = planNode(silent(NOW - GRACE_PERIOD_MS), [], NOW);
    expect(result.actions[0]?.op).toMatchObject({
      subresource: "status",
      patch: {
        status: {
          conditions: ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => ({
            type,
            status: "Unknown",
            reason: "NodeStatusNeverUpdated",
            message: "Kubelet never posted node status.",
          })),
        },
      },
    });
  });

  it("[NL5] old labels follow the new", () => {
    const n = node("n1", {
      metadata: {
        labels: { "kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64", "beta.kubernetes.io/os": "linux" },
      },
    });
    expect(planNode(n, [], NOW).actions[0]?.op).toMatchObject({
      patch: { metadata: { labels: { "beta.kubernetes.io/arch": "arm64" } } },
    });
  });
});

describe("evictions", () => {
  const taint = (more: Partial<Taint> = {}): Taint => ({
    key: "node.kubernetes.io/unreachable",
    effect: "NoExecute",
    timeAdded: LOST,
    ...more,
  });
  const tainted = (...taints: Taint[]) => node("n1", { spec: { taints } });
  const tolerating = (...tolerations: Toleration[]): Pod =>
    pod("p", {
      spec: { nodeName: "n1", tolerations },
      status: { conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }] },
    });
  const forSeconds = (tolerationSeconds?: number): Toleration => ({
    key: "node.kubernetes.io/unreachable",
    operator: "Exists",
    effect: "NoExecute",
    ...(tolerationSeconds !== undefined && { tolerationSeconds }),
  });

  it.each<{ name: string; pod: Pod; taints: Taint[]; atMs: number | undefined }>([
    { name: "[TE1] no taint: never", pod: tolerating(), taints: [], atMs: undefined },
    {
      name: "[TE2] NoSchedule evicts nobody",
      pod: tolerating(),
      taints: [taint({ effect: "NoSchedule" })],
      atMs: undefined,
    },
    { name: "[TE3] not tolerated: at once", pod: tolerating(), taints: [taint()], atMs: 0 },
    { name: "[TE4] tolerated for ever: never", pod: tolerating(forSeconds()), taints: [taint()], atMs: undefined },
    {
      name: "[TE5] tolerated for a time, from when the taint was added",
      pod: tolerating(forSeconds(300)),
      taints: [taint()],
      atMs: at(LOST, 300_000),
    },
    { name: "[TE6] for no time: at once", pod: tolerating(forSeconds(0)), taints: [taint()], atMs: 0 },
    {
      name: "[TE7] the shortest of several taints",
      pod: tolerating(forSeconds(300), { key: "b", operator: "Exists", tolerationSeconds: 30 }),
      taints: [taint(), taint({ key: "b" })],
      atMs: at(LOST, 30_000),
    },
    {
      name: "[TE8] one of two not tolerated: at once",
      pod: tolerating(forSeconds(300)),
      taints: [taint(), taint({ key: "b" })],
      atMs: 0,
    },
    {
      name: "[TE9] the first toleration that fits decides",
      pod: tolerating(forSeconds(10), forSeconds(300)),
      taints: [taint()],
      atMs: at(LOST, 10_000),
    },
    {
      name: "[TE10] a pod that came later counts from then",
      pod: pod("p", {
        spec: { nodeName: "n1", tolerations: [forSeconds(300)] },
        status: { conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: "2026-01-01T00:59:59Z" }] },
      }),
      taints: [taint()],
      atMs: at("2026-01-01T00:59:59Z", 300_000),
    },
  ])("$name", ({ pod: p, taints, atMs }) => {
    expect(evictionTime(p, tainted(...taints), NOW)).toBe(atMs);
  });

  it("[TE11] says why, deletes, and tells", () => {
    const { actions } = planEviction({ pod: tolerating(), node: tainted(taint()), wasWaiting: false, nowMs: NOW });
    expect(actions).toMatchObject([
      {
        op: {
          verb: "patch",
          subresource: "status",
          patch: {
            status: {
              conditions: [
                { type: "PodScheduled" },
                {
                  type: "DisruptionTarget",
                  status: "True",
                  reason: "DeletionByTaintManager",
                  message: "Taint manager: deleting due to NoExecute taint",
                },
              ],
            },
          },
        },
      },
      {
        op: { verb: "delete", name: "p", options: { preconditions: { uid: "uid-of-p" } } },
        event: { reason: "TaintManagerEviction", message: "Marking for deletion Pod default/p" },
        needs: 0,
      },
    ]);
  });

  it("[TE12] waits exactly, and tells of a reprieve", () => {
    const options = { pod: tolerating(forSeconds(300)), wasWaiting: false, nowMs: NOW };
    expect(planEviction({ ...options, node: tainted(taint()) })).toEqual({ actions: [], againAtMs: at(LOST, 300_000) });
    expect(planEviction({ ...options, node: tainted(taint()), nowMs: at(LOST, 300_000) }).actions).toHaveLength(2);
    expect(planEviction({ ...options, node: tainted(), wasWaiting: true }).events).toMatchObject([
      { message: "Cancelling deletion of Pod default/p" },
    ]);
    expect(planEviction({ ...options, node: tainted() })).toEqual({ actions: [] });
  });

  it("[TE13] a pod that is being deleted already is left alone", () => {
    const p = pod("p", { metadata: { deletionTimestamp: TIME } });
    expect(planEviction({ pod: p, node: tainted(taint()), wasWaiting: false, nowMs: NOW })).toEqual({ actions: [] });
  });
});

describe("planPodCidrs", () => {
  const given = ({ actions }: Plan) =>
    actions.map(({ op }) =>
      "name" in op ? [op.name, (op as unknown as { patch: { spec: { podCIDR: string } } }).patch.spec.podCIDR] : [],
    );
  const having = (name: string, podCIDR: string) => node(name, { spec: { podCIDR, podCIDRs: [podCIDR] } });

  it("[IP1] gives each node a block of its own, the oldest first", () => {
    const nodes = [
      node("b", { metadata: { creationTimestamp: "2026-01-02T00:00:00Z" } }),
      node("a", { metadata: { creationTimestamp: "2026-01-03T00:00:00Z" } }),
      having("c", "10.244.0.0/24"),
    ];
    expect(given(planPodCidrs(nodes))).toEqual([
      ["b", "10.244.1.0/24"],
      ["a", "10.244.2.0/24"],
    ]);
  });

  it("[IP2] a block of a node that is gone is given again", () => {
    expect(given(planPodCidrs([having("b", "10.244.1.0/24"), node("c")]))).toEqual([["c", "10.244.0.0/24"]]);
  });

  it("[IP3] tells when there is none left", () => {
    const full = Array.from({ length: 256 }, (_, i) => having(`n${i}`, `10.244.${i}.0/24`));
    expect(planPodCidrs([...full, node("late")])).toMatchObject({
      actions: [],
      events: [{ reason: "CIDRNotAvailable" }],
    });
  });

  it("[IP4] everybody has one: nothing", () => {
    expect(planPodCidrs([having("a", "10.244.0.0/24")])).toEqual({ actions: [] });
  });
});
