/** Node. Source: https://kubernetes.io/docs/concepts/architecture/nodes/ */
import { duplicate, type FieldError, fieldForbidden, invalid } from "../../machinery/meta/field-error.ts";
import { parseCidr } from "../../machinery/meta/ip.ts";
import { NOT_POSITIVE } from "../common/checks.ts";
import { checkLegacyCidr } from "../common/ip-checks.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import { keepStatus, onlyStatus } from "../common/status.ts";
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
    checkLegacyCidr(errors, block, `${path}[${i}]`);
  });
  if (!cidrs || cidrs.length < 2) return;
  const families = new Set(cidrs.map((block) => parseCidr(block)?.family));
  if (cidrs.length > 2 || families.size < 2) {
    errors.push(invalid(path, cidrs, "may specify no more than one CIDR for each IP family"));
  }
}

const MAX_FEATURE = 253;
const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;
const FEATURE_FORM =
  "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or " +
  "MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";

function featureMessage(name: string): string | undefined {
  const rule =
    name.length > MAX_FEATURE
      ? `must be no more than ${MAX_FEATURE} characters`
      : FEATURE.test(name)
        ? ""
        : FEATURE_FORM;
  return rule && `invalid feature name ${JSON.stringify(name)}: ${rule}`;
}

/** What the node's software can do, in order, each once. */
function checkFeatures(errors: FieldError[], { status }: Node): void {
  status?.declaredFeatures?.forEach((name, i, all) => {
    const path = `status.declaredFeatures[${i}]`;
    const before = all[i - 1];
    if (name === before) errors.push(duplicate(path, name));
    else if (before !== undefined && name < before) {
      errors.push(invalid(path, name, "list must be sorted alphabetically"));
    }
    const message = featureMessage(name);
    if (message) errors.push(invalid(path, name, message));
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
  checkFeatures(errors, next);
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

/** `6.12.0 (arm64)` */
function kernelText(info: NodeSystemInfo | undefined): string {
  const version = info?.kernelVersion || "<unknown>";
  return info?.architecture ? `${version} (${info.architecture})` : version;
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
    kernelText(info),
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
    delete next.spec.configSource;
    next.status ??= {};
    next.status.daemonEndpoints ??= { kubeletEndpoint: { Port: 0 } };
    next.status.nodeInfo ??= { ...NO_INFO };
    return next;
  },
  prepareForUpdate(next, prev) {
    if (!prev.spec.configSource) delete next.spec.configSource;
    return keepStatus(next, prev);
  },
  validate(next) {
    const errors: FieldError[] = [];
    checkTaints(errors, next.spec.taints, "metadata.taints");
    checkResources(errors, next);
    const swap = next.status?.nodeInfo?.swap?.capacity;
    if (swap !== undefined && swap <= 0) errors.push(invalid("metadata.nodeSwapStatus.capacity", swap, NOT_POSITIVE));
    checkFeatures(errors, next);
    checkPodCidrs(errors, next.spec.podCIDRs);
    return errors;
  },
  validateUpdate: changeErrors,
  subresources: {
    status: {
      prepareForUpdate(next, prev) {
        // Configuration from ConfigMaps, which no kubelet takes any more.
        if (next.status?.config && !prev.status?.config) delete next.status.config;
        return onlyStatus(next, prev);
      },
      validateUpdate: statusErrors,
    },
  },
  selectableFields: ({ spec }) => ({ "spec.unschedulable": String(spec.unschedulable ?? false) }),
  row,
};
