/** The range of cluster IPs that the cluster begins with. Source: defaultservicecidr of kube-apiserver. */
import type { ServiceCIDR } from "../../kinds/networking/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";

const CIDRS = ["10.96.0.0/16"];

/** See ARCHITECTURE.md, "Addresses". */
export const DEFAULT_CIDR: KubeObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "ServiceCIDR",
  metadata: { name: "kubernetes" },
  spec: { cidrs: CIDRS },
};

/**
 * The status that the live object should have; undefined when it is to be let be: it says already what it is, or has
 * been given other ranges. Pure.
 */
export function planServiceCidrStatus(
  { metadata, spec, status }: ServiceCIDR,
  nowMs: number,
): ServiceCIDR["status"] | undefined {
  if (metadata.deletionTimestamp !== undefined || !deepEqual(spec.cidrs, CIDRS)) return undefined;
  const conditions = status?.conditions ?? [];
  const current = conditions.find(({ type }) => type === "Ready");
  if (current && current.status !== "Unknown") return undefined;
  const ready = {
    type: "Ready",
    status: "True" as const,
    lastTransitionTime: formatTime(nowMs),
    reason: "",
    message: "Kubernetes default Service CIDR is ready",
  };
  return { ...status, conditions: [...conditions.filter(({ type }) => type !== "Ready"), ready] };
}
