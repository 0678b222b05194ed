import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { endpoints } from "../core/endpoints.ts";
import { service } from "../core/service.ts";
import type { Endpoints, Service, ServiceSpec } from "../core/v1-types.ts";
import { endpointSlice } from "../discovery/endpoint-slice.ts";
import type { Endpoint, EndpointSlice } from "../discovery/v1-types.ts";
import { created, createErrors, updateErrors } from "../judge.ts";
import type { Strategy } from "../kind.ts";
import { networkPolicy } from "./network-policy.ts";
import type { NetworkPolicy } from "./v1-types.ts";

const metadata = { name: "web", namespace: "default", uid: "1" };

const makeService = (spec: Partial<ServiceSpec>): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata,
  spec: { ports: [{ port: 80 }], ...spec },
});

const makePolicy = (cidr: string, ...except: string[]): NetworkPolicy => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata,
  spec: { ingress: [{ from: [{ ipBlock: { cidr, except } }] }] },
});

const makeEndpoints = (ip: string): Endpoints => ({
  apiVersion: "v1",
  kind: "Endpoints",
  metadata,
  subsets: [{ addresses: [{ ip }] }],
});

const makeSlice = (
  addressType: EndpointSlice["addressType"],
  address: string,
  more?: Partial<Endpoint>,
): EndpointSlice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata,
  addressType,
  endpoints: [{ addresses: [address], ...more }],
});

const ZEROS = "must not have leading 0s";
const MAPPED = "must not be an IPv4-mapped IPv6 address";

/** Errors of an object that is stored as it is, whatever today's rules say, and then written again unchanged. */
const rewriteErrors = <T extends KubeObject>(strategy: Strategy<T>, object: T): string[] =>
  updateErrors(strategy, object, () => undefined);

describe("addresses that only older versions took", () => {
  const bad: [what: string, strategy: Strategy<never>, object: KubeObject, errors: string[]][] = [
    [
      "external IP",
      service,
      makeService({ externalIPs: ["192.0.02.1"] }),
      [`spec.externalIPs[0]: Invalid value: "192.0.02.1": ${ZEROS}`],
    ],
    [
      "cluster IP",
      service,
      makeService({ clusterIP: "::ffff:10.96.0.9" }),
      [`spec.clusterIPs[0]: Invalid value: "::ffff:10.96.0.9": ${MAPPED}`],
    ],
    [
      "source range",
      service,
      makeService({ type: "LoadBalancer", loadBalancerSourceRanges: [" 10.0.0.1/8 "] }),
      [
        'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
      ],
    ],
    [
      "block of a policy",
      networkPolicy,
      makePolicy("10.0.0.0/08", "10.1.0.1/16"),
      [
        'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/08": must not have leading 0s in IP or prefix length',
      ],
    ],
    [
      "address of endpoints",
      endpoints,
      makeEndpoints("10.0.0.01"),
      [`subsets[0].addresses[0].ip: Invalid value: "10.0.0.01": ${ZEROS}`],
    ],
    [
      "address of a slice",
      endpointSlice,
      makeSlice("IPv4", "10.0.0.01"),
      [`endpoints[0].addresses[0]: Invalid value: "10.0.0.01": ${ZEROS}`],
    ],
  ] as never;
  it.each(bad)("ADR-1 %s: refused", (_, strategy, object, errors) => {
    expect(createErrors(strategy, object as never)).toEqual(errors);
  });
  it.each(bad)("ADR-2 %s: may stay", (_, strategy, object) => {
    expect(rewriteErrors(strategy, object as never)).toEqual([]);
  });
});

