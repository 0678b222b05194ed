import { describe, expect, it } from "vitest";
import type { NodeSelectorRequirement, NodeSelectorTerm, Taint, Toleration } from "../../kinds/core/v1-types.ts";
import type { ClusterChange } from "../framework/plugin.ts";
import { makePod, makeTable, type NodeWish, type PodWish } from "../testing/builders.ts";
import { defaultBinder } from "./default-binder.ts";
import { nodeAffinity, nodeAffinityScore } from "./node-affinity.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeResourcesBalancedAllocation } from "./node-resources-balanced-allocation.ts";
import { leastAllocated, nodeResourcesFit } from "./node-resources-fit.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { prioritySort } from "./priority-sort.ts";
import { schedulingGates } from "./scheduling-gates.ts";
import { taintToleration } from "./taint-toleration.ts";

const changed = (what: Partial<Extract<ClusterChange, { what: "node changed" }>>): ClusterChange => ({
  what: "node changed",
  row: 0,
  labels: false,
  taints: false,
  unschedulable: false,
  allocatable: false,
  ...what,
});
const added: ClusterChange = { what: "node added", row: 0 };

describe("NodeName", () => {
  it("[NN1] a pod that names its node may be on no other", () => {
    const { table, shapeOf } = makeTable({ name: "a" }, { name: "b" });
    const shape = { ...shapeOf(), requestedNode: "b" };
    expect(nodeName.appliesTo?.(shapeOf())).toBe(false);
    expect(nodeName.filter(shape, table, 0)?.reasons).toEqual(["node(s) didn't match the requested node name"]);
    expect(nodeName.filter(shape, table, 1)).toBeUndefined();
    expect(nodeName.retryAfter({ what: "node added", row: 1 }, shape, table)).toBe(true);
    expect(nodeName.retryAfter(added, shape, table)).toBe(false);
  });
});

