/** Rows of the kinds of dynamic resource allocation, the same in all served versions. */
import { age, nameOf, since } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import type { ResourceClaim, ResourceSlice } from "../generated/api/resource-v1.ts";
import type { DeviceTaintRule } from "../generated/api/resource-v1beta2.ts";
import type { Strategy } from "../kind.ts";

function claimState({ metadata, status }: ResourceClaim): string {
  const deleted = metadata.deletionTimestamp ? ["deleted"] : [];
  if (!status?.allocation) return [...deleted, ...(deleted.length > 0 ? [] : ["pending"])].join(",");
  return [...deleted, "allocated", ...(status.reservedFor?.length ? ["reserved"] : [])].join(",");
}

export const resourceClaim: Strategy<ResourceClaim> = {
  defaults(next) {
    next.spec ??= {};
    return next;
  },
  ...separateStatus<ResourceClaim>(),
  row: (object, nowMs) => [nameOf(object), claimState(object), age(object, nowMs)],
};

export const resourceSlice: Strategy<ResourceSlice> = {
  generation: true,
  selectableFields: ({ spec }) => ({ "spec.nodeName": spec?.nodeName ?? "", "spec.driver": spec?.driver ?? "" }),
  row: (object, nowMs) => [
    nameOf(object),
    object.spec?.nodeName ?? "",
    object.spec?.driver ?? "",
    object.spec?.pool?.name ?? "",
    age(object, nowMs),
  ],
};

export const deviceTaintRule: Strategy<DeviceTaintRule> = {
  generation: true,
  ...separateStatus<DeviceTaintRule>(),
  row: (object, nowMs) => {
    const { key = "", value = "", effect = "", timeAdded } = object.spec?.taint ?? {};
    return [nameOf(object), key, value, effect, timeAdded ? since(timeAdded, nowMs) : "", age(object, nowMs)];
  },
};
