import type { KubeObject } from "../../machinery/meta/object.ts";
import { type Controller, keyOf, NOTHING, type Plan, splitKey } from "../runner/controller.ts";
import { deleteOp } from "../runner/ops.ts";
import { POD_CERTIFICATE_REQUESTS } from "../view/resources.ts";
import { createdMs } from "../workload/pods.ts";

/** By then every one has been answered, or never will be: kubelets ask anew. */
export const POD_REQUEST_MS = 15 * 60_000;

/** Deletes PodCertificateRequests that nobody waits for any more. */
export const podCertificateCleaner: Controller = {
  name: "podcertificaterequestcleaner",
  watches: {
    [POD_CERTIFICATE_REQUESTS]: ({ type, object }) => (type === "added" ? [keyOf(object)] : undefined),
  },
  plan(key, view, { nowMs }) {
    const { namespace, name } = splitKey(key);
    const request = view.table(POD_CERTIFICATE_REQUESTS)?.get(namespace, name);
    return request ? planPodRequest(request, nowMs) : NOTHING;
  },
};

export function planPodRequest(request: KubeObject, nowMs: number): Plan {
  if (request.metadata.deletionTimestamp) return NOTHING;
  const atMs = createdMs(request) + POD_REQUEST_MS;
  if (atMs > nowMs) return { actions: [], againAtMs: atMs };
  return { actions: [{ op: deleteOp(POD_CERTIFICATE_REQUESTS, request) }] };
}
