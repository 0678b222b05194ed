import { afterEach, describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../kinds/core/v1-types.ts";
import { collectingLog } from "../network/testing.ts";
import { HealthCheckServer, planHealthCheck } from "./health-check.ts";
import { servicePorts } from "./service-ports.ts";
import { makeService, makeSlice, node } from "./testing.ts";

const local: Partial<ServiceSpec> = {
  type: "LoadBalancer",
  externalTrafficPolicy: "Local",
  healthCheckNodePort: 32_000,
};

describe("health checks for load balancers", () => {
  let server: HealthCheckServer | undefined;
  afterEach(() => server?.stop());

  it.each([
    ["[HC1] counts ready endpoints here", local, ["10.244.0.5@a", "10.244.0.6@a", "~10.244.0.7@a", "10.244.1.5@b"], 2],
    ["[HC2] draining ones do not count", local, ["~10.244.0.7@a"], 0],
    [
      "[HC3] not for policy Cluster",
      { ...local, externalTrafficPolicy: "Cluster" as const },
      ["10.244.0.5@a"],
      undefined,
    ],
    ["[HC3] not for NodePort", { ...local, type: "NodePort" as const }, ["10.244.0.5@a"], undefined],
  ])("%s", (_title, spec, endpoints, want) => {
    const service = makeService(spec);
    const ports = servicePorts(service, [makeSlice(endpoints)], node.name);
    expect(planHealthCheck(service, ports, node)?.localEndpoints).toBe(want);
  });

  it("[HC4] answers as kube-proxy does", async () => {
    let healthy = true;
    server = new HealthCheckServer(() => healthy, collectingLog());
    const check = { namespace: "default", name: "web", port: 0, localEndpoints: 2 };
    server.set("default/web", check);
    await expect.poll(() => server?.portOf("default/web")).toBeTypeOf("number");
    const ask = () => fetch(`http://127.0.0.1:${server?.portOf("default/web")}/healthz`);
    const good = await ask();
    expect([good.status, good.headers.get("x-load-balancing-endpoint-weight")]).toEqual([200, "2"]);
    expect(await good.json()).toEqual({
      service: { namespace: "default", name: "web" },
      localEndpoints: 2,
      serviceProxyHealthy: true,
    });
    server.set("default/web", { ...check, localEndpoints: 0 });
    expect((await ask()).status).toBe(503);
    server.set("default/web", check);
    healthy = false;
    expect((await ask()).status).toBe(503);
    server.set("default/web", undefined);
    expect(server.portOf("default/web")).toBeUndefined();
  });
});
