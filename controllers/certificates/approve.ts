import { type CertificateRequest, parseCertificateRequest } from "../../kinds/certificates/certificate-request.ts";
import { KUBE_APISERVER_CLIENT_KUBELET, signerProblem } from "../../kinds/certificates/signers.ts";
import type { CertificateSigningRequest } from "../../kinds/certificates/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { NOTHING, type Plan } from "../runner/controller.ts";
import { patchOp } from "../runner/ops.ts";
import { CERTIFICATE_REQUESTS } from "../view/resources.ts";

/** Neither approved nor denied, by whomever. */
export const isUndecided = ({ status }: CertificateSigningRequest): boolean =>
  !status?.certificate && !status?.conditions?.some(({ type }) => type === "Approved" || type === "Denied");

/** Approves what nodes ask for themselves, and what wants to become a node, as far as roles allow that. */
export function planApproval(options: {
  request: CertificateSigningRequest;
  may(subresource: "nodeclient" | "selfnodeclient"): boolean;
  nowMs: number;
}): Plan {
  const { request, may, nowMs } = options;
  const { signerName, usages = [], username } = request.spec;
  if (!isUndecided(request) || signerName !== KUBE_APISERVER_CLIENT_KUBELET) return NOTHING;
  const asked = parse(request);
  if (!asked || signerProblem(signerName, asked, usages) !== undefined) return NOTHING;
  if (username === asked.commonName && may("selfnodeclient"))
    return approve(request, "Auto approving self kubelet client certificate after SubjectAccessReview.", nowMs);
  if (may("nodeclient"))
    return approve(request, "Auto approving kubelet client certificate after SubjectAccessReview.", nowMs);
  return NOTHING;
}

/** Undefined for what is no request at all: validation lets none through, and nobody could sign it. */
function parse(request: CertificateSigningRequest): CertificateRequest | undefined {
  try {
    return parseCertificateRequest(request.spec.request);
  } catch {
    return undefined;
  }
}

function approve(request: CertificateSigningRequest, message: string, nowMs: number): Plan {
  const now = formatTime(nowMs);
  const condition = {
    type: "Approved",
    status: "True",
    reason: "AutoApproved",
    message,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  const conditions = [...(request.status?.conditions ?? []), condition];
  return {
    actions: [{ op: patchOp(CERTIFICATE_REQUESTS, request, { status: { conditions } }, { subresource: "approval" }) }],
  };
}
