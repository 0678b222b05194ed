/**
 * Kubernetes' own signers: what each signs, and what it refuses. Pure.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */
import type { CertificateRequest } from "./certificate-request.ts";

export const KUBE_APISERVER_CLIENT = "kubernetes.io/kube-apiserver-client";
export const KUBE_APISERVER_CLIENT_KUBELET = "kubernetes.io/kube-apiserver-client-kubelet";
export const KUBELET_SERVING = "kubernetes.io/kubelet-serving";
export const LEGACY_UNKNOWN = "kubernetes.io/legacy-unknown";

type Check = (request: CertificateRequest, usages: readonly string[]) => string | undefined;

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  [KUBE_APISERVER_CLIENT, (_request, usages) => clientUsageProblem(usages)],
  [KUBE_APISERVER_CLIENT_KUBELET, kubeletClientProblem],
  [KUBELET_SERVING, kubeletServingProblem],
  [LEGACY_UNKNOWN, () => undefined],
]);

export const isKubernetesSigner = (signerName: string): boolean => CHECKS.has(signerName);

/** Why the signer refuses the request, in upstream's words; undefined when it signs it. */
export const signerProblem = (
  signerName: string,
  request: CertificateRequest,
  usages: readonly string[],
): string | undefined => CHECKS.get(signerName)?.(request, usages);

function clientUsageProblem(usages: readonly string[]): string | undefined {
  const allowed = ["digital signature", "key encipherment", "client auth"];
  const other = usages.find((usage) => !allowed.includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes("client auth") ? undefined : "missing required usage for client certificate: client auth";
}

const isNodes = ({ organizations }: CertificateRequest): boolean =>
  organizations.length === 1 && organizations[0] === "system:nodes";
const NOT_NODES = "subject organization is not system:nodes";
const NOT_A_NODE = "subject common name does not begin with system:node:";

function kubeletClientProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isNodes(request)) return NOT_NODES;
  if (request.dnsNames.length > 0) return "DNS subjectAltNames are not allowed";
  if (request.emails.length > 0) return "Email subjectAltNames are not allowed";
  if (request.ips.length > 0) return "IP subjectAltNames are not allowed";
  if (request.uris.length > 0) return "URI subjectAltNames are not allowed";
  if (!request.commonName.startsWith("system:node:")) return NOT_A_NODE;
  return usageProblem(usages, "client auth");
}

function kubeletServingProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isNodes(request)) return NOT_NODES;
  if (request.dnsNames.length === 0 && request.ips.length === 0) return "DNS or IP subjectAltName is required";
  if (request.emails.length > 0) return "Email subjectAltNames are not allowed";
  if (request.uris.length > 0) return "URI subjectAltNames are not allowed";
  const problem = usageProblem(usages, "server auth");
  if (problem !== undefined) return problem;
  return request.commonName.startsWith("system:node:") ? undefined : NOT_A_NODE;
}

/** Key encipherment is for RSA keys, and may be left out with others. */
function usageProblem(usages: readonly string[], purpose: string): string | undefined {
  const all = ["digital signature", "key encipherment", purpose].sort();
  const given = new Set(usages);
  const others = [...given].filter((usage) => !all.includes(usage));
  if (others.length === 0 && given.has("digital signature") && given.has(purpose)) return undefined;
  return `usages did not match [${all.join(" ")}]`;
}
