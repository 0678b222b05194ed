/** What dynamic resource allocation asks of the API server: times of taints, and who may look into used devices. */

import type { DeviceTaintRule } from "../../../kinds/generated/api/resource-v1beta2.ts";
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

interface Asked {
  object: KubeObject;
  /** Of the first field that asks for it; absent: none does. */
  path: string | undefined;
}

/** @throws ApiError 422 where the namespace does not say that its users may */
function checkLabel(env: Environment, { object, path }: Asked): void {
  if (path === undefined) return;
  const { kind = "", metadata } = object;
  const row = env.store.get({ resource: "namespaces", namespace: "", name: metadata.namespace ?? "" });
  if (row && parseObject(row.value).metadata.labels?.[ADMIN_LABEL] === "true") return;
  throw invalidObject({ group: "resource.k8s.io", kind, name: metadata.name ?? "" }, [
    fieldForbidden(path, NEEDS_LABEL),
  ]);
}

function askedBy(devices: DeviceClaim | undefined, path: string): string | undefined {
  const asked = (devices?.requests ?? []).findIndex(
    // In v1beta1 it is the request's own field.
    (request) => (request.exactly ?? (request as { adminAccess?: boolean })).adminAccess,
  );
  return asked < 0 ? undefined : `${path}.requests[${asked}].adminAccess`;
}

const grantedIn = ({ status }: ResourceClaim): number =>
  (status?.allocation?.devices?.results ?? []).findIndex(({ adminAccess }) => adminAccess);

export const resourceClaimHooks: StorageHooks = {
  beforeCreate: (next, env) =>
    checkLabel(env, { object: next, path: askedBy((next as ResourceClaim).spec.devices, "spec.devices") }),
  beforeUpdate(next, prev, env) {
    const granted = grantedIn(next as ResourceClaim);
    if (granted < 0 || grantedIn(prev as ResourceClaim) >= 0) return;
    checkLabel(env, { object: next, path: `status.allocation.devices.results[${granted}].adminAccess` });
  },
};

export const resourceClaimTemplateHooks: StorageHooks = {
  beforeCreate: (next, env) =>
    // Upstream names the field as a claim's, here too.
    checkLabel(env, { object: next, path: askedBy((next as ResourceClaimTemplate).spec.spec.devices, "spec.devices") }),
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

/** Whoever gives a rule's taint another effect need not say that it has it from now on. */
function restartTaint(next: DeviceTaintRule, prev: DeviceTaintRule): void {
  const [taint, before] = [next.spec.taint, prev.spec.taint];
  // A slice has taints of its devices only.
  if (!taint || taint.effect === before?.effect) return;
  if (taint.timeAdded === before?.timeAdded) delete taint.timeAdded;
}

export const taintHooks: StorageHooks = {
  planCreate: stampTaints,
  planUpdate(next, prev, env) {
    restartTaint(next as DeviceTaintRule, prev as DeviceTaintRule);
    stampTaints(next, env);
  },
};
