/** What every cluster has from its first moment on. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import { DEFAULT_CIDR } from "./service-cidr.ts";

/** Served on each node by the daemon itself, which passes on to the edge. */
const API_ADDRESS = "10.96.0.1";
const API_PORT = 6443;
const DNS_ADDRESS = "10.96.0.10";

const namespace = (name: string): KubeObject => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });

const API_LABELS = { component: "apiserver", provider: "kubernetes" };
const DNS_LABELS = {
  "k8s-app": "kube-dns",
  "kubernetes.io/cluster-service": "true",
  "kubernetes.io/name": "CoreDNS",
};

const DNS_PORTS = [
  { name: "dns", protocol: "UDP", port: 53 },
  { name: "dns-tcp", protocol: "TCP", port: 53 },
];

/** Services without selector, so that no controller looks after their endpoints. */
export const SYSTEM_OBJECTS: readonly KubeObject[] = [
  namespace("default"),
  namespace("kube-system"),
  namespace("kube-public"),
  namespace("kube-node-lease"),
  DEFAULT_CIDR,
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", namespace: "default", labels: API_LABELS },
    spec: {
      type: "ClusterIP",
      clusterIP: API_ADDRESS,
      clusterIPs: [API_ADDRESS],
      ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: API_PORT }],
    },
  },
  {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      name: "kubernetes",
      namespace: "default",
      labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
    },
    subsets: [{ addresses: [{ ip: API_ADDRESS }], ports: [{ name: "https", port: API_PORT, protocol: "TCP" }] }],
  },
  {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "kubernetes", namespace: "default", labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [API_ADDRESS], conditions: { ready: true } }],
    ports: [{ name: "https", port: API_PORT, protocol: "TCP" }],
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kube-dns", namespace: "kube-system", labels: DNS_LABELS },
    spec: {
      type: "ClusterIP",
      clusterIP: DNS_ADDRESS,
      clusterIPs: [DNS_ADDRESS],
      ports: DNS_PORTS.map((port) => ({ ...port, targetPort: 53 })),
    },
  },
  {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      name: "kube-dns",
      namespace: "kube-system",
      labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
    },
    subsets: [{ addresses: [{ ip: DNS_ADDRESS }], ports: DNS_PORTS }],
  },
  {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "kube-dns", namespace: "kube-system", labels: { "kubernetes.io/service-name": "kube-dns" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [DNS_ADDRESS], conditions: { ready: true } }],
    ports: DNS_PORTS,
  },
  ...[
    {
      name: "system-cluster-critical",
      value: 2_000_000_000,
      description:
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    },
    {
      name: "system-node-critical",
      value: 2_000_001_000,
      description: "Used for system critical pods that must not be moved from their current node.",
    },
  ].map(
    ({ name, value, description }): KubeObject => ({
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value,
      description,
      preemptionPolicy: "PreemptLowerPriority",
    }),
  ),
];
