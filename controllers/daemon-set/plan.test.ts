import { describe, expect, it } from "vitest";
import type { ControllerRevision, DaemonSet } from "../../kinds/apps/v1-types.ts";
import type { Node, Pod, PodTemplateSpec, Taint } from "../../kinds/core/v1-types.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { controlledBy, metadata, node, readySince, template } from "../../test/fakes/cluster-objects.ts";
import { updateRevision } from "../workload/revisions.ts";
import { daemonPod, targetNode } from "./daemon-pod.ts";
import { nodeFit } from "./node-fit.ts";
import { planDaemonSet } from "./plan.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const READY = "2026-01-01T00:30:00Z";
const DELETED = "2026-01-01T00:59:00Z";

type Spec = Partial<DaemonSet["spec"]>;
const setOf = (spec: Spec = {}, more: { status?: object; metadata?: object } = {}): DaemonSet =>
  ({
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: metadata("agent", { annotations: { "deprecated.daemonset.template.generation": "4" }, ...more.metadata }),
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: template(),
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
      ...spec,
    },
    status: more.status ?? {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    },
  }) as DaemonSet;

const revisionOf = (set: DaemonSet, t: PodTemplateSpec, revision: number): ControllerRevision => {
  const made = updateRevision({
    owner: set,
    template: t,
    history: [],
    collisionCount: 0,
    hashLabel: "controller-revision-hash",
    named: () => undefined,
  }).revision;
  return { ...made, revision, metadata: { ...metadata(made.metadata.name ?? ""), ...made.metadata } };
};
const hashOf = ({ metadata: { labels } }: ControllerRevision) => labels?.["controller-revision-hash"] ?? "";

const tainted = (name: string, ...taints: Taint[]): Node => node(name, { spec: { taints } });
const NODES = ["n1", "n2", "n3"].map((name) => node(name));

type State = "ready" | "running" | "failed" | "succeeded" | "terminating" | "pending";
interface PodEdits {
  on: string;
  state?: State;
  old?: boolean;
  created?: string;
  readyAt?: string;
  bound?: boolean;
}

interface World {
  nodes?: Node[];
  pods?: PodEdits[];
  /** Revisions before the two that pods may have. */
  older?: ControllerRevision[];
  backoffUntilMs?: (node: string) => number;
}

function run(set: DaemonSet, { nodes = NODES, pods = [], older = [], backoffUntilMs = () => 0 }: World = {}) {
  const revisions = [
    revisionOf(set, template({ app: "web" }, "old"), 1),
    revisionOf(set, set.spec.template, 2),
  ] as const;
  const made = pods.map(
    ({ on, state = "ready", old = false, created = "2026-01-01T00:00:00Z", readyAt = READY, bound = true }, i): Pod => {
      const pod = daemonPod({ set, node: on, hash: hashOf(revisions[old ? 0 : 1]), random: seededRandom(i) });
      const phase = { failed: "Failed", succeeded: "Succeeded", running: "Running", pending: "Pending" }[
        state as "failed"
      ];
      return {
        ...pod,
        metadata: {
          ...metadata(`p${i}`),
          ...pod.metadata,
          ...controlledBy(set),
          name: `p${i}`,
          creationTimestamp: created,
          ...(state === "terminating" && { deletionTimestamp: DELETED }),
        },
        spec: { ...pod.spec, ...(bound && { nodeName: on }) },
        status: phase ? { phase } : readySince(readyAt),
      } as Pod;
    },
  );
  const plan = planDaemonSet({
    set,
    controlled: made,
    orphans: [],
    revisions: [...older, ...revisions],
    orphanRevisions: [],
    revisionNamed: (name) => revisions.find(({ metadata: { name: its } }) => its === name),
    nodes,
    backoffUntilMs,
    nowMs: NOW,
    random: seededRandom(9),
  });
  const creates = plan.actions.flatMap(({ op }) => (op.verb === "create" ? [op.object as unknown as Pod] : []));
  const status = plan.actions.find(({ op }) => "subresource" in op)?.op as unknown as
    | { patch: { status: object } }
    | undefined;
  return {
    plan,
    created: creates.map(targetNode).sort(),
    creates,
    deleted: plan.actions.flatMap(({ op }) => (op.verb === "delete" && op.resource === "pods" ? [op.name] : [])).sort(),
    status: status?.patch.status,
  };
}

