import type { Lease } from "../../kinds/coordination/v1-types.ts";
import { type Controller, NOTHING, type Plan, splitKey } from "../runner/controller.ts";
import { deleteOp } from "../runner/ops.ts";
import { LEASES } from "../view/resources.ts";

const NAMESPACE = "kube-system";
const IDENTITY = "apiserver.kubernetes.io/identity";

/** Whether an API server says by this that it lives. */
export const isIdentity = ({ metadata }: Lease): boolean =>
  metadata.namespace === NAMESPACE && metadata.labels?.[IDENTITY] === "kube-apiserver";

/** Deletes the identities of API servers that are no more: leases that nobody has renewed in time. */
export const leaseCleanerController: Controller = {
  name: "apiserver-identity-lease-cleaner",
  watches: {
    [LEASES]: ({ type, object }) =>
      type !== "deleted" && isIdentity(object) ? [`${NAMESPACE}/${object.metadata.name}`] : undefined,
  },
  plan(key, view, { nowMs }) {
    const { namespace, name } = splitKey(key);
    const lease = view.leases.get(namespace, name);
    return lease && isIdentity(lease) ? planLease(lease, nowMs) : NOTHING;
  },
};

/** One that does not say until when it holds, holds no longer. */
export function planLease(lease: Lease, nowMs: number): Plan {
  const { renewTime, leaseDurationSeconds } = lease.spec ?? {};
  const untilMs = renewTime && leaseDurationSeconds ? Date.parse(renewTime) + leaseDurationSeconds * 1_000 : 0;
  if (untilMs > nowMs) return { actions: [], againAtMs: untilMs };
  return { actions: [{ op: deleteOp(LEASES, lease) }] };
}