describe("NodeUnschedulable", () => {
  const cordoned = { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" } as const;
  it.each([
    ["[NU1] open node", false, [], true],
    ["[NU2] cordoned node", true, [], false],
    ["[NU3] cordoned node, tolerated", true, [cordoned], true],
    ["[NU4] cordoned node, everything tolerated", true, [{ operator: "Exists" as const }], true],
    ["[NU5] cordoned node, another effect tolerated", true, [{ ...cordoned, effect: "NoExecute" as const }], false],
  ])("%s", (_name, unschedulable, tolerations: Toleration[], fits) => {
    const { table, shapeOf } = makeTable({ unschedulable });
    const shape = shapeOf({ spec: { tolerations } });
    expect(nodeUnschedulable.filter(shape, table, 0) === undefined).toBe(fits);
    expect(nodeUnschedulable.retryAfter(changed({ unschedulable: true }), shape, table)).toBe(fits);
    expect(nodeUnschedulable.retryAfter(changed({ labels: true }), shape, table)).toBe(false);
  });
});

describe("TaintToleration", () => {
  const taint = (key: string, value: string, effect: Taint["effect"] = "NoSchedule"): Taint => ({ key, value, effect });
  it.each([
    ["[TT1] no taints", [], [], true],
    ["[TT2] untolerated", [taint("a", "1")], [], false],
    ["[TT3] equal", [taint("a", "1")], [{ key: "a", value: "1" }], true],
    ["[TT4] another value", [taint("a", "1")], [{ key: "a", value: "2" }], false],
    ["[TT5] exists", [taint("a", "1")], [{ key: "a", operator: "Exists" }], true],
    ["[TT6] empty key with Exists tolerates all", [taint("a", "1"), taint("b", "")], [{ operator: "Exists" }], true],
    ["[TT7] the effect must match", [taint("a", "1")], [{ key: "a", operator: "Exists", effect: "NoExecute" }], false],
    ["[TT8] an empty effect matches all", [taint("a", "1", "NoExecute")], [{ key: "a", operator: "Exists" }], true],
    ["[TT9] NoExecute keeps out too", [taint("a", "1", "NoExecute")], [], false],
    ["[TT10] PreferNoSchedule does not", [taint("a", "1", "PreferNoSchedule")], [], true],
    ["[TT11] each taint must be tolerated", [taint("a", "1"), taint("b", "1")], [{ key: "a", value: "1" }], false],
    ["[TT12] Gt", [taint("a", "5")], [{ key: "a", operator: "Gt", value: "4" }], true],
    ["[TT13] Lt", [taint("a", "5")], [{ key: "a", operator: "Lt", value: "4" }], false],
  ] as [string, Taint[], Toleration[], boolean][])("%s", (_name, taints, tolerations, fits) => {
    const { table, shapeOf } = makeTable({ taints });
    const shape = shapeOf({ spec: { tolerations } });
    const verdict = taintToleration.filter(shape, table, 0);
    expect(verdict?.reasons).toEqual(fits ? undefined : ["node(s) had untolerated taint(s)"]);
    expect(taintToleration.retryAfter(changed({ taints: true }), shape, table)).toBe(fits);
    expect(taintToleration.retryAfter(changed({ allocatable: true }), shape, table)).toBe(false);
  });

  it("[TT14] counts untolerated PreferNoSchedule taints", () => {
    const soft = (key: string) => taint(key, "", "PreferNoSchedule");
    const { table, shapeOf } = makeTable({ taints: [soft("a"), soft("b"), taint("c", "")] }, {});
    const shape = shapeOf({ spec: { tolerations: [{ key: "a", operator: "Exists" }] } });
    expect([0, 1].map((row) => taintToleration.score(shape, table, row))).toEqual([1, 0]);
  });
});

describe("NodeAffinity", () => {
  const labels = { zone: "z1", cores: "8" };
  const term = (...matchExpressions: NodeSelectorRequirement[]): NodeSelectorTerm => ({ matchExpressions });
  const required = (...nodeSelectorTerms: NodeSelectorTerm[]): PodWish["spec"] => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
  it.each([
    ["[NA1] selector matches", { nodeSelector: { zone: "z1" } }, true],
    ["[NA2] selector differs", { nodeSelector: { zone: "z2" } }, false],
    ["[NA3] selector asks for all", { nodeSelector: { zone: "z1", disk: "ssd" } }, false],
    ["[NA4] In", required(term({ key: "zone", operator: "In", values: ["z0", "z1"] })), true],
    ["[NA5] NotIn", required(term({ key: "zone", operator: "NotIn", values: ["z1"] })), false],
    ["[NA6] NotIn of an absent label", required(term({ key: "disk", operator: "NotIn", values: ["x"] })), true],
    ["[NA7] Exists", required(term({ key: "zone", operator: "Exists" })), true],
    ["[NA8] DoesNotExist", required(term({ key: "zone", operator: "DoesNotExist" })), false],
    ["[NA9] Gt", required(term({ key: "cores", operator: "Gt", values: ["4"] })), true],
    ["[NA10] Lt", required(term({ key: "cores", operator: "Lt", values: ["8"] })), false],
    ["[NA11] Gt of no number", required(term({ key: "zone", operator: "Gt", values: ["4"] })), false],
    [
      "[NA12] any term will do",
      required(term({ key: "no", operator: "Exists" }), term({ key: "zone", operator: "Exists" })),
      true,
    ],
    [
      "[NA13] all expressions of a term",
      required(term({ key: "zone", operator: "Exists" }, { key: "no", operator: "Exists" })),
      false,
    ],
    ["[NA14] an empty term matches nothing", required(term()), false],
    ["[NA15] no terms match nothing", required(), false],
    ["[NA16] fields", required({ matchFields: [{ key: "metadata.name", operator: "In", values: ["node-0"] }] }), true],
    [
      "[NA17] fields and expressions",
      required({
        matchFields: [{ key: "metadata.name", operator: "In", values: ["node-0"] }],
        matchExpressions: [{ key: "no", operator: "Exists" }],
      }),
      false,
    ],
    [
      "[NA18] selector and affinity both",
      { nodeSelector: { zone: "z2" }, ...required(term({ key: "zone", operator: "Exists" })) },
      false,
    ],
    ["[NA19] a label named like a method", { nodeSelector: { toString: "x" } }, false],
  ] as [string, PodWish["spec"], boolean][])("%s", (_name, spec, fits) => {
    const { table, shapeOf } = makeTable({ labels });
    const shape = shapeOf({ spec: spec ?? {} });
    expect(nodeAffinity.appliesTo?.(shape)).toBe(true);
    const verdict = nodeAffinity.filter(shape, table, 0);
    expect(verdict?.reasons).toEqual(fits ? undefined : ["node(s) didn't match Pod's node affinity/selector"]);
    expect(nodeAffinity.retryAfter(changed({ labels: true }), shape, table)).toBe(fits);
    expect(nodeAffinity.retryAfter(changed({ taints: true }), shape, table)).toBe(false);
  });

  it("[NA20] names the only nodes that can match", () => {
    const { shapeOf } = makeTable();
    const named = (...values: string[]): NodeSelectorTerm => ({
      matchFields: [{ key: "metadata.name", operator: "In", values }],
    });
    const candidates = (...terms: NodeSelectorTerm[]) =>
      nodeAffinity.candidates?.(shapeOf({ spec: required(...terms) ?? {} }));
    expect(candidates(named("a"))).toEqual(["a"]);
    expect(candidates(named("a"), named("b"))).toEqual(["a", "b"]);
    expect(candidates(named("a"), term({ key: "zone", operator: "Exists" }))).toBeUndefined();
    expect(candidates({ matchFields: [...named("a").matchFields!, ...named("b").matchFields!] })).toEqual([]);
  });

  it("[NA21] preferred terms add their weights", () => {
    const { table, shapeOf } = makeTable({ labels }, {});
    const preferred = (weight: number, requirement: NodeSelectorRequirement) => ({
      weight,
      preference: term(requirement),
    });
    const shape = shapeOf({
      spec: {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              preferred(10, { key: "zone", operator: "Exists" }),
              preferred(5, { key: "cores", operator: "Gt", values: ["4"] }),
              preferred(3, { key: "disk", operator: "Exists" }),
            ],
          },
        },
      },
    });
    expect([0, 1].map((row) => nodeAffinityScore.score(shape, table, row))).toEqual([15, 0]);
    expect(nodeAffinityScore.appliesTo?.(shapeOf())).toBe(false);
  });
});