describe("nodeFit", () => {
  const spec = (more: object): PodTemplateSpec =>
    ({ ...template(), spec: { ...template().spec, ...more } }) as PodTemplateSpec;
  const affinity = (...nodeSelectorTerms: object[]) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
  const labelled = node("n1", { metadata: { labels: { disk: "ssd", cores: "8" } } });

  it.each<{ name: string; template?: PodTemplateSpec; node?: Node; fit: "runs" | "stays" | "no" }>([
    { name: "[NF1] anywhere", fit: "runs" },
    { name: "[NF2] another node is named", template: spec({ nodeName: "n9" }), fit: "no" },
    { name: "[NF3] node selector", template: spec({ nodeSelector: { disk: "hdd" } }), fit: "no" },
    { name: "[NF4] node selector fits", template: spec({ nodeSelector: { disk: "ssd" } }), fit: "runs" },
    {
      name: "[NF5] affinity: one term of several is enough",
      template: spec(
        affinity(
          { matchExpressions: [{ key: "x", operator: "Exists" }] },
          {
            matchExpressions: [
              { key: "disk", operator: "In", values: ["ssd"] },
              { key: "cores", operator: "Gt", values: ["4"] },
            ],
          },
        ),
      ),
      fit: "runs",
    },
    {
      name: "[NF6] affinity: all of a term must hold",
      template: spec(
        affinity({
          matchExpressions: [
            { key: "disk", operator: "Exists" },
            { key: "cores", operator: "Lt", values: ["8"] },
          ],
        }),
      ),
      fit: "no",
    },
    { name: "[NF7] affinity: an empty term matches nothing", template: spec(affinity({})), fit: "no" },
    {
      name: "[NF8] affinity: NotIn and DoesNotExist hold for what is absent",
      template: spec(
        affinity({
          matchExpressions: [
            { key: "gpu", operator: "DoesNotExist" },
            { key: "gpu", operator: "NotIn", values: ["a"] },
          ],
        }),
      ),
      fit: "runs",
    },
    {
      name: "[NF9] affinity by name",
      template: spec(affinity({ matchFields: [{ key: "metadata.name", operator: "In", values: ["n2"] }] })),
      fit: "no",
    },
    {
      name: "[NF10] NoSchedule: new ones not, old ones stay",
      node: tainted("n1", { key: "x", effect: "NoSchedule" }),
      fit: "stays",
    },
    { name: "[NF11] NoExecute: none", node: tainted("n1", { key: "x", effect: "NoExecute" }), fit: "no" },
    {
      name: "[NF12] PreferNoSchedule does not matter",
      node: tainted("n1", { key: "x", effect: "PreferNoSchedule" }),
      fit: "runs",
    },
    {
      name: "[NF13] daemons ride out a node that is lost, cordoned and under pressure",
      node: tainted(
        "n1",
        { key: "node.kubernetes.io/unreachable", effect: "NoExecute" },
        { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" },
        { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" },
      ),
      fit: "runs",
    },
    {
      name: "[NF14] but no missing network",
      node: tainted("n1", { key: "node.kubernetes.io/network-unavailable", effect: "NoSchedule" }),
      fit: "stays",
    },
    {
      name: "[NF15] unless they use the host's",
      template: spec({ hostNetwork: true }),
      node: tainted("n1", { key: "node.kubernetes.io/network-unavailable", effect: "NoSchedule" }),
      fit: "runs",
    },
    {
      name: "[NF16] their own tolerations count",
      template: spec({ tolerations: [{ operator: "Exists" }] }),
      node: tainted("n1", { key: "x", effect: "NoExecute" }),
      fit: "runs",
    },
  ])("$name", ({ template: t = template(), node: n = labelled, fit }) => {
    const { shouldRun, shouldContinue } = nodeFit(t as PodTemplateSpec, n);
    expect(shouldRun ? "runs" : shouldContinue ? "stays" : "no").toBe(fit);
  });
});

describe("planDaemonSet", () => {
  it("[DS1] makes one pod for each node, pinned, tolerant and labelled", () => {
    const { created, creates, plan } = run(setOf());
    expect(created).toEqual(["n1", "n2", "n3"]);
    const [first] = creates;
    expect(first).toMatchObject({
      metadata: {
        generateName: "agent-",
        labels: { app: "web", "controller-revision-hash": expect.any(String), "pod-template-generation": "4" },
        ownerReferences: [{ kind: "DaemonSet", controller: true }],
      },
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] }],
            },
          },
        },
      },
    });
    expect(first?.spec.nodeName).toBeUndefined();
    expect(first?.spec.tolerations?.map(({ key }) => key)).toContain("node.kubernetes.io/not-ready");
    expect(plan.actions[0]?.event).toMatchObject({ reason: "SuccessfulCreate" });
  });

  it.each<{ name: string; set?: DaemonSet; world: World; created?: string[]; deleted?: string[] }>([
    { name: "[DS2] all there: nothing", world: { pods: [{ on: "n1" }, { on: "n2" }, { on: "n3" }] } },
    {
      name: "[DS3] a pod that is not bound yet counts for the node it is pinned to",
      world: { pods: [{ on: "n1", state: "pending", bound: false }, { on: "n2" }, { on: "n3" }] },
    },
    {
      name: "[DS4] waits for a pod that is on its way out",
      world: { pods: [{ on: "n1", state: "terminating" }, { on: "n2" }, { on: "n3" }] },
    },
    {
      name: "[DS5] of two on a node the older stays",
      world: { pods: [{ on: "n1", created: "2026-01-01T00:10:00Z" }, { on: "n1" }, { on: "n2" }, { on: "n3" }] },
      deleted: ["p0"],
    },
    {
      name: "[DS6] a failed one is deleted, to be made again",
      world: { pods: [{ on: "n1", state: "failed" }, { on: "n2" }, { on: "n3" }] },
      deleted: ["p0"],
    },
    {
      name: "[DS7] not before its back-off ends",
      world: { pods: [{ on: "n1", state: "failed" }, { on: "n2" }, { on: "n3" }], backoffUntilMs: () => NOW + 5_000 },
    },
    {
      name: "[DS8] one that succeeded, too",
      world: { pods: [{ on: "n1", state: "succeeded" }, { on: "n2" }, { on: "n3" }] },
      deleted: ["p0"],
    },
    {
      name: "[DS9] leaves a node it no longer belongs on",
      set: setOf({
        template: { ...template(), spec: { ...template().spec, nodeSelector: { a: "b" } } } as PodTemplateSpec,
      }),
      world: { pods: [{ on: "n1" }] },
      deleted: ["p0"],
    },
    {
      name: "[DS10] stays on a node that only takes no new ones",
      world: {
        nodes: [tainted("n1", { key: "x", effect: "NoSchedule" }), tainted("n2", { key: "x", effect: "NoSchedule" })],
        pods: [{ on: "n1" }],
      },
    },
    {
      name: "[DS11] a pod pinned to a node that is gone goes",
      world: { nodes: [], pods: [{ on: "gone", bound: false }, { on: "gone" }] },
      deleted: ["p0"],
    },
    {
      name: "[DS12] being deleted: nothing",
      set: setOf({}, { metadata: { deletionTimestamp: DELETED } }),
      world: { pods: [{ on: "n1" }] },
    },
  ])("$name", ({ set = setOf(), world, created = [], deleted = [] }) => {
    const result = run(set, world);
    expect([result.created, result.deleted]).toEqual([created, deleted]);
  });

  it("[DS13] tells of a failed pod, and when it looks again", () => {
    const pods: PodEdits[] = [{ on: "n1", state: "failed" }];
    expect(run(setOf(), { nodes: NODES.slice(0, 1), pods }).plan).toMatchObject({
      failed: ["n1"],
      events: [
        {
          type: "Warning",
          reason: "FailedDaemonPod",
          message: "Found failed daemon pod default/p0 on node n1, will try to kill it",
        },
      ],
    });
    expect(run(setOf(), { nodes: NODES.slice(0, 1), pods, backoffUntilMs: () => NOW + 5_000 }).plan.againAtMs).toBe(
      NOW + 5_000,
    );
  });

  it("[DS14] never more than a burst at once", () => {
    const nodes = Array.from({ length: 300 }, (_, i) => node(`m${i}`));
    expect(run(setOf(), { nodes }).created).toHaveLength(250);
  });

  it("[DS15] a selector of everything does nothing but complain", () => {
    expect(run(setOf({ selector: {} })).plan).toMatchObject({ actions: [], events: [{ reason: "SelectingAll" }] });
  });

  it("[DS16] counts", () => {
    const nodes = [...NODES, tainted("n4", { key: "x", effect: "NoSchedule" })];
    const pods: PodEdits[] = [{ on: "n1" }, { on: "n2", state: "running", old: true }, { on: "n4" }];
    expect(run(setOf({ minReadySeconds: 10 }), { nodes, pods }).status).toEqual({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 2,
      numberMisscheduled: 1,
      numberReady: 1,
      numberAvailable: 1,
      numberUnavailable: 2,
      updatedNumberScheduled: 1,
      observedGeneration: 1,
    });
  });
});

