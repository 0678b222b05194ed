import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { PersistentVolumeClaim } from "../core/v1-types.ts";
import { created, createErrors, updateErrors } from "../judge.ts";
import type { Strategy } from "../kind.ts";
import { controllerRevision } from "./controller-revision.ts";
import { daemonSet } from "./daemon-set.ts";
import { deployment } from "./deployment.ts";
import { replicaSet } from "./replica-set.ts";
import { statefulSet } from "./stateful-set.ts";
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from "./v1-types.ts";

const NOW_MS = Date.parse("2026-01-01T00:05:00Z");
const metadata = { name: "web", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };
const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main", image: "nginx:1" }] } };
const selector = { matchLabels: { app: "web" } };

const makeDeployment = (spec: Partial<Deployment["spec"]> = {}): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata,
  spec: { selector, template, ...spec },
});
const makeReplicaSet = (spec: Partial<ReplicaSet["spec"]> = {}): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata,
  spec: { selector, template, ...spec },
});
const makeDaemonSet = (spec: Partial<DaemonSet["spec"]> = {}): DaemonSet => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata,
  spec: { selector, template, ...spec },
});
const makeStatefulSet = (spec: Partial<StatefulSet["spec"]> = {}): StatefulSet => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata,
  spec: { selector, template, serviceName: "web", ...spec },
});

describe("Deployment", () => {
  it("DEPLOY-1 defaults", () => {
    const { spec } = created(deployment, makeDeployment());
    expect(spec).toMatchObject({
      replicas: 1,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    expect(spec.template.spec).toMatchObject({ restartPolicy: "Always", dnsPolicy: "ClusterFirst" });
    expect(spec.template.spec).not.toHaveProperty("enableServiceLinks");
  });

  const bad: [name: string, spec: Partial<Deployment["spec"]>, errors: string[]][] = [
    ["fewer than none", { replicas: -1 }, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]],
    [
      "labels that the selector misses",
      { selector: { matchLabels: { app: "other" } } },
      ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
    ],
    [
      "an empty selector",
      { selector: {} },
      ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
    ],
    [
      "pods that end",
      { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } },
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      "no room to move",
      { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
      ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
    ],
    [
      "a rolling update that recreates",
      { strategy: { type: "Recreate", rollingUpdate: { maxSurge: 1 } } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      "a deadline before pods can be ready",
      { minReadySeconds: 600 },
      ["spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"],
    ],
  ];
  it.each(bad)("DEPLOY-2 %s", (_, spec, errors) => {
    expect(createErrors(deployment, makeDeployment(spec))).toEqual(errors);
  });

  it("DEPLOY-3 the selector stays", () => {
    const errors = updateErrors(deployment, makeDeployment(), ({ spec }) => {
      spec.selector = { matchLabels: { app: "web", tier: "a" } };
      spec.template.metadata = { labels: { app: "web", tier: "a" } };
    });
    expect(errors).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"a"}}: field is immutable',
    ]);
  });

  it("DEPLOY-4 row", () => {
    const object = makeDeployment({ replicas: 3 });
    object.status = { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 };
    expect(deployment.row?.(object, NOW_MS)).toEqual(["web", "2/3", 3, 1, "5m", "main", "nginx:1", "app=web"]);
  });
});