describe("NodePorts", () => {
  const using = (name: string, hostPort: number, more: object = {}): PodWish => ({
    name,
    spec: { containers: [{ name: "c", ports: [{ containerPort: 1, hostPort, ...more }] }] },
  });
  it.each([
    ["[NP1] free port", using("a", 80), using("b", 81), true],
    ["[NP2] taken port", using("a", 80), using("b", 80), false],
    ["[NP3] another protocol", using("a", 80), using("b", 80, { protocol: "UDP" }), true],
    ["[NP4] TCP is meant when nothing is said", using("a", 80), using("b", 80, { protocol: "TCP" }), false],
    ["[NP5] other addresses", using("a", 80, { hostIP: "10.0.0.1" }), using("b", 80, { hostIP: "10.0.0.2" }), true],
    ["[NP6] one address and all", using("a", 80, { hostIP: "10.0.0.1" }), using("b", 80), false],
    ["[NP7] all and one address", using("a", 80), using("b", 80, { hostIP: "10.0.0.1" }), false],
  ])("%s", (_name, there, wanted, fits) => {
    const { table, shapeOf } = makeTable({});
    table.addPod(0, shapeOf(there));
    const shape = shapeOf(wanted);
    expect(nodePorts.filter(shape, table, 0)?.reasons).toEqual(
      fits ? undefined : ["node(s) didn't have free ports for the requested pod ports"],
    );
    table.removePod(0, shapeOf(there));
    expect(nodePorts.filter(shape, table, 0)).toBeUndefined();
    const left: ClusterChange = { what: "pod left", row: 0, shape: shapeOf(there) };
    expect(nodePorts.retryAfter(left, shape, table)).toBe(
      shape.hostPorts[0]?.protocolPort === shapeOf(there).hostPorts[0]?.protocolPort,
    );
  });

  it("[NP8] sidecars' ports count, other init containers' do not", () => {
    const { shapeOf } = makeTable();
    const ports = [{ containerPort: 1, hostPort: 80 }];
    const withInit = (restartPolicy?: "Always") =>
      shapeOf({ spec: { initContainers: [{ name: "i", ports, ...(restartPolicy && { restartPolicy }) }] } });
    expect(withInit("Always").hostPorts).toHaveLength(1);
    expect(withInit().hostPorts).toHaveLength(0);
  });
});

