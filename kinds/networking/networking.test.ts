import { describe, expect, it } from "vitest";
import { created, createErrors, updateErrors } from "../judge.ts";
import { ingress } from "./ingress.ts";
import { ingressClass } from "./ingress-class.ts";
import { ipAddress } from "./ip-address.ts";
import { networkPolicy } from "./network-policy.ts";
import { serviceCidr } from "./service-cidr.ts";
import type {
  HTTPIngressPath,
  Ingress,
  IngressSpec,
  NetworkPolicy,
  NetworkPolicySpec,
  ServiceCIDR,
} from "./v1-types.ts";

const NOW_MS = Date.parse("2026-01-01T00:05:00Z");
const metadata = { name: "web", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };
const apiVersion = "networking.k8s.io/v1";
const backend = { service: { name: "web", port: { number: 80 } } };

const makeIngress = (spec: Partial<IngressSpec>): Ingress => ({ apiVersion, kind: "Ingress", metadata, spec });
const withPath = (path: Partial<HTTPIngressPath>): Ingress =>
  makeIngress({ rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend, ...path }] } }] });
const makePolicy = (spec: Partial<NetworkPolicySpec>): NetworkPolicy => ({
  apiVersion,
  kind: "NetworkPolicy",
  metadata,
  spec,
});
const makeCidr = (...cidrs: string[]): ServiceCIDR => ({ apiVersion, kind: "ServiceCIDR", metadata, spec: { cidrs } });

describe("Ingress", () => {
  const bad: [name: string, ingress: Ingress, errors: string[]][] = [
    ["nothing", makeIngress({}), ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"]],
    [
      "a path that is not absolute",
      withPath({ path: "a" }),
      ['spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path'],
    ],
    [
      "a path that climbs",
      withPath({ path: "/a/../b" }),
      ["spec.rules[0].http.paths[0].path: Invalid value: \"/a/../b\": must not contain '/../'"],
    ],
    [
      "no backend",
      withPath({ backend: {} }),
      ['spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required'],
    ],
    [
      "no port",
      withPath({ backend: { service: { name: "web" } } }),
      ["spec.rules[0].http.paths[0].backend: Required value: port name or number is required"],
    ],
    [
      "an address as host",
      makeIngress({ rules: [{ host: "10.0.0.1" }] }),
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
  ];
  it.each(bad)("ING-1 %s", (_, object, errors) => {
    expect(createErrors(ingress, object)).toEqual(errors);
  });

  it("ING-2 row", () => {
    const rules = ["a", "b", "c", "d"].map((name) => ({ host: `${name}.example.com` }));
    const object = makeIngress({ ingressClassName: "edge", rules, tls: [{}] });
    object.status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
    expect(ingress.row?.(object, NOW_MS)).toEqual([
      "web",
      "edge",
      "a.example.com,b.example.com,c.example.com + 1 more...",
      "192.0.2.1",
      "80, 443",
      "5m",
    ]);
    expect(ingress.row?.(withPath({}), NOW_MS)).toEqual(["web", "<none>", "*", "", "80", "5m"]);
  });

  it("ING-3 classes name their controller for good", () => {
    const object = { apiVersion, kind: "IngressClass", metadata, spec: { controller: "example.com/edge" } };
    const errors = updateErrors(ingressClass, object, ({ spec }) => {
      spec.controller = "example.com/other";
    });
    expect(errors).toEqual(['spec.controller: Invalid value: "example.com/other": field is immutable']);
  });
});

describe("NetworkPolicy", () => {
  it("NP-1 is about what it has rules for", () => {
    expect(created(networkPolicy, makePolicy({})).spec.policyTypes).toEqual(["Ingress"]);
    expect(created(networkPolicy, makePolicy({ egress: [{}] })).spec.policyTypes).toEqual(["Ingress", "Egress"]);
    const { ingress: rules } = created(networkPolicy, makePolicy({ ingress: [{ ports: [{ port: 80 }] }] })).spec;
    expect(rules).toEqual([{ ports: [{ port: 80, protocol: "TCP" }] }]);
  });

  const bad: [name: string, spec: Partial<NetworkPolicySpec>, errors: string[]][] = [
    ["nobody", { ingress: [{ from: [{}] }] }, ["spec.ingress[0].from[0]: Required value: must specify a peer"]],
    [
      "pods and addresses",
      { ingress: [{ from: [{ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }] }] },
      ["spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"],
    ],
    [
      "an exception outside",
      { egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["192.168.0.0/16"] } }] }] },
      ['spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "192.168.0.0/16": must be a strict subset of `cidr`'],
    ],
    [
      "an exception that is everything",
      { egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/8"] } }] }] },
      ['spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`'],
    ],
    [
      "an end before the start",
      { ingress: [{ ports: [{ port: 80, endPort: 79 }] }] },
      ["spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`"],
    ],
    [
      "an unknown type",
      { policyTypes: ["Sideways"] },
      ['spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"'],
    ],
  ];
  it.each(bad)("NP-2 %s", (_, spec, errors) => {
    expect(createErrors(networkPolicy, makePolicy(spec))).toEqual(errors);
  });

  it("NP-3 row", () => {
    expect(networkPolicy.row?.(makePolicy({ podSelector: { matchLabels: { app: "web" } } }), NOW_MS)).toEqual([
      "web",
      "app=web",
      "5m",
    ]);
    expect(networkPolicy.row?.(makePolicy({ podSelector: {} }), NOW_MS)[1]).toBe("<none>");
  });
});

