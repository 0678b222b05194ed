/** Checks of services. */
import { duplicate, type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { cidr, dns1123Subdomain, ipAddress } from "../../machinery/meta/names.ts";
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
import { checkNonSpecialIp, ipFamily } from "../common/ip-checks.ts";
import { PROTOCOLS } from "./pod-template/ports.ts";
import { checkClusterIps } from "./service-ips.ts";
import { hasHealthCheckPort, isExternallyAccessible, isHeadless } from "./service-types.ts";
import type { LoadBalancerStatus, Service, ServicePort } from "./v1-types.ts";

const MAX_AFFINITY_SECONDS = 86_400;
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";
const TOPOLOGY_MODE = "service.kubernetes.io/topology-mode";
const TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints";
const ONLY_FOR_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";
const TRAFFIC_DISTRIBUTIONS = ["PreferClose", "PreferSameNode", "PreferSameZone"];

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
  const seen = new Set<string>();
  const nodePorts = new Set<string>();
  ports.forEach((port, i) => {
    const item = `spec.ports[${i}]`;
    checkPort(errors, port, item, names, ports.length > 1);
    if (spec.type === "ClusterIP" && port.nodePort) {
      errors.push(fieldForbidden(`${item}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
    const nodeKey = `${port.protocol}/${port.nodePort}`;
    if (port.nodePort && nodePorts.has(nodeKey)) errors.push(duplicate(`${item}.nodePort`, port.nodePort));
    nodePorts.add(nodeKey);
    const key = `${port.protocol}/${port.port}`;
    if (seen.has(key)) errors.push(duplicate(item, { protocol: port.protocol, port: port.port }));
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

function checkSourceRanges(errors: FieldError[], { spec, metadata }: Service): void {
  const { loadBalancerSourceRanges: ranges = [] } = spec;
  const annotation = metadata.annotations?.[SOURCE_RANGES];
  if (ranges.length > 0) {
    const path = "spec.LoadBalancerSourceRanges";
    if (spec.type !== "LoadBalancer") errors.push(fieldForbidden(path, ONLY_FOR_LOAD_BALANCER));
    ranges.forEach((range, i) => {
      addMessages(errors, `${path}[${i}]`, range.trim(), cidr(range.trim()));
    });
  } else if (annotation !== undefined) {
    const path = `metadata.annotations[${SOURCE_RANGES}]`;
    if (spec.type !== "LoadBalancer") errors.push(fieldForbidden(path, ONLY_FOR_LOAD_BALANCER));
    if (annotation.trim() === "") return;
    for (const range of annotation.split(",")) addMessages(errors, path, range.trim(), cidr(range.trim()));
  }
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

export function serviceErrors(service: Service): FieldError[] {
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
  checkClusterIps(errors, service);
  spec.externalIPs?.forEach((ip, i) => {
    const item = `spec.externalIPs[${i}]`;
    const messages = ipAddress(ip);
    addMessages(errors, item, ip, messages);
    if (messages.length === 0) checkNonSpecialIp(errors, ip, item);
  });
  checkRequiredOneOf(errors, spec.type, "spec.type", ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
  checkSourceRanges(errors, service);
  checkLoadBalancer(errors, service);
  checkTraffic(errors, service);
  return errors;
}

/** Of services, and of ingresses, whose status has the same form. */
export function checkLoadBalancerStatus(
  errors: FieldError[],
  status: LoadBalancerStatus | undefined,
  { modes }: { modes: boolean },
): void {
  status?.ingress?.forEach((ingress, i) => {
    const item = `status.loadBalancer.ingress[${i}]`;
    const { ip, hostname, ipMode } = ingress;
    if (ip) addMessages(errors, `${item}.ip`, ip, ipAddress(ip));
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
