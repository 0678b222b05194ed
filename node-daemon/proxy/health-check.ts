/**
 * Health check ports of LoadBalancer services with externalTrafficPolicy Local: the balancer asks each node whether it
 * has endpoints. Source: kube-proxy's service health server (paths, codes and body).
 */
import { createServer, type Server } from "node:http";
import type { Service } from "../../kinds/core/v1-types.ts";
import type { Log } from "../contracts.ts";
import { chooseEndpoints, type NodePlace } from "./choose-endpoints.ts";
import type { ServicePort } from "./service-ports.ts";

export interface HealthCheck {
  namespace: string;
  name: string;
  port: number;
  /** Ready endpoints on this node, each address once. */
  localEndpoints: number;
}

/** The health check a service asks for; undefined: none. Pure. */
export function planHealthCheck(
  service: Service,
  ports: readonly ServicePort[],
  node: NodePlace,
): HealthCheck | undefined {
  const { type, externalTrafficPolicy, healthCheckNodePort } = service.spec;
  if (type !== "LoadBalancer" || externalTrafficPolicy !== "Local" || !healthCheckNodePort) return undefined;
  const local = ports.flatMap((port) => chooseEndpoints(port, node).local.filter((e) => e.ready));
  return {
    namespace: service.metadata.namespace ?? "",
    name: service.metadata.name ?? "",
    port: healthCheckNodePort,
    localEndpoints: new Set(local.map((e) => e.ip)).size,
  };
}

interface Listener {
  check: HealthCheck;
  server: Server;
}

const MAX_CONNECTIONS = 100;

/** Listens for the checks it is given. */
export class HealthCheckServer {
  readonly #listeners = new Map<string, Listener>();
  readonly #isHealthy: () => boolean;
  readonly #log: Log;

  /** @param isHealthy whether the proxy itself keeps up */
  constructor(isHealthy: () => boolean, log: Log) {
    this.#isHealthy = isHealthy;
    this.#log = log;
  }

  /** What `serviceKey` asks for now. */
  set(serviceKey: string, check: HealthCheck | undefined): void {
    const listener = this.#listeners.get(serviceKey);
    if (listener && check && listener.check.port === check.port) {
      listener.check = check;
      return;
    }
    if (listener) {
      this.#listeners.delete(serviceKey);
      listener.server.close();
      listener.server.closeAllConnections();
    }
    if (check) this.#listen(serviceKey, check);
  }

  stop(): void {
    for (const key of [...this.#listeners.keys()]) this.set(key, undefined);
  }

  /** The port of a listening check; for tests. */
  portOf(serviceKey: string): number | undefined {
    return (this.#listeners.get(serviceKey)?.server.address() as { port: number } | null)?.port;
  }

  #listen(serviceKey: string, check: HealthCheck): void {
    const server = createServer({ requestTimeout: 5000 }, (_request, response) => {
      const { namespace, name, localEndpoints } = (this.#listeners.get(serviceKey) as Listener).check;
      const healthy = this.#isHealthy();
      response.writeHead(localEndpoints > 0 && healthy ? 200 : 503, {
        "content-type": "application/json",
        "x-content-type-options": "nosniff",
        "x-load-balancing-endpoint-weight": localEndpoints,
      });
      response.end(JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy: healthy }));
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.on("error", (error) => {
      this.#log.error("health check port of a service", { service: serviceKey, error: error.message });
    });
    this.#listeners.set(serviceKey, { check, server });
    server.listen(check.port);
  }
}