describe("EndpointSlice", () => {
  it.each([
    ["another family", "IPv4", "fd00::1", 'endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address'],
    [
      "not canonical",
      "IPv6",
      "fd00:0::1",
      'endpoints[0].addresses[0]: Invalid value: "fd00:0::1": must be in canonical form ("fd00::1")',
    ],
    [
      "a name of one part",
      "FQDN",
      "web.",
      'endpoints[0].addresses[0]: Invalid value: "web": should be a domain with at least two segments separated by dots',
    ],
  ] as const)("EPS-1 %s", (_, type, address, error) => {
    expect(createErrors(endpointSlice, makeSlice(type, address))).toEqual([error]);
  });

  it("EPS-2 zones are values of labels", () => {
    const object = makeSlice("IPv4", "10.0.0.1", { hints: { forZones: [{ name: "-a" }] } });
    expect(createErrors(endpointSlice, object)[0]).toMatch(
      /^endpoints\[0\].hints.forZones\[0\].name: Invalid value: "-a"/,
    );
  });

  it("EPS-3 the topology of older versions is not written", () => {
    const object = makeSlice("IPv4", "10.0.0.1", { deprecatedTopology: { a: "b" } });
    expect(created(endpointSlice, object).endpoints).toEqual([{ addresses: ["10.0.0.1"], conditions: {} }]);
  });

  it("EPS-4 nor is it lost while nothing else of the endpoints changes", () => {
    const prev = {
      ...makeSlice("IPv4", "10.0.0.1"),
      endpoints: [{ addresses: ["10.0.0.1"], deprecatedTopology: { a: "b" } }],
    };
    expect(endpointSlice.prepareForUpdate?.(structuredClone(prev), prev)).toEqual(prev);
  });
});

describe("Service", () => {
  const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] } };
  const judge = (next: Service, prev: Service) =>
    service.subresources?.status?.validateUpdate?.(next, prev).map(({ field, message }) => `${field}: ${message}`);

  it("SVC-8 names may start with a digit", () => {
    expect(service.nameErrors?.("1st")).toEqual([]);
    expect(service.nameErrors?.("a.b")).toHaveLength(1);
  });

  it("SVC-9 only load balancers have addresses of one", () => {
    const plain = makeService({ type: "ClusterIP" });
    expect(judge({ ...plain, status }, plain)).toEqual([
      "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
    ]);
    const balanced = makeService({ type: "LoadBalancer" });
    expect(judge({ ...balanced, status }, balanced)).toEqual([]);
  });

  it("SVC-10 a service that is no load balancer any more has none", () => {
    const prev = { ...created(service, makeService({ type: "LoadBalancer" })), status };
    const next = structuredClone(prev);
    next.spec.type = "ClusterIP";
    expect(service.prepareForUpdate?.(next, prev).status).toEqual({ loadBalancer: {} });
  });

  const dual: Partial<ServiceSpec> = {
    clusterIPs: ["10.96.0.9", "fd00::9"],
    clusterIP: "10.96.0.9",
    ipFamilies: ["IPv4", "IPv6"],
    ipFamilyPolicy: "RequireDualStack",
  };
  it.each<[string, Partial<ServiceSpec>, string[]]>([
    [
      "the other way round",
      { ipFamilies: ["IPv6", "IPv4"] },
      [
        'spec.ipFamilies[0]: Invalid value: ["IPv6","IPv4"]: may not change once set',
        'spec.ipFamilies[0]: Invalid value: ["IPv6","IPv4"]: may not change once set',
        'spec.clusterIPs[0]: Invalid value: "10.96.0.9": expected an IPv6 value as indicated by `ipFamilies[0]`',
        'spec.clusterIPs[1]: Invalid value: "fd00::9": expected an IPv4 value as indicated by `ipFamilies[1]`',
      ],
    ],
    [
      "the second without the policy",
      { ipFamilies: ["IPv4"], clusterIPs: ["10.96.0.9"] },
      [
        "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be set to 'SingleStack' when releasing the secondary clusterIP",
        "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be set to 'SingleStack' when releasing the secondary ipFamily",
      ],
    ],
  ])("SVC-11 families change: %s", (_, change, errors) => {
    expect(updateErrors(service, makeService(dual), ({ spec }) => void Object.assign(spec, change))).toEqual(errors);
  });
});
