import { parseCertificateRequest } from "../../kinds/certificates/certificate-request.ts";
import { isKubernetesSigner, signerProblem } from "../../kinds/certificates/signers.ts";
import type { CertificateSigningRequest } from "../../kinds/certificates/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { type Answer, NOTHING, type Plan } from "../runner/controller.ts";
import { patchOp } from "../runner/ops.ts";
import { CERTIFICATE_REQUESTS } from "../view/resources.ts";

/** The name of the question. */
export const SIGNATURE = "certificate";

/** Has approved requests of Kubernetes' own signers signed by the cluster's CA. Without one, requests wait. */
export function planSigning(options: {
  request: CertificateSigningRequest;
  /** Resolves to PEM. Absent where there is no CA. */
  sign?(): Promise<string>;
  answer: Answer | undefined;
  nowMs: number;
}): Plan {
  const { request, sign, answer, nowMs } = options;
  const has = (type: string) => request.status?.conditions?.some((condition) => condition.type === type) ?? false;
  const isDone = request.status?.certificate !== undefined || has("Failed") || has("Denied");
  if (!sign || isDone || !has("Approved") || !isKubernetesSigner(request.spec.signerName)) return NOTHING;
  const problem = problemOf(request);
  if (problem !== undefined) return fail(request, problem, nowMs);
  if (!answer) return { actions: [], asks: [{ name: SIGNATURE, ask: sign }] };
  // Nobody knows whether another attempt helps: the runner tries again, ever more slowly.
  if (!answer.ok) throw answer.error;
  const certificate = btoa(String(answer.value));
  return {
    actions: [{ op: patchOp(CERTIFICATE_REQUESTS, request, { status: { certificate } }, { subresource: "status" }) }],
  };
}

function problemOf({ spec }: CertificateSigningRequest): string | undefined {
  try {
    return signerProblem(spec.signerName, parseCertificateRequest(spec.request), spec.usages ?? []);
  } catch (error) {
    return `unable to parse csr: ${error instanceof Error ? error.message : error}`;
  }
}

function fail(request: CertificateSigningRequest, message: string, nowMs: number): Plan {
  const now = formatTime(nowMs);
  const condition = {
    type: "Failed",
    status: "True",
    reason: "SignerValidationFailure",
    message,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  const conditions = [...(request.status?.conditions ?? []), condition];
  return {
    actions: [{ op: patchOp(CERTIFICATE_REQUESTS, request, { status: { conditions } }, { subresource: "status" }) }],
  };
}
