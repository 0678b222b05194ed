import { expect, it } from "vitest";
import type { Deployment, ReplicaSet } from "../../kinds/apps/v1-types.ts";
import { controlledBy, deployment, replicaSet, template } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { planDeployment } from "./plan.ts";

const REVISION = "deployment.kubernetes.io/revision";
const ROLLBACK = "deprecated.deployment.rollback.to";

const web = (annotations: { [name: string]: string }, spec: object = {}): Deployment =>
  deployment("web", {
    metadata: { annotations },
    spec: { template: template({ app: "web" }, "i3"), ...spec },
  });

/** Of image "i<revision>", and annotated so. */
const set = (d: Deployment, revision: number): ReplicaSet =>
  replicaSet(`web-${revision}`, {
    metadata: {
      ...controlledBy(d),
      creationTimestamp: `2026-01-01T00:00:0${revision}Z`,
      annotations: { [REVISION]: String(revision), cause: `r${revision}` },
    },
    spec: {
      replicas: revision === 3 ? 3 : 0,
      template: template({ app: "web", "pod-template-hash": "h" }, `i${revision}`),
    },
  });

const plan = (d: Deployment, revisions: readonly number[]): Plan =>
  planDeployment({
    deployment: d,
    controlled: revisions.map((revision) => set(d, revision)),
    orphans: [],
    replicaSetNamed: () => undefined,
    podsOf: () => [],
    failures: [],
    nowMs: Date.parse("2026-01-01T01:00:00Z"),
  });

/** What the Deployment's own fields become, and what is told. */
const outcome = ({ actions, events = [] }: Plan) => {
  const patches = actions.flatMap(({ op }) =>
    op.resource === "deployments.apps" && op.verb === "patch" && !op.subresource ? [op.patch as Deployment] : [],
  );
  const told = [...events, ...actions.flatMap(({ event }) => event ?? [])];
  return { patches, told: told.map(({ type, reason, message }) => [type, reason, message]) };
};

it.each([
  { name: "[RB1] to the revision that is named", to: "1", image: "i1", revision: 1 },
  { name: "[RB2] 0 is the one before", to: "0", image: "i2", revision: 2 },
])("$name", ({ to, image, revision }) => {
  const { patches, told } = outcome(plan(web({ [ROLLBACK]: to, cause: "r3", own: "x", [REVISION]: "3" }), [1, 2, 3]));
  expect(told).toEqual([["Normal", "DeploymentRollback", `Rolled back deployment "web" to revision ${revision}`]]);
  expect(patches).toHaveLength(1);
  expect(patches[0]?.spec.template).toEqual({ spec: { containers: [{ name: "web", image }] } });
  expect(patches[0]?.metadata.annotations).toEqual({ [ROLLBACK]: null, own: null, cause: `r${revision}` });
});

it.each([
  {
    name: "[RB3] no such revision",
    to: "7",
    revisions: [1, 2, 3],
    told: ["Warning", "DeploymentRollbackRevisionNotFound", "Unable to find the revision to rollback to."],
  },
  {
    name: "[RB4] none before the first",
    to: "0",
    revisions: [3],
    told: ["Warning", "DeploymentRollbackRevisionNotFound", "Unable to find last revision."],
  },
  {
    name: "[RB5] the same template",
    to: "3",
    revisions: [1, 2, 3],
    told: [
      "Warning",
      "DeploymentRollbackTemplateUnchanged",
      'The rollback revision contains the same template as current deployment "web"',
    ],
  },
])("$name: only the annotation goes", ({ to, revisions, told }) => {
  const result = outcome(plan(web({ [ROLLBACK]: to, own: "x" }), revisions));
  expect(result.told).toEqual([told]);
  expect(result.patches.map(({ metadata, spec }) => [metadata.annotations, spec])).toEqual([
    [{ [ROLLBACK]: null }, undefined],
  ]);
});

it.each([
  { name: "[RB6] not while it is paused", annotations: { [ROLLBACK]: "1" }, spec: { paused: true } },
  { name: "[RB7] nor to what is no number", annotations: { [ROLLBACK]: "one" }, spec: {} },
])("$name", ({ annotations, spec }) => {
  expect(outcome(plan(web(annotations, spec), [1, 2, 3]))).toEqual({ patches: [], told: [] });
});

it("[RB8] a template that has no ReplicaSet yet gets one first: the revision before is the one it had", () => {
  const d = web({ [ROLLBACK]: "0" });
  const result = plan(d, [1, 2]);
  expect(result.actions.map(({ op }) => op.verb)).toEqual(["create", "patch"]);
  expect(outcome(result).told.at(-1)?.[2]).toBe('Rolled back deployment "web" to revision 2');
});