describe("NodeResourcesFit", () => {
  const gpu = { "example.com/gpu": "2" };
  it.each([
    ["[NF1] fits", {}, [], { cpu: "4", memory: "8Gi" }, undefined],
    ["[NF2] cpu", {}, [{ cpu: "3" }], { cpu: "2" }, ["Insufficient cpu"]],
    ["[NF3] memory", {}, [{ memory: "8Gi" }], { memory: "1" }, ["Insufficient memory"]],
    ["[NF4] several", {}, [], { cpu: "5", memory: "9Gi" }, ["Insufficient cpu", "Insufficient memory"]],
    ["[NF5] pods", { pods: "1" }, [{}], {}, ["Too many pods"]],
    ["[NF6] pods first", { pods: "1" }, [{ cpu: "4" }], { cpu: "1" }, ["Too many pods", "Insufficient cpu"]],
    ["[NF7] asks for nothing", {}, [{ cpu: "4" }], {}, undefined],
    ["[NF8] asks for 0", { cpu: "0" }, [], { cpu: "0" }, undefined],
    ["[NF9] extended resource", { more: gpu }, [{ "example.com/gpu": "1" }], { "example.com/gpu": "1" }, undefined],
    [
      "[NF10] too many of it",
      { more: gpu },
      [{ "example.com/gpu": "1" }],
      { "example.com/gpu": "2" },
      ["Insufficient example.com/gpu"],
    ],
    ["[NF11] a resource the node lacks", {}, [], { "example.com/gpu": "1" }, ["Insufficient example.com/gpu"]],
    [
      "[NF12] ephemeral storage",
      { more: { "ephemeral-storage": "1Gi" } },
      [],
      { "ephemeral-storage": "2Gi" },
      ["Insufficient ephemeral-storage"],
    ],
  ] as [string, NodeWish, { [name: string]: string }[], { [name: string]: string }, string[] | undefined][])(
    "%s",
    (_name, node, there, requests, reasons) => {
      const { table, shapeOf } = makeTable(node);
      for (const [i, each] of there.entries()) table.addPod(0, shapeOf({ name: `p${i}`, requests: each }));
      const shape = shapeOf({ requests });
      expect(nodeResourcesFit.filter(shape, table, 0)?.reasons).toEqual(reasons);
      expect(nodeResourcesFit.retryAfter(changed({ allocatable: true }), shape, table)).toBe(reasons === undefined);
      expect(nodeResourcesFit.retryAfter(changed({ labels: true }), shape, table)).toBe(false);
    },
  );

  it("[NF13] knows whether pods are in the way", () => {
    const { table, shapeOf } = makeTable({ cpu: "4" });
    table.addPod(0, shapeOf({ requests: { cpu: "3" } }));
    const verdict = (cpu: string) => nodeResourcesFit.filter(shapeOf({ requests: { cpu } }), table, 0)?.podsInTheWay;
    expect([verdict("2"), verdict("5")]).toEqual([true, false]);
  });

  it.each([
    ["[NF14] empty node", {}, [], { cpu: "1", memory: "2Gi" }, 75],
    ["[NF15] half full", {}, [{ cpu: "2", memory: "4Gi" }], { cpu: "1", memory: "2Gi" }, 25],
    ["[NF16] what states nothing counts 100m and 200Mi", { cpu: "1", memory: "1000Mi" }, [], {}, 85],
    ["[NF17] over the brim", { cpu: "1", memory: "2Gi" }, [], { cpu: "2", memory: "1Gi" }, 25],
    ["[NF18] rounds down twice", { cpu: "3", memory: "3Gi" }, [], { cpu: "1", memory: "2Gi" }, 49],
  ] as [string, NodeWish, { [name: string]: string }[], { [name: string]: string }, number][])(
    "%s",
    (_name, node, there, requests, score) => {
      const { table, shapeOf } = makeTable(node);
      for (const each of there) table.addPod(0, shapeOf({ requests: each }));
      expect(leastAllocated.score(shapeOf({ requests }), table, 0)).toBe(score);
    },
  );
});

describe("NodeResourcesBalancedAllocation", () => {
  it.each([
    ["[NB1] keeps the balance", [], { cpu: "2", memory: "4Gi" }, 75],
    ["[NB2] tips it", [], { cpu: "4", memory: "0" }, 50],
    ["[NB3] restores it", [{ cpu: "4" }], { memory: "8Gi" }, 100],
  ] as [string, { [name: string]: string }[], { [name: string]: string }, number][])(
    "%s",
    (_name, there, requests, score) => {
      const { table, shapeOf } = makeTable({});
      for (const each of there) table.addPod(0, shapeOf({ requests: each }));
      expect(nodeResourcesBalancedAllocation.score(shapeOf({ requests }), table, 0)).toBe(score);
    },
  );

  it("[NB4] leaves out pods that ask for nothing", () => {
    expect(nodeResourcesBalancedAllocation.appliesTo?.(makeTable().shapeOf())).toBe(false);
  });
});

describe("SchedulingGates, PrioritySort, DefaultBinder", () => {
  const pending = (gated: boolean) => ({
    metadata: { namespace: "n", name: "p", uid: "u" },
    shape: makeTable().shapeOf(makePod()),
    nodeName: "",
    terminal: false,
    chargedRow: -1,
    pending: { deleting: false, gated, generation: 1, condition: undefined },
  });

  it("[SG1] gated pods are held back", () => {
    expect([true, false].map((gated) => schedulingGates.holdsBack(pending(gated)))).toEqual([true, false]);
  });

  it("[PS1] priority first, then order of arrival", () => {
    const entries = [
      { priority: 0, sequence: 1 },
      { priority: 5, sequence: 3 },
      { priority: 5, sequence: 2 },
      { priority: -1, sequence: 0 },
    ];
    expect(entries.sort(prioritySort.compare).map(({ sequence }) => sequence)).toEqual([2, 3, 1, 0]);
  });

  it("[DB1] binds this very pod", () => {
    expect(defaultBinder.bind(pending(false), "node")).toEqual({
      verb: "create",
      resource: "pods",
      namespace: "n",
      name: "p",
      subresource: "binding",
      object: {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { namespace: "n", name: "p", uid: "u" },
        target: { kind: "Node", name: "node" },
      },
    });
  });
});