describe("planDaemonSet: rolling update", () => {
  const old = (on: string, more: Partial<PodEdits> = {}): PodEdits => ({ on, old: true, ...more });
  const rolling = (maxUnavailable: number | string, maxSurge: number | string = 0): Spec => ({
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable, maxSurge } },
  });

  it.each<{ name: string; spec?: Spec; pods: PodEdits[]; created?: string[]; deleted?: string[] }>([
    { name: "[DR1] one at a time", pods: [old("n1"), old("n2"), old("n3")], deleted: ["p0"] },
    {
      name: "[DR2] not while a new one is not available",
      pods: [{ on: "n1", state: "running" }, old("n2"), old("n3")],
    },
    { name: "[DR3] the next when it is", pods: [{ on: "n1" }, old("n2"), old("n3")], deleted: ["p1"] },
    {
      name: "[DR4] a node whose pod is on its way out counts as unavailable",
      pods: [old("n1", { state: "terminating" }), old("n2"), old("n3")],
    },
    {
      name: "[DR5] old ones that are not available go in any case, and use up the room",
      pods: [old("n1", { state: "running" }), old("n2", { state: "running" }), old("n3")],
      deleted: ["p0", "p1"],
    },
    {
      name: "[DR6] percentages round up",
      spec: rolling("34%"),
      pods: [old("n1"), old("n2"), old("n3")],
      deleted: ["p0", "p1"],
    },
    {
      name: "[DR7] OnDelete: nothing",
      spec: { updateStrategy: { type: "OnDelete" } },
      pods: [old("n1"), old("n2"), old("n3")],
    },
    {
      name: "[DR8] surge: a new one beside an old one",
      spec: rolling(0, 1),
      pods: [old("n1"), old("n2"), old("n3")],
      created: ["n1"],
    },
    {
      name: "[DR9] surge: both stay until the new one is available",
      spec: rolling(0, 1),
      pods: [old("n1"), { on: "n1", state: "running" }, old("n2"), old("n3")],
    },
    {
      name: "[DR10] surge: then the old one goes",
      spec: rolling(0, 1),
      pods: [old("n1"), { on: "n1" }, old("n2"), old("n3")],
      deleted: ["p0"],
    },
    {
      name: "[DR11] surge: an old one that is not ready makes way for the new one at once",
      spec: rolling(0, 1),
      pods: [old("n1", { state: "running" }), { on: "n1", state: "running" }, old("n2"), old("n3")],
      deleted: ["p0"],
    },
    {
      name: "[DR12] surge: where the old one is not available, a new one is no surplus",
      spec: rolling(0, 1),
      pods: [old("n1", { state: "running" }), old("n2"), old("n3")],
      created: ["n1", "n2"],
    },
    { name: "[DR13] first every node gets its pod", pods: [old("n1"), old("n2")], created: ["n3"] },
    {
      name: "[DR14] both limits at 0% still move by one",
      spec: rolling("0%", "0%"),
      pods: [old("n1"), old("n2"), old("n3")],
      deleted: ["p0"],
    },
  ])("$name", ({ spec = {}, pods, created = [], deleted = [] }) => {
    const result = run(setOf(spec), { pods });
    expect([result.created, result.deleted]).toEqual([created, deleted]);
  });
});

