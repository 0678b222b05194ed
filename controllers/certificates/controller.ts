import type { Cluster } from "../../machinery/cluster/contract.ts";
import { type Controller, NOTHING } from "../runner/controller.ts";
import { CERTIFICATE_REQUESTS, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { isUndecided, planApproval } from "./approve.ts";
import { planCleaning } from "./clean.ts";
import { mayCreate } from "./may.ts";
import { planSigning, SIGNATURE } from "./sign.ts";

/** The life of a certificate request: approved where roles say so, signed, and deleted when nobody needs it any more. */
export const certificateController = (cluster: Cluster): Controller => ({
  name: "certificate-controller",
  watches: {
    [CERTIFICATE_REQUESTS]: ({ type, object }) => (type === "deleted" ? undefined : [object.metadata.name ?? ""]),
    // Somebody may have just been allowed it.
    [CLUSTER_ROLES]: (_change, view) => undecided(view),
    [CLUSTER_ROLE_BINDINGS]: (_change, view) => undecided(view),
  },
  plan(name, view, { nowMs, answers }) {
    const request = view.certificateRequests.get("", name);
    if (!request) return NOTHING;
    const may = (subresource: "nodeclient" | "selfnodeclient") =>
      mayCreate({
        subresource,
        user: request.spec.username ?? "",
        groups: request.spec.groups ?? [],
        bindings: view.clusterRoleBindings.values(),
        role: (role) => view.clusterRoles.get("", role),
      });
    const approval = planApproval({ request, may, nowMs });
    if (approval.actions.length > 0) return approval;
    const sign = cluster.signCertificate && (() => cluster.signCertificate!(request));
    const signing = planSigning({ request, nowMs, ...(sign && { sign }), answer: answers?.get(SIGNATURE) });
    if (signing.actions.length > 0 || signing.asks) return signing;
    return planCleaning(request, nowMs);
  },
});

function* undecided(view: View): Generator<string> {
  for (const request of view.certificateRequests.values()) {
    if (isUndecided(request)) yield request.metadata.name ?? "";
  }
}
