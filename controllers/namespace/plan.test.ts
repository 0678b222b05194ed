import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { metadata, namespace, pod } from "../../test/fakes/cluster-objects.ts";
import type { Failure, Plan } from "../runner/controller.ts";
import { type Content, planNamespace } from "./plan.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const DELETED = "2026-01-01T00:59:00Z";

const dying = (edits: Parameters<typeof namespace>[1] = {}) =>
  namespace("old", {
    status: { phase: "Terminating" },
    ...edits,
    metadata: { deletionTimestamp: DELETED, ...edits.metadata },
  });
const plan = (contents: Content[], options: { failures?: Failure[]; ns?: ReturnType<typeof namespace> } = {}): Plan =>
  planNamespace({ namespace: options.ns ?? dying(), contents, failures: options.failures ?? [], nowMs: NOW });
const secret = (name: string, more = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: metadata(name, { namespace: "old", ...more }),
});
const steps = ({ actions }: Plan) =>
  actions.map(
    ({ op }) => `${op.verb} ${op.resource}${"subresource" in op && op.subresource ? `/${op.subresource}` : ""}`,
  );
const conditions = ({ actions }: Plan) => {
  const op = actions.find(({ op }) => op.resource === "namespaces")?.op as unknown as {
    patch: { status: { conditions: { type: string; status: string; message: string }[] } };
  };
  return Object.fromEntries(op.patch.status.conditions.map(({ type, ...rest }) => [type, rest]));
};

describe("planNamespace", () => {
  it("[NS1] one that lives needs nothing", () => {
    expect(plan([{ resource: "secrets", objects: [secret("a")] }], { ns: namespace("live") })).toEqual({ actions: [] });
  });

  it("[NS2] pods go first, alone", () => {
    const contents = [
      { resource: "secrets", objects: [secret("a")] },
      { resource: "pods", objects: [pod("p"), pod("q", { metadata: { deletionTimestamp: DELETED } })] },
    ];
    expect(steps(plan(contents))).toEqual(["patch namespaces/status", "delete pods"]);
  });

  it("[NS3] then all else, each with its uid, dependents in the background", () => {
    const result = plan([
      { resource: "secrets", objects: [secret("a"), secret("b")] },
      { resource: "deployments.apps", objects: [secret("d")] },
    ]);
    expect(steps(result)).toEqual([
      "patch namespaces/status",
      "delete deployments.apps",
      "delete secrets",
      "delete secrets",
    ]);
    expect(result.actions[1]?.op.options).toMatchObject({
      propagationPolicy: "Background",
      preconditions: { uid: "uid-of-d" },
    });
  });

  it("[NS4] tells what remains and which finalizers hold it", () => {
    const result = plan([
      {
        resource: "pods",
        objects: [pod("p", { metadata: { finalizers: ["x/a", "x/b"], deletionTimestamp: DELETED } })],
      },
      { resource: "deployments.apps", objects: [secret("d"), secret("e", { finalizers: ["x/a"] })] },
    ]);
    expect(conditions(result)).toMatchObject({
      NamespaceDeletionDiscoveryFailure: {
        status: "False",
        reason: "ResourcesDiscovered",
        message: "All resources successfully discovered",
      },
      NamespaceDeletionGroupVersionParsingFailure: { status: "False", reason: "ParsedGroupVersions" },
      NamespaceDeletionContentFailure: { status: "False", reason: "ContentDeleted" },
      NamespaceContentRemaining: {
        status: "True",
        reason: "SomeResourcesRemain",
        message:
          "Some resources are remaining: deployments.apps has 2 resource instances, pods. has 1 resource instances",
        lastTransitionTime: "2026-01-01T01:00:00Z",
      },
      NamespaceFinalizersRemaining: {
        status: "True",
        reason: "SomeFinalizersRemain",
        message:
          "Some content in the namespace has finalizers remaining: x/a in 2 resource instances, x/b in 1 resource instances",
      },
    });
  });

  it("[NS5] keeps the time of a condition that only changes its message", () => {
    const before = {
      type: "NamespaceContentRemaining",
      status: "True",
      reason: "SomeResourcesRemain",
      message: "older",
      lastTransitionTime: DELETED,
    };
    const ns = dying({ status: { phase: "Terminating", conditions: [before] } });
    expect(
      conditions(plan([{ resource: "secrets", objects: [secret("a")] }], { ns })).NamespaceContentRemaining,
    ).toMatchObject({ lastTransitionTime: DELETED });
  });

  it("[NS6] waits without a write for what is on its way out", () => {
    const contents = [{ resource: "pods", objects: [pod("p", { metadata: { deletionTimestamp: DELETED } })] }];
    const first = plan(contents);
    const patch = (first.actions[0]!.op as unknown as { patch: { status: object } }).patch;
    expect(plan(contents, { ns: dying({ status: { phase: "Terminating", ...patch.status } }) })).toEqual({
      actions: [],
    });
  });

  it("[NS7] tells of deletes that failed", () => {
    const failures = [{ op: {}, status: { message: "denied by a webhook" } }] as unknown as Failure[];
    expect(
      conditions(plan([{ resource: "secrets", objects: [secret("a")] }], { failures })).NamespaceDeletionContentFailure,
    ).toMatchObject({
      status: "True",
      reason: "ContentDeletionFailed",
      message: "Failed to delete all resource types, 1 remaining: denied by a webhook",
    });
  });

  it("[NS8] when nothing is left: events, then its finalizer, other finalizers kept", () => {
    const result = plan([], { ns: dying({ spec: { finalizers: ["other", "kubernetes"] } }) });
    expect(steps(result)).toEqual(["deletecollection events", "update namespaces/finalize"]);
    expect(result.actions[1]).toMatchObject({ op: { object: { spec: { finalizers: ["other"] } } }, needs: 0 });
    expect(plan([], { ns: dying({ spec: { finalizers: ["other"] } }) })).toEqual({ actions: [] });
  });

  it("[NS9] one without finalizers that is still there is deleted", () => {
    expect(steps(plan([], { ns: dying({ spec: { finalizers: [] } }) }))).toEqual(["delete namespaces"]);
  });
});