describe("planDaemonSet: history", () => {
  const older = (["web:a", "web:b"] as const).map((image, i) =>
    revisionOf(setOf(), template({ app: "web" }, image), i - 1),
  );
  const [a, b] = older.map(({ metadata: { name } }) => name);
  const onOld: PodEdits = { on: "n1", old: true };
  // Beside the present revision there is the one that `onOld` has, and before that a and b.
  it.each([
    { name: "[DH1] an old revision that pods have counts, but stays", limit: 2, pods: [onOld], deleted: [a] },
    { name: "[DH2] also when there may be none", limit: 0, pods: [onOld], deleted: [a, b] },
    { name: "[DH3] without such pods the oldest go", limit: 2, pods: [], deleted: [a] },
  ])("$name", ({ limit, pods, deleted }) => {
    const { plan } = run(setOf({ revisionHistoryLimit: limit }), { pods, older });
    const names = plan.actions.flatMap(({ op }) =>
      op.verb === "delete" && op.resource === "controllerrevisions.apps" ? [op.name] : [],
    );
    expect(names).toEqual(deleted);
  });
});

it("[DM1] of two pods of a node the one that is on it stays, even if it is younger", () => {
  const pods: PodEdits[] = [
    { on: "n1", state: "pending", bound: false },
    { on: "n1", created: "2026-01-01T00:10:00Z" },
    { on: "n2" },
    { on: "n3" },
  ];
  expect(run(setOf(), { pods }).deleted).toEqual(["p0"]);
});
