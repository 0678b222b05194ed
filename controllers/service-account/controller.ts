import type { Namespace } from "../../kinds/core/v1-types.ts";
import { type Controller, NOTHING } from "../runner/controller.ts";
import { createOp } from "../runner/ops.ts";
import { NAMESPACES, SERVICE_ACCOUNTS } from "../view/resources.ts";

const NAME = "default";

export const isActive = (namespace: Namespace | undefined): boolean =>
  namespace !== undefined &&
  !namespace.metadata.deletionTimestamp &&
  (namespace as { status?: { phase?: string } }).status?.phase !== "Terminating";

/** Keeps ServiceAccount "default" in every active namespace: pods that name none run as it. */
export const serviceAccountController: Controller = {
  name: "service-account-controller",
  watches: {
    [NAMESPACES]: ({ type, object }) => (type === "deleted" ? undefined : [object.metadata.name ?? ""]),
    [SERVICE_ACCOUNTS]: ({ type, object }) =>
      type === "deleted" && object.metadata.name === NAME ? [object.metadata.namespace ?? ""] : undefined,
  },
  plan(namespace, view) {
    if (!isActive(view.namespaces.get("", namespace)) || view.serviceAccounts.get(namespace, NAME)) return NOTHING;
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: NAME, namespace } };
    const isFine = ({ reason }: { reason?: string }) => reason === "AlreadyExists" || reason === "NotFound";
    return { actions: [{ op: createOp(SERVICE_ACCOUNTS, account), isFine }] };
  },
};
