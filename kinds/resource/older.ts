/**
 * resource.k8s.io/v1beta1, where a request's fields are not grouped below "exactly" and a device's are below "basic".
 * Later versions differ in their name only.
 */
import type { KubeObject } from "../../machinery/meta/object.ts";
import { throughStored } from "../common/through-stored.ts";
import type * as Older from "../generated/api/resource-v1beta1.ts";
import type { Strategy } from "../kind.ts";
import { resourceClaim } from "./resource-claim.ts";
import { resourceClaimTemplate } from "./resource-claim-template.ts";
import { resourceSlice } from "./resource-slice.ts";
import type * as Newer from "./v1-types.ts";

const SHARED = ["name", "firstAvailable"];

function requestToStored(request: Older.DeviceRequest): Newer.DeviceRequest {
  const entries = Object.entries(request);
  const exactly = entries.filter(
    ([field, value]) => !SHARED.includes(field) && value !== undefined && value !== "" && value !== 0,
  );
  return Object.fromEntries([
    ...entries.filter(([field]) => SHARED.includes(field)),
    ...(exactly.length > 0 ? [["exactly", Object.fromEntries(exactly)]] : []),
  ]) as unknown as Newer.DeviceRequest;
}

function requestFromStored({ exactly, ...rest }: Newer.DeviceRequest): Older.DeviceRequest {
  return { ...rest, ...exactly };
}

function specToStored(spec: Older.ResourceClaimSpec | undefined): void {
  const claim = spec?.devices as { requests?: unknown[] } | undefined;
  if (claim?.requests) claim.requests = (claim.requests as Older.DeviceRequest[]).map(requestToStored);
}

function specFromStored(spec: Newer.ResourceClaimSpec | undefined): void {
  const claim = spec?.devices as { requests?: unknown[] } | undefined;
  if (claim?.requests) claim.requests = (claim.requests as Newer.DeviceRequest[]).map(requestFromStored);
}

const V1 = "resource.k8s.io/v1";
const V1BETA1 = "resource.k8s.io/v1beta1";

const retold = <T extends KubeObject>(
  object: KubeObject,
  apiVersion: string,
  change: (object: T) => void,
): KubeObject => {
  const copy = { ...object, apiVersion } as T;
  change(copy);
  return copy;
};

/** In older versions the fields of the one device asked for are defaulted when its class is named. */
function defaultRequests(spec: Older.ResourceClaimSpec | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    for (const each of request.deviceClassName ? [request] : (request.firstAvailable ?? [])) {
      each.allocationMode ||= "ExactCount";
      if (each.allocationMode === "ExactCount") each.count ||= 1;
      for (const toleration of each.tolerations ?? []) toleration.operator ||= "Equal";
    }
  }
}

export const olderResourceClaim: Strategy = throughStored<Older.ResourceClaim, Newer.ResourceClaim>(resourceClaim, {
  toStored: (object) =>
    retold<Older.ResourceClaim>(object, V1, ({ spec }) => specToStored(spec)) as Newer.ResourceClaim,
  fromStored: (object) =>
    retold<Newer.ResourceClaim>(object, V1BETA1, ({ spec }) => specFromStored(spec)) as Older.ResourceClaim,
  defaults(next) {
    next.spec ??= {};
    defaultRequests(next.spec);
    return next;
  },
}) as Strategy;

export const olderResourceClaimTemplate: Strategy = throughStored<
  Older.ResourceClaimTemplate,
  Newer.ResourceClaimTemplate
>(resourceClaimTemplate, {
  toStored: (object) =>
    retold<Older.ResourceClaimTemplate>(object, V1, ({ spec }) =>
      specToStored(spec?.spec),
    ) as Newer.ResourceClaimTemplate,
  fromStored: (object) =>
    retold<Newer.ResourceClaimTemplate>(object, V1BETA1, ({ spec }) =>
      specFromStored(spec?.spec),
    ) as Older.ResourceClaimTemplate,
  defaults(next) {
    next.spec ??= { spec: {} };
    next.spec.spec ??= {};
    next.spec.metadata ??= {};
    defaultRequests(next.spec.spec);
    return next;
  },
}) as Strategy;

export const olderResourceSlice: Strategy = throughStored<Older.ResourceSlice, Newer.ResourceSlice>(resourceSlice, {
  toStored: (object) =>
    retold<KubeObject>(object, V1, (copy) => {
      const spec = copy.spec as { devices?: unknown[] } | undefined;
      if (spec?.devices) {
        spec.devices = (spec.devices as Older.Device[]).map(({ name, basic }) => ({ name, ...basic }));
      }
    }) as Newer.ResourceSlice,
  fromStored: (object) =>
    retold<KubeObject>(object, V1BETA1, (copy) => {
      const spec = copy.spec as { devices?: unknown[] } | undefined;
      if (spec?.devices) {
        spec.devices = (spec.devices as Newer.Device[]).map(({ name, ...basic }) => ({ name, basic }));
      }
    }) as Older.ResourceSlice,
  defaults(next) {
    next.spec ??= {} as Older.ResourceSliceSpec;
    next.spec.pool ??= {} as Older.ResourcePool;
    return next;
  },
}) as Strategy;
