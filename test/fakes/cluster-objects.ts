/** Objects for tests of controllers, with what the tests do not care about filled in. */
import type { Deployment, ReplicaSet } from "../../kinds/apps/v1-types.ts";
import type { Namespace, Node, Pod, Service } from "../../kinds/core/v1-types.ts";
import type { KubeObject, ObjectMeta } from "../../machinery/meta/object.ts";

let serial = 0;

/** Metadata as the server would have it. */
export const metadata = (name: string, more: Partial<ObjectMeta> = {}): ObjectMeta => ({
  name,
  namespace: "default",
  uid: `uid-of-${name}`,
  resourceVersion: String(++serial),
  generation: 1,
  creationTimestamp: "2026-01-01T00:00:00Z",
  ...more,
});

export const controlledBy = (owner: KubeObject) => ({
  ownerReferences: [
    {
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.metadata.name ?? "",
      uid: owner.metadata.uid ?? "",
      controller: true,
      blockOwnerDeletion: true,
    },
  ],
});

export const template = (labels: { [key: string]: string } = { app: "web" }, image = "web:1") => ({
  metadata: { labels },
  spec: { containers: [{ name: "web", image }] },
});

type Edits<T> = { metadata?: Partial<ObjectMeta>; spec?: Partial<T>; status?: object };

export const deployment = (name: string, edits: Edits<Deployment["spec"]> = {}): Deployment =>
  ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(name, edits.metadata),
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      template: template(),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...edits.spec,
    },
    status: edits.status ?? {},
  }) as Deployment;

export const replicaSet = (name: string, edits: Edits<ReplicaSet["spec"]> = {}): ReplicaSet =>
  ({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: metadata(name, { labels: { app: "web" }, ...edits.metadata }),
    spec: { replicas: 3, selector: { matchLabels: { app: "web" } }, template: template(), ...edits.spec },
    status: edits.status ?? { replicas: 0 },
  }) as ReplicaSet;

export const pod = (name: string, edits: Edits<Pod["spec"]> = {}): Pod =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata(name, { labels: { app: "web" }, ...edits.metadata }),
    spec: { containers: [{ name: "web", image: "web:1" }], ...edits.spec },
    status: edits.status ?? { phase: "Pending" },
  }) as Pod;

/** Status of a pod that runs and has been ready since then. */
export const readySince = (lastTransitionTime: string, podIP = "10.244.0.1") => ({
  phase: "Running",
  podIP,
  podIPs: [{ ip: podIP }],
  conditions: [{ type: "Ready", status: "True", lastTransitionTime }],
});

export const node = (name: string, edits: Edits<Node["spec"] & object> = {}): Node =>
  ({
    apiVersion: "v1",
    kind: "Node",
    metadata: metadata(name, { namespace: "", ...edits.metadata }),
    spec: edits.spec ?? {},
    status: edits.status ?? {
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
    },
  }) as Node;

export const namespace = (name: string, edits: Edits<object> = {}): Namespace =>
  ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: metadata(name, { namespace: "", ...edits.metadata }),
    spec: { finalizers: ["kubernetes"], ...edits.spec },
    status: edits.status ?? { phase: "Active" },
  }) as Namespace;

export const service = (name: string, edits: Edits<Service["spec"] & object> = {}): Service =>
  ({
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(name, edits.metadata),
    spec: {
      type: "ClusterIP",
      clusterIP: "10.96.0.20",
      clusterIPs: ["10.96.0.20"],
      ipFamilies: ["IPv4"],
      selector: { app: "web" },
      ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }],
      ...edits.spec,
    },
    status: {},
  }) as Service;
