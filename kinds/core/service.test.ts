import { describe, expect, it } from "vitest";
import { created, createErrors, updateErrors } from "../judge.ts";
import { service } from "./service.ts";
import type { Service, ServiceSpec } from "./v1-types.ts";

const NOW_MS = Date.parse("2026-01-01T00:05:00Z");

const make = (spec: Partial<ServiceSpec> = {}): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { ports: [{ port: 80 }], selector: { app: "web" }, ...spec },
});

describe("Service", () => {
  it("SVC-1 defaults of a plain service", () => {
    expect(created(service, make())).toMatchObject({
      spec: {
        type: "ClusterIP",
        sessionAffinity: "None",
        internalTrafficPolicy: "Cluster",
        ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      },
      status: { loadBalancer: {} },
    });
  });

  it("SVC-2 defaults of services that are reached from outside", () => {
    expect(created(service, make({ type: "LoadBalancer" })).spec).toMatchObject({
      externalTrafficPolicy: "Cluster",
      allocateLoadBalancerNodePorts: true,
    });
    expect(created(service, make({ sessionAffinity: "ClientIP" })).spec.sessionAffinityConfig).toEqual({
      clientIP: { timeoutSeconds: 10_800 },
    });
  });

  it("SVC-3 one cluster IP is the first of all", () => {
    expect(created(service, make({ clusterIP: "10.96.0.9" })).spec.clusterIPs).toEqual(["10.96.0.9"]);
    expect(created(service, make({ clusterIP: "None" })).spec.clusterIPs).toEqual(["None"]);
  });

  const bad: [name: string, spec: Partial<ServiceSpec>, errors: string[]][] = [
    ["no ports", { ports: [] }, ["spec.ports: Required value"]],
    [
      "two ports without names",
      { ports: [{ port: 80 }, { port: 81 }] },
      ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
    ],
    [
      "a port twice",
      {
        ports: [
          { port: 80, name: "a" },
          { port: 80, name: "b" },
        ],
      },
      ['spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}'],
    ],
    [
      "an unknown type",
      { type: "Magic" as "ClusterIP" },
      [
        'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      "a bad cluster IP",
      { clusterIP: "10.96.0" },
      ['spec.clusterIPs[0]: Invalid value: "10.96.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      "a node port on a cluster IP service",
      { ports: [{ port: 80, nodePort: 30_000 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    ["no external name", { type: "ExternalName", ports: [] }, ["spec.externalName: Required value"]],
    [
      "source ranges without a load balancer",
      { loadBalancerSourceRanges: ["10.0.0.0/8"] },
      ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
  ];
  it.each(bad)("SVC-4 %s", (_, spec, errors) => {
    expect(createErrors(service, make(spec))).toEqual(errors);
  });

  it("SVC-5 the cluster IP stays", () => {
    const errors = updateErrors(service, make({ clusterIP: "10.96.0.9" }), ({ spec }) => {
      spec.clusterIP = "10.96.0.10";
      spec.clusterIPs = ["10.96.0.10"];
    });
    expect(errors).toEqual(['spec.clusterIPs[0]: Invalid value: ["10.96.0.10"]: may not change once set']);
  });

  it("SVC-6 an update that names no cluster IP keeps it", () => {
    const errors = updateErrors(service, make({ clusterIP: "10.96.0.9" }), ({ spec }) => {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    });
    expect(errors).toEqual([]);
  });

  const rows: [name: string, service: Service, cells: unknown[]][] = [
    [
      "cluster IP",
      make({ type: "ClusterIP", clusterIPs: ["10.96.0.9"], ports: [{ port: 80, protocol: "TCP" }] }),
      ["web", "ClusterIP", "10.96.0.9", "<none>", "80/TCP", "5m", "app=web"],
    ],
    [
      "node port",
      make({ type: "NodePort", clusterIPs: ["10.96.0.9"], ports: [{ port: 80, nodePort: 30_080, protocol: "TCP" }] }),
      ["web", "NodePort", "10.96.0.9", "<none>", "80:30080/TCP", "5m", "app=web"],
    ],
    [
      "waiting load balancer",
      make({ type: "LoadBalancer", ports: [{ port: 53, protocol: "UDP" }] }),
      ["web", "LoadBalancer", "<none>", "<pending>", "53/UDP", "5m", "app=web"],
    ],
    [
      "load balancer",
      {
        ...make({ type: "LoadBalancer", externalIPs: ["192.0.2.1"] }),
        status: { loadBalancer: { ingress: [{ hostname: "lb.example.com" }, { ip: "198.51.100.200" }] } },
      },
      ["web", "LoadBalancer", "<none>", "198.51.100.200,lb.example.com,192.0.2.1", "80/TCP", "5m", "app=web"],
    ],
    [
      "external name",
      make({ type: "ExternalName", externalName: "example.com", ports: [], selector: {} }),
      ["web", "ExternalName", "<none>", "example.com", "<none>", "5m", "<none>"],
    ],
  ];
  it.each(rows)("SVC-7 row: %s", (_, object, cells) => {
    expect(service.row?.(object, NOW_MS)).toEqual(cells);
  });
});
