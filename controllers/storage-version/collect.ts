import type { Lease } from "../../kinds/coordination/v1-types.ts";
import type {
  ServerStorageVersion,
  StorageVersion,
  StorageVersionCondition,
} from "../../kinds/generated/api/apiserverinternal-v1alpha1.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { isIdentity } from "../lease-cleaner/controller.ts";
import { type Controller, NOTHING, type Plan } from "../runner/controller.ts";
import { deleteOp, statusOp } from "../runner/ops.ts";
import { LEASES, STORAGE_VERSIONS } from "../view/resources.ts";

/** Takes out of StorageVersions what API servers said that are no more: those without a lease of their identity. */
export const storageVersionCollector: Controller = {
  name: "storage-version-garbage-collector",
  watches: {
    [STORAGE_VERSIONS]: ({ type, object }) => (type === "deleted" ? undefined : [object.metadata.name ?? ""]),
    [LEASES]: ({ type, object }: Change<Lease>, view) => {
      if (type !== "deleted" || !isIdentity(object)) return undefined;
      const id = object.metadata.name ?? "";
      const told = [...view.storageVersions.values()].filter(({ status }) =>
        status?.storageVersions?.some(({ apiServerID }) => apiServerID === id),
      );
      return told.map(({ metadata }) => metadata.name ?? "");
    },
  },
  plan(name, view, { nowMs }) {
    const version = view.storageVersions.get("", name);
    const isAlive = (id: string): boolean => {
      const lease = view.leases.get("kube-system", id);
      return lease !== undefined && isIdentity(lease);
    };
    return version ? planStorageVersion(version, isAlive, nowMs) : NOTHING;
  },
};

/** @param isAlive whether there is an API server of this identity */
export function planStorageVersion(version: StorageVersion, isAlive: (id: string) => boolean, nowMs: number): Plan {
  const told = version.status?.storageVersions ?? [];
  const kept = told.filter(({ apiServerID }) => isAlive(apiServerID));
  if (kept.length === told.length) return NOTHING;
  if (kept.length === 0) return { actions: [{ op: deleteOp(STORAGE_VERSIONS, version) }] };
  const { commonEncodingVersion: before, conditions = [], ...rest } = version.status ?? {};
  const common = commonVersion(kept);
  const next = condition(version, common, nowMs);
  const old = conditions.find(({ type }) => type === next.type);
  const isSame = old?.status === next.status && (before === undefined || common === undefined || before === common);
  const kind = isSame && old.lastTransitionTime ? { ...next, lastTransitionTime: old.lastTransitionTime } : next;
  const op = statusOp(
    STORAGE_VERSIONS,
    version,
    {
      ...rest,
      storageVersions: kept,
      ...(common !== undefined && { commonEncodingVersion: common }),
      conditions: old ? conditions.map((one) => (one === old ? kind : one)) : [...conditions, kind],
    },
    { version: "seen" },
  );
  return op ? { actions: [{ op }] } : NOTHING;
}

/** In which all encode; undefined when they do not agree. */
function commonVersion(versions: readonly ServerStorageVersion[]): string | undefined {
  const [first] = versions;
  return versions.every(({ encodingVersion }) => encodingVersion === first?.encodingVersion)
    ? first?.encodingVersion
    : undefined;
}

const condition = (
  { metadata: { generation } }: StorageVersion,
  common: string | undefined,
  nowMs: number,
): StorageVersionCondition => ({
  type: "AllEncodingVersionsEqual",
  status: common === undefined ? "False" : "True",
  ...(generation && { observedGeneration: generation }),
  lastTransitionTime: formatTime(nowMs),
  reason: common === undefined ? "CommonEncodingVersionUnset" : "CommonEncodingVersionSet",
  message: common === undefined ? "Common encoding version unset" : "Common encoding version set",
});
