/** Devices, classes and claims for tests. */
import type {
  AllocationResult,
  Device,
  DeviceClass,
  DeviceConstraint,
  DeviceRequest,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceSlice,
} from "../../kinds/generated/api/resource-v1.ts";

export const DRIVER = "gpu.example.com";

interface SliceWish {
  name: string;
  pool?: string;
  generation?: number;
  count?: number;
  nodeName?: string;
  /** Values of the node label "zone" from which it can be reached. */
  zones?: string[];
  perDevice?: boolean;
  devices?: Device[];
  sharedCounters?: ResourceSlice["spec"]["sharedCounters"];
}

export const makeSlice = (wish: SliceWish): ResourceSlice => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceSlice",
  metadata: { name: wish.name, uid: `uid-of-${wish.name}` },
  spec: {
    driver: DRIVER,
    pool: {
      name: wish.pool ?? wish.nodeName ?? wish.name,
      generation: wish.generation ?? 1,
      resourceSliceCount: wish.count ?? 1,
    },
    ...(wish.nodeName && { nodeName: wish.nodeName }),
    ...(wish.zones && {
      nodeSelector: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: wish.zones }] }],
      },
    }),
    ...(wish.perDevice && { perDeviceNodeSelection: true }),
    ...(!wish.nodeName && !wish.zones && !wish.perDevice && { allNodes: true }),
    devices: wish.devices ?? [],
    ...(wish.sharedCounters && { sharedCounters: wish.sharedCounters }),
  },
});

export const makeDevice = (name: string, more: Partial<Device> = {}): Device => ({ name, ...more });

export const makeDeviceClass = (name: string, expression?: string): DeviceClass => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "DeviceClass",
  metadata: { name, uid: `uid-of-${name}` },
  spec: expression === undefined ? {} : { selectors: [{ cel: { expression } }] },
});

/** A request of class "gpu", as the API would have completed it. */
export const exactly = (name: string, more: Partial<ExactDeviceRequest> = {}): DeviceRequest => ({
  name,
  exactly: { deviceClassName: "gpu", allocationMode: "ExactCount", ...more },
});

interface ClaimWish {
  name: string;
  requests?: DeviceRequest[];
  constraints?: DeviceConstraint[];
  allocation?: AllocationResult;
  reservedFor?: string[];
  ownerPod?: string;
}

export const makeResourceClaim = (wish: ClaimWish): ResourceClaim => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaim",
  metadata: {
    name: wish.name,
    namespace: "default",
    uid: `uid-of-${wish.name}`,
    ...(wish.ownerPod && {
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: wish.ownerPod, controller: true }],
    }),
  },
  spec: {
    devices: {
      requests: wish.requests ?? [exactly("r")],
      ...(wish.constraints && { constraints: wish.constraints }),
    },
  },
  ...((wish.allocation || wish.reservedFor) && {
    status: {
      ...(wish.allocation && { allocation: wish.allocation }),
      reservedFor: (wish.reservedFor ?? []).map((uid) => ({ resource: "pods", name: uid, uid })),
    },
  }),
});
