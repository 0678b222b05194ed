/** Which node ports a write of a service takes. Fills them in; nothing is written to the store. */
import { hasHealthCheckPort, hasNodePorts } from "../../../kinds/core/service-types.ts";
import type { Service, ServicePort } from "../../../kinds/core/v1-types.ts";
import { invalid } from "../../../machinery/meta/field-error.ts";
import { ApiError, internalError } from "../../../machinery/meta/status.ts";
import type { Environment } from "../environment.ts";
import { PortPlan } from "./node-ports.ts";
import { refusal } from "./plan-addresses.ts";

const usesNodePorts = ({ spec }: Service): boolean => spec.type === "NodePort" || spec.type === "LoadBalancer";

/** Changes `next`. @throws ApiError */
export function planPorts(env: Environment, next: Service, prev: Service | undefined): void {
  const plan = new PortPlan(env);
  if (usesNodePorts(next)) {
    if (prev) planChanged(plan, next, prev);
    else planNew(plan, next);
  }
  if (hasHealthCheckPort(next) && !(prev && hasHealthCheckPort(prev))) planHealthCheck(plan, next);
}

/** Ports of one number, which differ in protocol, get one node port unless they ask for others. */
function planNew(plan: PortPlan, service: Service): void {
  const ports = service.spec.ports ?? [];
  const chosen = new Map<number, number>();
  ports.forEach((port, i) => {
    if (!port.nodePort && !hasNodePorts(service)) return;
    const number = port.port ?? 0;
    const shared = chosen.get(number);
    if (shared === undefined) {
      const asked = ports.find((other) => other.port === port.port && other.nodePort)?.nodePort;
      if (asked) take(plan, service, { port: asked, index: i });
      port.nodePort = asked ?? takeAny(plan);
      chosen.set(number, port.nodePort);
    } else if (!port.nodePort) port.nodePort = shared;
    else if (port.nodePort !== shared) take(plan, service, { port: port.nodePort, index: i });
  });
}

function planChanged(plan: PortPlan, next: Service, prev: Service): void {
  const known = new Set(nodePorts(prev));
  const seen = new Set<string>();
  next.spec.ports?.forEach((port, i) => {
    if (!port.nodePort) {
      if (!hasNodePorts(next)) return;
      port.nodePort = takeAny(plan);
    } else if (!known.has(port.nodePort)) {
      take(plan, next, { port: port.nodePort, index: i });
      known.add(port.nodePort);
    }
    const key = `${port.protocol} ${port.nodePort}`;
    if (seen.has(key)) throw new ApiError(500, "", `duplicate nodePort: {${key}}`);
    seen.add(key);
  });
}

function take(plan: PortPlan, service: Service, { port, index }: { port: number; index: number }): void {
  const problem = plan.take(port);
  if (problem) throw refusal(service, [invalid(`spec.ports[${index}].nodePort`, port, problem)]);
}

function takeAny(plan: PortPlan): number {
  const port = plan.takeAny();
  if (port === undefined) throw internalError("failed to allocate a nodePort: range is full");
  return port;
}

function planHealthCheck(plan: PortPlan, { spec }: Service): void {
  const asked = spec.healthCheckNodePort;
  if (asked) {
    const problem = plan.take(asked);
    if (problem) throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${problem}`);
    return;
  }
  const picked = plan.takeAny();
  if (picked === undefined) throw internalError("failed to allocate a HealthCheck NodePort 0: range is full");
  spec.healthCheckNodePort = picked;
}

const nodePorts = ({ spec }: Service): number[] =>
  (spec.ports ?? []).map(({ nodePort = 0 }: ServicePort) => nodePort).filter((port) => port !== 0);

/** Every node port that a stored service has, the health check's included, each once. */
export function portsOf(service: Service): Set<number> {
  const ports = new Set(usesNodePorts(service) ? nodePorts(service) : []);
  if (hasHealthCheckPort(service) && service.spec.healthCheckNodePort) ports.add(service.spec.healthCheckNodePort);
  return ports;
}
