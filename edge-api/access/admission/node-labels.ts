/**
 * Labels by which workloads find nodes they trust: not for nodes themselves to set. Pure.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */
type Labels = { [key: string]: string } | undefined;

/** Labels that were changed and are not a node's to change, sorted. */
export function forbiddenLabels(next: Labels, prev: Labels): string[] {
  const keys = new Set([...Object.keys(next ?? {}), ...Object.keys(prev ?? {})]);
  return [...keys].filter((key) => next?.[key] !== prev?.[key] && !isNodesOwn(key)).sort();
}

/** Kubernetes' own labels that a kubelet sets. */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "node.kubernetes.io/instance-type",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
]);

const isWithin = (prefix: string, domain: string): boolean => prefix === domain || prefix.endsWith(`.${domain}`);

function isNodesOwn(key: string): boolean {
  const slash = key.indexOf("/");
  const prefix = slash < 0 ? "" : key.slice(0, slash);
  if (isWithin(prefix, "node-restriction.kubernetes.io")) return false;
  if (!isWithin(prefix, "kubernetes.io") && !isWithin(prefix, "k8s.io")) return true;
  if (KUBELET_LABELS.has(key)) return true;
  return isWithin(prefix, "kubelet.kubernetes.io") || isWithin(prefix, "node.kubernetes.io");
}
