/** A small cluster for the tests of DNS. */
import dnsPacket from "dns-packet";
import type { Service, ServiceSpec } from "../../kinds/core/v1-types.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { parseCidr } from "../network/address.ts";
import { FakeInformer } from "../network/testing.ts";
import type { Zone } from "./answer.ts";
import { InformerView } from "./cluster-view.ts";

export const service = (name: string, spec: Partial<ServiceSpec>, namespace = "default"): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec,
});

interface SliceInput {
  ports?: EndpointPort[];
  namespace?: string;
  addressType?: EndpointSlice["addressType"];
  suffix?: string;
}

export const slice = (of: string, endpoints: Endpoint[], options: SliceInput = {}): EndpointSlice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: {
    name: `${of}-${options.suffix ?? "abc"}`,
    namespace: options.namespace ?? "default",
    labels: { "kubernetes.io/service-name": of },
  },
  addressType: options.addressType ?? "IPv4",
  ports: options.ports ?? [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints,
});

export const zone: Zone = {
  domain: "cluster.local",
  serverIp: "10.96.0.10",
  ownRanges: [parseCidr("10.244.0.0/16")!, parseCidr("10.96.0.0/16")!],
  serial: 1_700_000_000,
};

export function exampleCluster() {
  const http = { name: "http", port: 80, protocol: "TCP" as const };
  const services = new FakeInformer<Service>([
    service("web", {
      clusterIP: "10.96.0.20",
      clusterIPs: ["10.96.0.20"],
      ports: [http, { name: "dns", port: 53, protocol: "UDP" }],
    }),
    service("plain", { clusterIP: "10.96.0.21", ports: [{ port: 9000, protocol: "TCP" }] }),
    service("dual", { clusterIP: "10.96.0.22", clusterIPs: ["10.96.0.22", "fd00::22"], ports: [http] }),
    service("pets", { clusterIP: "None", ports: [http] }),
    service("empty", { clusterIP: "None", ports: [http] }),
    service("outside", { type: "ExternalName", externalName: "www.Example.com." }),
    service("alias", { type: "ExternalName", externalName: "web.default.svc.cluster.local" }),
    service("loop", { type: "ExternalName", externalName: "loop.default.svc.cluster.local" }),
    service("db", { clusterIP: "10.96.1.1", ports: [http] }, "prod"),
  ]);
  const slices = new FakeInformer<EndpointSlice>([
    slice("web", [{ addresses: ["10.244.0.5"] }, { addresses: ["10.244.1.5"] }]),
    slice("pets", [
      { addresses: ["10.244.0.7"], hostname: "pet-0" },
      { addresses: ["10.244.0.8"], hostname: "pet-1" },
      { addresses: ["10.244.0.9"], conditions: { ready: false } },
      { addresses: ["10.244.0.10"] },
    ]),
    slice("pets", [{ addresses: ["fd00:10::7"], hostname: "pet-0" }], { addressType: "IPv6", suffix: "v6" }),
    slice("empty", [{ addresses: ["10.244.0.11"], conditions: { ready: false } }]),
  ]);
  return { services, slices, view: new InformerView(services, slices) };
}

export const ask = (name: string, type: string, edns?: number): Buffer =>
  dnsPacket.encode({
    id: 4711,
    type: "query",
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type }],
    ...(edns !== undefined && {
      additionals: [{ name: ".", type: "OPT", udpPayloadSize: edns, flags: 0, options: [] }],
    }),
  });
