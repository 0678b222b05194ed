/** Claims, volumes and classes for tests. */
import type { TestCluster } from "./builders.ts";

interface VolumeWish {
  name: string;
  className?: string;
  size?: string;
  modes?: string[];
  labels?: { [key: string]: string };
  /** Values of the node label "zone" from which it can be reached. */
  zones?: string[];
  claimRef?: { namespace: string; name: string; uid?: string };
  phase?: string;
  csi?: { driver: string; volumeHandle: string };
}

export const makeVolume = (wish: VolumeWish): object => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: wish.name, uid: `uid-of-${wish.name}`, labels: wish.labels ?? {} },
  spec: {
    storageClassName: wish.className ?? "slow",
    capacity: { storage: wish.size ?? "1Gi" },
    accessModes: wish.modes ?? ["ReadWriteOnce"],
    ...(wish.zones && {
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: wish.zones }] }],
        },
      },
    }),
    ...(wish.claimRef && { claimRef: wish.claimRef }),
    ...(wish.csi && { csi: wish.csi }),
  },
  status: { phase: wish.phase ?? (wish.claimRef ? "Bound" : "Available") },
});

interface ClaimWish {
  name: string;
  namespace?: string;
  className?: string;
  size?: string;
  modes?: string[];
  /** Name of the volume it is bound to. */
  boundTo?: string;
  selectedNode?: string;
  more?: object;
  ownerPod?: string;
  deleting?: boolean;
  phase?: string;
}

export const makeClaim = (wish: ClaimWish): object => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: {
    name: wish.name,
    namespace: wish.namespace ?? "default",
    uid: `uid-of-${wish.name}`,
    annotations: {
      ...(wish.boundTo && { "pv.kubernetes.io/bind-completed": "yes" }),
      ...(wish.selectedNode && { "volume.kubernetes.io/selected-node": wish.selectedNode }),
    },
    ...(wish.ownerPod && {
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: wish.ownerPod, uid: "u", controller: true }],
    }),
    ...(wish.deleting && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  },
  spec: {
    storageClassName: wish.className ?? "slow",
    accessModes: wish.modes ?? ["ReadWriteOnce"],
    resources: { requests: { storage: wish.size ?? "1Gi" } },
    ...(wish.boundTo && { volumeName: wish.boundTo }),
    ...wish.more,
  },
  status: { phase: wish.phase ?? (wish.boundTo ? "Bound" : "Pending") },
});

export const makeClass = (name: string, more: object = {}): object => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name, uid: `uid-of-${name}` },
  provisioner: "kubernetes.io/no-provisioner",
  volumeBindingMode: "WaitForFirstConsumer",
  ...more,
});

export const putVolume = (cluster: TestCluster, wish: VolumeWish): void =>
  cluster.put("persistentvolumes", makeVolume(wish));
export const putClaim = (cluster: TestCluster, wish: ClaimWish): void =>
  cluster.put("persistentvolumeclaims", makeClaim(wish));
export const putClass = (cluster: TestCluster, name: string, more: object = {}): void =>
  cluster.put("storageclasses.storage.k8s.io", makeClass(name, more));

/** The spec of a pod that uses claims. */
export const using = (...claims: string[]) => ({
  volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
});
