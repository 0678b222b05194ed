/** Node. Source: https://kubernetes.io/docs/concepts/architecture/nodes/ */
import { duplicate, type FieldError, fieldForbidden, invalid } from "../../machinery/meta/field-error.ts";
import { parseCidr } from "../../machinery/meta/ip.ts";
import { cidr } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import { onlyStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { checkResourceValue } from "./pod-template/resources.ts";
import { checkTaints } from "./pod-template/tolerations.ts";
import type { Node, NodeSystemInfo } from "./v1-types.ts";

/** The deprecated single field and the list say the same; who sets only one means both. */
function syncPodCidrs({ spec }: Node): void {
  const { podCIDR, podCIDRs } = spec;
  if (podCIDR && podCIDR !== podCIDRs?.[0]) spec.podCIDRs = [podCIDR];
  else if (!podCIDR && podCIDRs?.[0]) spec.podCIDR = podCIDRs[0];
}

function checkPodCidrs(errors: FieldError[], cidrs: readonly string[] | undefined): void {
  const path = "spec.podCIDRs";
  cidrs?.forEach((block, i) => {
    addMessages(errors, `${path}[${i}]`, block, cidr(block));
  });
  if (!cidrs || cidrs.length < 2) return;
  const families = new Set(cidrs.map((block) => parseCidr(block)?.family));
  if (cidrs.length > 2 || families.size < 2) {
    errors.push(invalid(path, cidrs, "may specify no more than one CIDR for each IP family"));
  }
  cidrs.forEach((block, i) => {
    if (cidrs.indexOf(block) < i) errors.push(duplicate(`${path}[${i}]`, block));
  });
}

function checkResources(errors: FieldError[], { status }: Node): void {
  for (const field of ["capacity", "allocatable"] as const) {
    for (const [name, value] of Object.entries(status?.[field] ?? {})) {
      checkResourceValue(errors, { name, value, path: `status.${field}.${name}` });
    }
  }
}

function changeErrors(next: Node, prev: Node): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  next.status?.addresses?.forEach((address, i) => {
    const key = JSON.stringify([address.type, address.address]);
    if (seen.has(key)) errors.push(duplicate(`status.addresses[${i}]`, address));
    seen.add(key);
  });
  if (prev.spec.podCIDRs?.length && !same(next.spec.podCIDRs, prev.spec.podCIDRs)) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    errors.push(fieldForbidden("spec.podCIDRs", detail));
  }
  if (prev.spec.providerID && prev.spec.providerID !== next.spec.providerID) {
    const detail = 'node updates may not change providerID except from "" to valid';
    errors.push(fieldForbidden("spec.providerID", detail));
  }
  if ((prev.spec.externalID ?? "") !== (next.spec.externalID ?? "")) {
    errors.push(fieldForbidden("spec.externalID", "may not be updated"));
  }
  return errors;
}

function statusErrors(next: Node, prev: Node): FieldError[] {
  const errors: FieldError[] = [];
  checkResources(errors, next);
  return [...errors, ...changeErrors(next, prev)];
}

const NO_INFO: NodeSystemInfo = {
  machineID: "",
  systemUUID: "",
  bootID: "",
  kernelVersion: "",
  osImage: "",
  containerRuntimeVersion: "",
  kubeletVersion: "",
  kubeProxyVersion: "",
  operatingSystem: "",
  architecture: "",
};

const ROLE_PREFIX = "node-role.kubernetes.io/";
const ROLE = "kubernetes.io/role";

function roles({ metadata: { labels = {} } }: Node): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(labels)) {
    if (key.startsWith(ROLE_PREFIX)) found.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE) found.add(value);
  }
  found.delete("");
  return [...found].sort().join(",") || "<none>";
}

function readiness({ spec, status }: Node): string {
  const ready = status?.conditions?.findLast((condition) => condition.type === "Ready");
  const text = ready ? (ready.status === "True" ? "Ready" : "NotReady") : "Unknown";
  return spec.unschedulable ? `${text},SchedulingDisabled` : text;
}

function row(object: Node, nowMs: number): Cell[] {
  const { status } = object;
  const info = status?.nodeInfo;
  const address = (type: string): string =>
    status?.addresses?.find((candidate) => candidate.type === type)?.address ?? "<none>";
  return [
    nameOf(object),
    readiness(object),
    roles(object),
    age(object, nowMs),
    info?.kubeletVersion ?? "",
    address("InternalIP"),
    address("ExternalIP"),
    info?.osImage || "<unknown>",
    info?.kernelVersion || "<unknown>",
    info?.containerRuntimeVersion || "<unknown>",
  ];
}

export const node: Strategy<Node> = {
  defaults(next) {
    next.spec ??= {};
    syncPodCidrs(next);
    const { status } = next;
    if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
    return next;
  },
  // Kubelets register with a status, so creation keeps it; what they leave out Go writes as empty.
  prepareForCreate(next) {
    next.status ??= {};
    next.status.daemonEndpoints ??= { kubeletEndpoint: { Port: 0 } };
    next.status.nodeInfo ??= { ...NO_INFO };
    return next;
  },
  prepareForUpdate(next, prev) {
    if (prev.status) next.status = prev.status;
    else delete next.status;
    return next;
  },
  validate(next) {
    const errors: FieldError[] = [];
    checkTaints(errors, next.spec.taints, "metadata.taints");
    checkResources(errors, next);
    checkPodCidrs(errors, next.spec.podCIDRs);
    return errors;
  },
  validateUpdate: changeErrors,
  subresources: { status: { prepareForUpdate: onlyStatus, validateUpdate: statusErrors } },
  selectableFields: ({ spec }) => ({ "spec.unschedulable": String(spec.unschedulable ?? false) }),
  row,
};