describe("ReplicaSet, DaemonSet, StatefulSet", () => {
  const rows: [name: string, strategy: unknown, object: KubeObject, cells: unknown[]][] = [
    [
      "ReplicaSet",
      replicaSet,
      { ...makeReplicaSet({ replicas: 3 }), status: { replicas: 2, readyReplicas: 1 } },
      ["web", 3, 2, 1, "5m", "main", "nginx:1", "app=web"],
    ],
    [
      "DaemonSet",
      daemonSet,
      {
        ...makeDaemonSet(),
        status: { desiredNumberScheduled: 3, currentNumberScheduled: 2, numberReady: 1, numberMisscheduled: 0 },
      },
      ["web", 3, 2, 1, 0, 0, "<none>", "5m", "main", "nginx:1", "app=web"],
    ],
    [
      "StatefulSet",
      statefulSet,
      { ...makeStatefulSet({ replicas: 3 }), status: { replicas: 3, readyReplicas: 2 } },
      ["web", "2/3", "5m", "main", "nginx:1"],
    ],
  ];
  it.each(rows)("WORK-1 row of %s", (_, strategy, object, cells) => {
    expect((strategy as Strategy).row?.(object, NOW_MS)).toEqual(cells);
  });

  it("WORK-2 defaults of a StatefulSet", () => {
    expect(created(statefulSet, makeStatefulSet()).spec).toMatchObject({
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      replicas: 1,
      revisionHistoryLimit: 10,
    });
  });

  it("WORK-3 defaults of a DaemonSet", () => {
    expect(created(daemonSet, makeDaemonSet()).spec).toMatchObject({
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
    });
  });

  it("WORK-4 of a StatefulSet's spec only some may change", () => {
    const [error] = updateErrors(statefulSet, makeStatefulSet(), ({ spec }) => {
      spec.serviceName = "other";
    });
    expect(error).toBe(
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    );
    const fine = updateErrors(statefulSet, makeStatefulSet(), ({ spec }) => {
      spec.replicas = 5;
      spec.minReadySeconds = 3;
    });
    expect(fine).toEqual([]);
  });

  it("WORK-5 ready counts may not exceed what there is", () => {
    const prev = created(replicaSet, makeReplicaSet());
    const next = { ...prev, status: { replicas: 1, readyReplicas: 2, availableReplicas: 3 } };
    const errors = replicaSet.subresources?.status?.validateUpdate?.(next, prev).map((e) => `${e.field}: ${e.message}`);
    expect(errors).toEqual([
      "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
      "status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas",
      "status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas",
    ]);
  });

  const wrong = { matchLabels: { app: "-" } };
  it("WORK-6 a template beside a selector that is wrong in itself is not looked at", () => {
    const broken = { ...template, spec: { containers: [] } };
    const errors = createErrors(deployment, makeDeployment({ selector: wrong, template: broken }));
    expect(errors.at(-1)).toMatch(/^spec.selector: Invalid value: .*: invalid label selector$/);
    expect(errors.filter((error) => error.startsWith("spec.template"))).toEqual([]);
  });

  it("WORK-7 a DaemonSet's selector is asked for by what it does not match", () => {
    const object = { apiVersion: "apps/v1", kind: "DaemonSet", metadata, spec: { template } } as unknown as DaemonSet;
    expect(createErrors(daemonSet, object)).toEqual([
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ]);
  });

  it("WORK-8 the service of a StatefulSet is a label, if it is a new one", () => {
    const object = makeStatefulSet();
    object.spec.serviceName = "a.b";
    expect(createErrors(statefulSet, object)).toEqual([
      'spec.serviceName: Invalid value: "a.b": must not contain dots',
    ]);
    expect(updateErrors(statefulSet, object, () => undefined)).toEqual([]);
  });

  const mounting = (name: string): StatefulSet["spec"]["template"] => ({
    ...template,
    spec: { containers: [{ name: "main", image: "nginx:1", volumeMounts: [{ name, mountPath: "/data" }] }] },
  });
  const claim = (name: string, spec = {}): PersistentVolumeClaim => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name },
    spec,
  });
  const used = claim("data", { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } });
  const NO_VOLUME = 'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"';

  it.each<[name: string, spec: Partial<StatefulSet["spec"]>, errors: string[]]>([
    ["a mount of a claim", { template: mounting("data"), volumeClaimTemplates: [used] }, []],
    ["a mount of nothing", { template: mounting("data") }, [NO_VOLUME]],
    [
      "a claim in place of a volume that would be wrong",
      {
        template: { ...template, spec: { ...template.spec!, volumes: [{ name: "data", hostPath: { path: "" } }] } },
        volumeClaimTemplates: [used],
      },
      [],
    ],
    [
      "a claim that asks for nothing",
      { volumeClaimTemplates: [claim("data")] },
      [
        "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
        "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value",
      ],
    ],
    ["as many revisions as there were", { revisionHistoryLimit: -1 }, []],
  ])("WORK-10 a new StatefulSet with %s", (_, spec, errors) => {
    expect(createErrors(statefulSet, makeStatefulSet(spec))).toEqual(errors);
  });

  it("WORK-11 the template of a StatefulSet may stay as wrong as it was, not become so; claims are not judged anew", () => {
    const wrong = makeStatefulSet({ template: mounting("data"), volumeClaimTemplates: [claim("other")] });
    const scaled = updateErrors(statefulSet, wrong, ({ spec }) => {
      spec.replicas = 3;
    });
    expect(scaled).toEqual([]);
    const spoilt = updateErrors(statefulSet, makeStatefulSet(), ({ spec }) => {
      spec.template = mounting("data");
    });
    expect(spoilt).toEqual([NO_VOLUME]);
  });

  it.each([
    [undefined, ["data: Required value: data is mandatory"]],
    [null, ["data: Required value: data is mandatory"]],
    ["text", ["data: Required value: data must be a valid JSON object"]],
    [[], ["data: Required value: data must be a valid JSON object"]],
    [{}, []],
  ])("WORK-9 revisions hold an object: %o", (data, errors) => {
    const object = { apiVersion: "apps/v1", kind: "ControllerRevision", metadata, revision: 1, data };
    expect(createErrors(controllerRevision, object as unknown as ControllerRevision)).toEqual(errors);
  });
});