describe("ServiceCIDR and IPAddress", () => {
  it("CIDR-1 one of each family", () => {
    expect(createErrors(serviceCidr, makeCidr("10.96.0.0/12", "fd00::/112"))).toEqual([]);
    expect(createErrors(serviceCidr, makeCidr())).toEqual(["spec.cidrs: Required value: at least one CIDR required"]);
    expect(createErrors(serviceCidr, makeCidr("10.96.0.0/12", "10.0.0.0/12"))).toEqual([
      'spec.cidrs: Invalid value: ["10.96.0.0/12","10.0.0.0/12"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ]);
  });

  it.each([
    ["10.0.0.1/24", "must not have bits set beyond the prefix length"],
    ["fd00:0::/112", 'must be in canonical form ("fd00::/112")'],
    ["10.0.0.0", "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"],
  ])("CIDR-3 %s is no block of a newer kind", (text, detail) => {
    const shown = JSON.stringify(text);
    expect(createErrors(serviceCidr, makeCidr(text))).toEqual([`spec.cidrs[0]: Invalid value: ${shown}: ${detail}`]);
  });

  it("CIDR-2 a second range may come, the first stays", () => {
    const grown = updateErrors(serviceCidr, makeCidr("10.96.0.0/12"), ({ spec }) => {
      spec.cidrs = ["10.96.0.0/12", "fd00::/112"];
    });
    expect(grown).toEqual([]);
    const moved = updateErrors(serviceCidr, makeCidr("10.96.0.0/12"), ({ spec }) => {
      spec.cidrs = ["10.0.0.0/12"];
    });
    expect(moved).toEqual(['spec.cidrs[0]: Invalid value: "10.0.0.0/12": field is immutable']);
  });

  it("IP-1 says whose it is", () => {
    const parentRef = { group: "", resource: "services", namespace: "default", name: "kubernetes" };
    const object = { apiVersion, kind: "IPAddress", metadata: { ...metadata, name: "10.96.0.1" }, spec: { parentRef } };
    expect(ipAddress.row?.(object, NOW_MS)).toEqual(["10.96.0.1", "services/default/kubernetes"]);
    expect(ipAddress.nameErrors?.("web")).toHaveLength(1);
    expect(ipAddress.nameErrors?.("fd00::1")).toEqual([]);
    expect(ipAddress.nameErrors?.("fd00:0::1")).toEqual(['must be in canonical form ("fd00::1")']);
  });
});
