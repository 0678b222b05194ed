/** Checks of services. */
import { duplicate, type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../machinery/meta/names.ts";
import {
  addMessages,
  checkLabel,
  checkLabels,
  checkOneOf,
  checkPortNumber,
  checkPortNumberOrName,
  checkQualifiedName,
  checkRequiredOneOf,
} from "../common/checks.ts";
import { checkLegacyCidr, checkLegacyIp, checkNonSpecialIp, ipFamily } from "../common/ip-checks.ts";
import { PROTOCOLS } from "./pod-template/ports.ts";
import { checkClusterIps } from "./service-ips.ts";
import { hasHealthCheckPort, isExternallyAccessible, isHeadless } from "./service-types.ts";
import type { LoadBalancerStatus, Service, ServicePort } from "./v1-types.ts";

const MAX_AFFINITY_SECONDS = 86_400;
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";
const TOPOLOGY_MODE = "service.kubernetes.io/topology-mode";
const TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints";
const ONLY_FOR_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";
const TRAFFIC_DISTRIBUTIONS = ["PreferClose", "PreferSameZone", "PreferSameNode"];

function checkType(errors: FieldError[], service: Service): void {
  const { spec } = service;
  if (!spec.ports?.length && !isHeadless(service) && spec.type !== "ExternalName") {
    errors.push(required("spec.ports"));
  }
  if (isHeadless(service) && (spec.type === "LoadBalancer" || spec.type === "NodePort")) {
    errors.push(invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type !== "ExternalName") return;
  const detail = "may not be set for ExternalName services";
  if (spec.clusterIPs?.length) errors.push(fieldForbidden("spec.clusterIPs", detail));
  if (spec.ipFamilies?.length) errors.push(fieldForbidden("spec.ipFamilies", detail));
  if (spec.ipFamilyPolicy !== undefined) errors.push(fieldForbidden("spec.ipFamilyPolicy", detail));
  const name = spec.externalName?.replace(/\.$/, "");
  if (name) addMessages(errors, "spec.externalName", name, dns1123Subdomain(name));
  else errors.push(required("spec.externalName"));
}

function checkPort(
  errors: FieldError[],
  port: ServicePort,
  path: string,
  names: Set<string>,
  needsName: boolean,
): void {
  if (port.name) {
    checkLabel(errors, port.name, `${path}.name`);
    if (names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name));
    names.add(port.name);
  } else if (needsName) errors.push(required(`${path}.name`));
  checkPortNumber(errors, port.port ?? 0, `${path}.port`);
  checkRequiredOneOf(errors, port.protocol, `${path}.protocol`, PROTOCOLS);
  checkPortNumberOrName(errors, port.targetPort, `${path}.targetPort`);
  if (port.appProtocol !== undefined) checkQualifiedName(errors, port.appProtocol, `${path}.appProtocol`);
}

function checkPorts(errors: FieldError[], { spec }: Service): void {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  ports.forEach((port, i) => {
    checkPort(errors, port, `spec.ports[${i}]`, names, ports.length > 1);
  });
}

/** Of one protocol, a number can be taken once only. */
function checkPortNumbers(errors: FieldError[], { spec }: Service): void {
  const ports = spec.ports ?? [];
  ports.forEach(({ nodePort }, i) => {
    if (spec.type !== "ClusterIP" || !nodePort) return;
    errors.push(fieldForbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
  });
  const nodePorts = new Set<string>();
  ports.forEach(({ nodePort, protocol }, i) => {
    if (!nodePort) return;
    const key = `${protocol}/${nodePort}`;
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${i}].nodePort`, nodePort));
    nodePorts.add(key);
  });
  const seen = new Set<string>();
  ports.forEach(({ port, protocol }, i) => {
    const key = `${protocol}/${port}`;
    if (seen.has(key)) errors.push(duplicate(`spec.ports[${i}]`, { protocol, port }));
    seen.add(key);
  });
}

function checkAffinity(errors: FieldError[], { spec }: Service): void {
  checkRequiredOneOf(errors, spec.sessionAffinity, "spec.sessionAffinity", ["ClientIP", "None"]);
  const path = "spec.sessionAffinityConfig";
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "None" && config) {
    errors.push(fieldForbidden(path, "must not be set when session affinity is None"));
  }
  if (spec.sessionAffinity !== "ClientIP") return;
  const seconds = config?.clientIP?.timeoutSeconds;
  const at = `${path}.clientIP.timeoutSeconds`;
  if (seconds === undefined) errors.push(required(at, "when session affinity type is ClientIP"));
  else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
    errors.push(invalid(at, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`));
  }
}

/** Spaces around a block belong to the API: they come from the annotation, which the field has replaced. */
function checkSourceRanges(errors: FieldError[], { spec, metadata }: Service, prev: Service | undefined): void {
  const { loadBalancerSourceRanges: ranges = [] } = spec;
  const annotation = metadata.annotations?.[SOURCE_RANGES];
  if (ranges.length > 0) {
    const path = "spec.LoadBalancerSourceRanges";
    if (spec.type !== "LoadBalancer") errors.push(fieldForbidden(path, ONLY_FOR_LOAD_BALANCER));
    const kept = prev?.spec.loadBalancerSourceRanges?.map((range) => range.trim());
    ranges.forEach((range, i) => {
      checkLegacyCidr(errors, range.trim(), `${path}[${i}]`, kept);
    });
  } else if (annotation !== undefined) {
    const path = `metadata.annotations[${SOURCE_RANGES}]`;
    if (spec.type !== "LoadBalancer") errors.push(fieldForbidden(path, ONLY_FOR_LOAD_BALANCER));
    if (annotation.trim() === "" || prev?.metadata.annotations?.[SOURCE_RANGES] === annotation) return;
    for (const range of annotation.split(",")) checkLegacyCidr(errors, range.trim(), path);
  }
}

