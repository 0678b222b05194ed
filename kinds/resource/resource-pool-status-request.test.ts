import { expect, it } from "vitest";
import type {
  PoolStatus,
  ResourcePoolStatusRequest,
  ResourcePoolStatusRequestStatus,
} from "../generated/api/resource-v1alpha3.ts";
import { createErrors } from "../judge.ts";
import { resourcePoolStatusRequest } from "./resource-pool-status-request.ts";

const make = (spec: object, status?: ResourcePoolStatusRequestStatus): ResourcePoolStatusRequest => ({
  apiVersion: "resource.k8s.io/v1alpha3",
  kind: "ResourcePoolStatusRequest",
  metadata: { name: "a" },
  spec: { driver: "gpu.example.com", ...spec },
  ...(status && { status }),
});
const judge = (status: object, before?: ResourcePoolStatusRequestStatus): string[] =>
  resourcePoolStatusRequest.subresources!.status!.validateUpdate!(
    make({}, status as ResourcePoolStatusRequestStatus),
    make({}, before),
  ).map(({ field, message }) => `${field}: ${message}`);
const pool = (more: Partial<PoolStatus> = {}): PoolStatus => ({
  driver: "gpu.example.com",
  poolName: "p",
  generation: 1,
  ...more,
});

it.each<[string, object, string[]]>([
  ["RPS-1 a pool and how many there are", { poolCount: 1, pools: [pool({ totalDevices: 2 })] }, []],
  ["RPS-2 how many there are", { pools: [] }, ["status.poolCount: Required value"]],
  [
    "RPS-3 counts",
    { poolCount: -1, pools: [pool({ allocatedDevices: -1, resourceSliceCount: 0 })] },
    [
      "status.pools[0].allocatedDevices: Invalid value: -1: must be greater than or equal to 0",
      "status.pools[0].resourceSliceCount: Invalid value: 0: must be greater than or equal to 1",
      "status.poolCount: Invalid value: -1: must be greater than or equal to 0",
    ],
  ],
  [
    "RPS-4 nothing in particular",
    { poolCount: 0, pools: [{ validationError: "x".repeat(257) }] },
    [
      "status.pools[0].driver: Required value",
      "status.pools[0].poolName: Required value",
      "status.pools[0].generation: Required value",
      "status.pools[0].validationError: Too long: may not be more than 256 bytes",
    ],
  ],
])("%s", (_, status, errors) => {
  expect(judge(status)).toEqual(errors);
});

it("RPS-5 it is answered once", () => {
  expect(judge({ poolCount: 1 }, { poolCount: 0 })).toEqual([
    'status: Invalid value: {"poolCount":1}: field is immutable',
  ]);
});

it("RPS-6 how much is asked at most", () => {
  expect(createErrors(resourcePoolStatusRequest, make({ limit: 1001, poolName: "" }))).toEqual([
    "spec.poolName: Required value",
    "spec.limit: Invalid value: 1001: must be less than or equal to 1000",
  ]);
});
