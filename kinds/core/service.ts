/** Service. Source: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/ */
import { type FieldError, fieldForbidden, invalid } from "../../machinery/meta/field-error.ts";
import { dns1123Label } from "../../machinery/meta/names.ts";
import { age, type Cell, labelText, nameOf } from "../common/rows.ts";
import { keepStatus, onlyStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { serviceErrors, serviceStatusErrors } from "./service-checks.ts";
import { checkClusterIpChange } from "./service-ips.ts";
import { pluralizeClusterIp, prepareServiceUpdate } from "./service-prepare.ts";
import { hasHealthCheckPort, isExternallyAccessible } from "./service-types.ts";
import type { LoadBalancerStatus, Service } from "./v1-types.ts";

/** Three hours. */
const AFFINITY_SECONDS = 10_800;

function defaults(service: Service): Service {
  service.spec ??= {};
  const { spec } = service;
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
  }
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    port.targetPort ||= port.port;
  }
  if (isExternallyAccessible(service)) spec.externalTrafficPolicy ||= "Cluster";
  if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") {
    spec.allocateLoadBalancerNodePorts ??= true;
    for (const ingress of service.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
  }
  return service;
}

/** The parent of a write may have been defaulted for another type. */
function updateErrors(next: Service, prev: Service): FieldError[] {
  const errors: FieldError[] = [];
  checkClusterIpChange(errors, next, prev);
  const bothBalanced = next.spec.type === "LoadBalancer" && prev.spec.type === "LoadBalancer";
  if (bothBalanced && next.spec.loadBalancerClass !== prev.spec.loadBalancerClass) {
    const detail = "may not change once set";
    errors.push(invalid("spec.loadBalancerClass", next.spec.loadBalancerClass ?? null, detail));
  }
  const [port, before] = [next.spec.healthCheckNodePort, prev.spec.healthCheckNodePort];
  if (hasHealthCheckPort(next) && hasHealthCheckPort(prev) && port !== before) {
    errors.push(fieldForbidden("spec.healthCheckNodePort", "field is immutable"));
  }
  return errors;
}

/** Addresses of load balancers, each once. */
export function loadBalancerText(status: LoadBalancerStatus | undefined): string {
  const addresses = new Set(status?.ingress?.map(({ ip, hostname }) => ip || hostname || ""));
  addresses.delete("");
  return [...addresses].sort().join(",");
}

function externalIp({ spec, status }: Service): string {
  const external = spec.externalIPs?.join(",") ?? "";
  switch (spec.type) {
    case "ClusterIP":
    case "NodePort":
      return external || "<none>";
    case "LoadBalancer":
      return [loadBalancerText(status?.loadBalancer), external].filter(Boolean).join(",") || "<pending>";
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return "<unknown>";
  }
}

const ports = ({ spec }: Service): string =>
  (spec.ports ?? [])
    .map(({ port = 0, nodePort, protocol = "TCP" }) =>
      nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    )
    .join(",") || "<none>";

const row = (object: Service, nowMs: number): Cell[] => [
  nameOf(object),
  object.spec.type ?? "",
  object.spec.clusterIPs?.[0] ?? "<none>",
  externalIp(object),
  ports(object),
  age(object, nowMs),
  labelText(object.spec.selector),
];

export const service: Strategy<Service> = {
  defaults,
  prepareForCreate(next) {
    pluralizeClusterIp(next);
    next.status = { loadBalancer: {} };
    return next;
  },
  prepareForUpdate(next, prev) {
    prepareServiceUpdate(next, prev);
    keepStatus(next, prev);
    // The load balancer goes in time; clients need not know.
    if (next.spec.type !== "LoadBalancer") next.status = { ...next.status, loadBalancer: {} };
    return next;
  },
  validateCreate: (next) => serviceErrors(next),
  validateUpdate: (next, prev) => [...updateErrors(next, prev), ...serviceErrors(next, prev)],
  subresources: {
    status: {
      prepareForUpdate: onlyStatus,
      validateUpdate: serviceStatusErrors,
    },
  },
  allowCreateOnUpdate: true,
  nameErrors: dns1123Label,
  selectableFields: ({ spec }) => ({
    "spec.clusterIP": spec.clusterIP ?? "",
    "spec.type": spec.type ?? "",
  }),
  row,
};