function checkExternalIps(errors: FieldError[], { spec }: Service, prev: Service | undefined): void {
  spec.externalIPs?.forEach((ip, i) => {
    const item = `spec.externalIPs[${i}]`;
    const before = errors.length;
    checkLegacyIp(errors, ip, item, prev?.spec.externalIPs);
    if (errors.length === before) checkNonSpecialIp(errors, ip, item);
  });
}

function checkTraffic(errors: FieldError[], service: Service): void {
  const { spec } = service;
  const external = "spec.externalTrafficPolicy";
  if (!isExternallyAccessible(service)) {
    if (spec.externalTrafficPolicy) {
      const detail = "may only be set for externally-accessible services";
      errors.push(invalid(external, spec.externalTrafficPolicy, detail));
    }
  } else checkRequiredOneOf(errors, spec.externalTrafficPolicy, external, ["Cluster", "Local"]);

  // That the port is there where it is needed is the allocator's business, which runs after validation.
  const port = spec.healthCheckNodePort;
  if (port && !hasHealthCheckPort(service)) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalid("spec.healthCheckNodePort", port, detail));
  } else if (port) checkPortNumber(errors, port, "spec.healthCheckNodePort");

  const internal = "spec.internalTrafficPolicy";
  if (spec.internalTrafficPolicy !== undefined) {
    checkOneOf(errors, spec.internalTrafficPolicy, internal, ["Cluster", "Local"]);
  } else if (spec.type !== "ExternalName") errors.push(required(internal));
  if (spec.trafficDistribution !== undefined) {
    checkOneOf(errors, spec.trafficDistribution, "spec.trafficDistribution", TRAFFIC_DISTRIBUTIONS);
  }
}

function checkLoadBalancer(errors: FieldError[], { spec }: Service): void {
  const className = spec.loadBalancerClass;
  if (spec.type === "LoadBalancer") {
    if (className !== undefined) checkQualifiedName(errors, className, "spec.loadBalancerClass");
    if (spec.allocateLoadBalancerNodePorts === undefined) errors.push(required("allocateLoadBalancerNodePorts"));
    return;
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined) {
    errors.push(fieldForbidden("spec.allocateLoadBalancerNodePorts", ONLY_FOR_LOAD_BALANCER));
  }
  if (className !== undefined) errors.push(fieldForbidden("spec.loadBalancerClass", ONLY_FOR_LOAD_BALANCER));
}

/** @param prev what is being updated: addresses that it holds already may be less strict than today's rules */
export function serviceErrors(service: Service, prev?: Service): FieldError[] {
  const errors: FieldError[] = [];
  const { spec, metadata } = service;
  const mode = metadata.annotations?.[TOPOLOGY_MODE];
  const hints = metadata.annotations?.[TOPOLOGY_HINTS];
  if (mode !== undefined && hints !== undefined && mode !== hints) {
    const detail = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`;
    errors.push(invalid(`metadata.annotations[${TOPOLOGY_MODE}]`, mode, detail));
  }
  checkType(errors, service);
  checkPorts(errors, service);
  checkLabels(errors, spec.selector, "spec.selector");
  checkAffinity(errors, service);
  checkClusterIps(errors, service, prev);
  checkExternalIps(errors, service, prev);
  checkRequiredOneOf(errors, spec.type, "spec.type", ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
  checkPortNumbers(errors, service);
  checkSourceRanges(errors, service, prev);
  checkLoadBalancer(errors, service);
  checkTraffic(errors, service);
  return errors;
}

interface StatusRules {
  /** Whether addresses need a mode: those of services do, those of ingresses know none. */
  modes: boolean;
  /** The status before, whose addresses may stay. */
  prev: LoadBalancerStatus | undefined;
}

/** Of services, and of ingresses, whose status has the same form. */
export function checkLoadBalancerStatus(
  errors: FieldError[],
  status: LoadBalancerStatus | undefined,
  { modes, prev }: StatusRules,
): void {
  const kept = prev?.ingress?.map(({ ip }) => ip ?? "");
  status?.ingress?.forEach((ingress, i) => {
    const item = `status.loadBalancer.ingress[${i}]`;
    const { ip, hostname, ipMode } = ingress;
    if (ip) checkLegacyIp(errors, ip, `${item}.ip`, kept);
    if (modes && ip && ipMode === undefined) {
      errors.push(required(`${item}.ipMode`, "must be specified when `ip` is set"));
    } else if (ipMode !== undefined && !ip) {
      errors.push(fieldForbidden(`${item}.ipMode`, "may not be specified when `ip` is not set"));
    } else if (ipMode !== undefined) checkOneOf(errors, ipMode, `${item}.ipMode`, ["Proxy", "VIP"]);
    if (!hostname) return;
    addMessages(errors, `${item}.hostname`, hostname, dns1123Subdomain(hostname));
    if (ipFamily(hostname)) {
      errors.push(invalid(`${item}.hostname`, hostname, "must be a DNS name, not an IP address"));
    }
  });
}

export function serviceStatusErrors({ spec, status }: Service, prev: Service): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.type !== "LoadBalancer" && status?.loadBalancer?.ingress?.length) {
    const path = "status.loadBalancer.ingress";
    errors.push(fieldForbidden(path, "may only be used when `spec.type` is 'LoadBalancer'"));
  } else checkLoadBalancerStatus(errors, status?.loadBalancer, { modes: true, prev: prev.status?.loadBalancer });
  return errors;
}
