/** Values of a pod's own fields and resources, for env and downwardAPI volumes. */
import type { Container, ResourceFieldSelector } from "../../kinds/core/v1-types.ts";
import { goQuote } from "../../machinery/codec/go-text.ts";
import { parseQuantity } from "../../machinery/meta/quantity.ts";
import { findContainer, type NodePod } from "./pod.ts";

export interface NodeFacts {
  nodeName: string;
  hostIps: string[];
  /** The node's allocatable resources: what a container without limits is told. */
  allocatable: { [resource: string]: string };
}

/** `key="value"` lines with Go's quoting, sorted by key. */
const formatMap = (map: { [key: string]: string } | undefined): string =>
  Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${goQuote(map?.[key] ?? "")}`)
    .join("\n");

const SUBSCRIPT = /^metadata\.(annotations|labels)\['([^']+)'\]$/;

/**
 * The value of a field path such as `metadata.name` or `status.podIP`.
 *
 * @throws Error for a path that names no such field
 */
export function podField(
  pod: NodePod,
  path: string,
  { node, podIps }: { node: NodeFacts; podIps: readonly string[] },
): string {
  const { metadata, spec } = pod;
  const subscript = SUBSCRIPT.exec(path);
  if (subscript) {
    const [, field, key = ""] = subscript;
    const map = field === "labels" ? metadata.labels : metadata.annotations;
    return map && Object.hasOwn(map, key) ? (map[key] ?? "") : "";
  }
  switch (path) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace;
    case "metadata.uid":
      return metadata.uid;
    case "metadata.labels":
      return formatMap(metadata.labels);
    case "metadata.annotations":
      return formatMap(metadata.annotations);
    case "spec.nodeName":
      return spec.nodeName ?? "";
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "";
    case "spec.restartPolicy":
      return spec.restartPolicy ?? "Always";
    case "status.hostIP":
      return node.hostIps[0] ?? "";
    case "status.hostIPs":
      return node.hostIps.join(",");
    case "status.podIP":
      return podIps[0] ?? "";
    case "status.podIPs":
      return podIps.join(",");
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

const isPositive = (quantity: string | undefined): boolean => quantity !== undefined && parseQuantity(quantity) > 0n;

const ceilDivide = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/**
 * A container's request or limit as a number in units of the divisor, rounded up. A limit that is not set reads as
 * the pod's, or what the node can give.
 *
 * @throws Error for an unknown container or resource
 */
export function resourceField(pod: NodePod, selector: ResourceFieldSelector, self: string, node: NodeFacts): string {
  const name = selector.containerName || self;
  const container = findContainer(pod, name)?.container as Container | undefined;
  if (!container) throw new Error(`container ${name} not found`);
  const match = /^(requests|limits)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(selector.resource);
  if (!match) throw new Error(`unsupported container resource : ${selector.resource}`);
  const [, side, resource = ""] = match as unknown as [string, "requests" | "limits", string];
  const { limits, requests } = container.resources ?? {};
  const quantity =
    side === "limits"
      ? [limits, pod.spec.resources?.limits, node.allocatable].map((each) => each?.[resource]).find(isPositive)
      : requests?.[resource];
  const divisor = parseQuantity(selector.divisor ?? "0");
  // Without a divisor: whole cores (rounded up) and bytes.
  const unit = divisor === 0n ? 1_000_000_000n : divisor;
  return ceilDivide(parseQuantity(quantity ?? "0"), unit).toString();
}
