/** What dynamic resource allocation asks of the API server: times of taints, and who may look into used devices. */

import type {
  DeviceClaim,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
} from "../../../kinds/resource/v1-types.ts";
import { formatTime } from "../../../machinery/clock.ts";
import { fieldForbidden, invalidObject } from "../../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Environment } from "../environment.ts";
import { parseObject } from "../object-text.ts";
import type { StorageHooks } from "./hooks.ts";

const ADMIN_LABEL = "resource.kubernetes.io/admin-access";
const NEEDS_LABEL = `admin access to devices requires the \`${ADMIN_LABEL}: true\` label on the containing namespace`;

function checkAdminAccess(object: KubeObject, devices: DeviceClaim | undefined, path: string, env: Environment): void {
  const asked = (devices?.requests ?? []).findIndex(
    // In v1beta1 it is the request's own field.
    (request) => (request.exactly ?? (request as { adminAccess?: boolean })).adminAccess,
  );
  if (asked < 0) return;
  const row = env.store.get({ resource: "namespaces", namespace: "", name: object.metadata.namespace ?? "" });
  if (row && parseObject(row.value).metadata.labels?.[ADMIN_LABEL] === "true") return;
  const { kind = "", metadata } = object;
  throw invalidObject({ group: "resource.k8s.io", kind, name: metadata.name ?? "" }, [
    fieldForbidden(`${path}.requests[${asked}].adminAccess`, NEEDS_LABEL),
  ]);
}

export const resourceClaimHooks: StorageHooks = {
  beforeCreate: (next, env) => checkAdminAccess(next, (next as ResourceClaim).spec.devices, "spec.devices", env),
};

export const resourceClaimTemplateHooks: StorageHooks = {
  beforeCreate: (next, env) =>
    checkAdminAccess(next, (next as ResourceClaimTemplate).spec.spec.devices, "spec.spec.devices", env),
};

/** A taint without a time began now. */
function stampTaints(object: KubeObject, env: Environment): void {
  const { devices, taint } = (object.spec ?? {}) as ResourceSlice["spec"] & { taint?: { timeAdded?: string } };
  const now = formatTime(env.clock.now());
  if (taint) taint.timeAdded ??= now;
  for (const device of devices ?? []) {
    const { taints = [] } = (device as { basic?: typeof device }).basic ?? device;
    for (const each of taints) each.timeAdded ??= now;
  }
}

export const taintHooks: StorageHooks = {
  planCreate: stampTaints,
  planUpdate: (next, _prev, env) => stampTaints(next, env),
};
