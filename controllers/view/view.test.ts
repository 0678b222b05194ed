import { describe, expect, it } from "vitest";
import { registry } from "../../kinds/registry.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { controlledBy, pod, readySince, replicaSet } from "../../test/fakes/cluster-objects.ts";
import { claimNamesOf } from "../resource-claim/pod-claims.ts";
import { projectConfigMap, projectIdentity, projectPod } from "./project.ts";
import { View } from "./view.ts";

const owner = replicaSet("web");
const whole = (name: string): KubeObject => ({
  ...pod(name, {
    metadata: { ...controlledBy(owner), labels: { app: "web" }, managedFields: [{ manager: "x" }] },
    spec: {
      nodeName: "n1",
      containers: [
        { name: "c", image: "big", env: [{ name: "A", value: "b" }], ports: [{ name: "http", containerPort: 80 }] },
      ],
      volumes: [
        { name: "v", emptyDir: {} },
        { name: "data", persistentVolumeClaim: { claimName: "data-0" } },
      ],
    },
    status: {
      ...readySince("2026-01-01T00:00:00Z"),
      hostIP: "1.2.3.4",
      containerStatuses: [{ name: "c", restartCount: 3, image: "big" }],
    },
  }),
});

describe("projections", () => {
  it("[PJ1] of a pod: what plans read, and no more", () => {
    const kept = projectPod(whole("a"));
    expect(kept.metadata.managedFields).toBeUndefined();
    expect(kept.spec).toEqual({
      nodeName: "n1",
      containers: [{ name: "c", ports: [{ name: "http", containerPort: 80 }] }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-0" } }],
    });
    expect(kept.status).toMatchObject({
      phase: "Running",
      podIP: "10.244.0.1",
      containerStatuses: [{ name: "c", restartCount: 3 }],
    });
    expect(kept.status).not.toHaveProperty("hostIP");
  });

  it("[PJ4] of a pod's extended resources: the claim that stands for them, so that it is freed with the pod", () => {
    const status = { extendedResourceClaimStatus: { resourceClaimName: "c", requestMappings: [{ requestName: "r" }] } };
    const kept = projectPod({ ...pod("a"), status } as KubeObject);
    expect([...claimNamesOf(kept)]).toEqual(["c"]);
  });

  it("[PJ2] pods of one owner share what they have in common", () => {
    const [a, b] = [projectPod(whole("a")), projectPod(whole("b"))];
    expect(a.metadata.labels).toBe(b.metadata.labels);
    expect(a.metadata.ownerReferences).toBe(b.metadata.ownerReferences);
    expect(a.spec.containers).toBe(b.spec.containers);
    expect(a.status?.conditions?.[0]).toBe(b.status?.conditions?.[0]);
    expect(a.metadata.uid).not.toBe(b.metadata.uid);
  });

  it("[PJ3] of a ConfigMap only the root CA keeps its data; of others who they are", () => {
    const configMap = (name: string) => ({ ...pod(name), kind: "ConfigMap", data: { key: "value" } });
    expect(projectConfigMap(configMap("kube-root-ca.crt")).data).toEqual({ key: "value" });
    expect(projectConfigMap(configMap("other")).data).toBeUndefined();
    expect(projectIdentity(configMap("other"))).not.toHaveProperty("metadata.labels");
  });
});

describe("View", () => {
  it("[VW1] has a table for every deletable resource but events", () => {
    const view = new View(registry);
    expect(view.table("secrets")).toBeDefined();
    expect(view.table("leases.coordination.k8s.io")).toBeDefined();
    expect(view.table("events")).toBeUndefined();
    expect(view.table("bindings")).toBeUndefined();
  });

  it("[VW2] finds by uid and by owner, in step with changes", () => {
    const view = new View(registry);
    const [before, after] = [projectPod(whole("a")), projectPod(whole("a"))];
    view.observe({ type: "added", resource: "pods", object: before });
    expect(view.byUid("uid-of-a")).toEqual({ resource: "pods", object: before });
    expect(view.controlledBy("uid-of-web", "pods")).toEqual([before]);
    expect(view.controlledBy("uid-of-web", "replicasets.apps")).toEqual([]);
    after.metadata = { ...after.metadata, ownerReferences: [] };
    view.observe({ type: "changed", resource: "pods", object: after, previous: before });
    expect(view.dependentsOf("uid-of-web").size).toBe(0);
    view.observe({ type: "deleted", resource: "pods", object: after });
    expect(view.byUid("uid-of-a")).toBeUndefined();
  });
});
