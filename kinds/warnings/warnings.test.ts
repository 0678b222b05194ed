import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { cidrWarnings, ipWarnings } from "./addresses.ts";
import { warningsOf } from "./index.ts";

const warn = (storage: string, next: object, prev?: object): string[] =>
  warningsOf(storage)!({ metadata: {}, ...next } as KubeObject, prev && ({ metadata: {}, ...prev } as KubeObject));

const container = { name: "c", image: "i" };
const NO_SELECTOR = "a null labelSelector results in matching no pod";

describe("warnings about pods", () => {
  it.each([
    { name: "nothing to say", spec: {}, want: [] },
    {
      name: "labels of nodes with newer names",
      spec: {
        nodeSelector: { "beta.kubernetes.io/os": "linux" },
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 1,
                preference: {
                  matchExpressions: [{ key: "node-role.kubernetes.io/master", operator: "In", values: ["-"] }],
                },
              },
            ],
          },
        },
        topologySpreadConstraints: [{ topologyKey: "failure-domain.beta.kubernetes.io/zone" }],
      },
      want: [
        'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: node-role.kubernetes.io/master is use "node-role.kubernetes.io/control-plane" instead',
        expect.stringContaining("preference.matchExpressions[0].values[0]: - is invalid, a valid label must be"),
        'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
        `spec.topologySpreadConstraints[0].labelSelector: ${NO_SELECTOR}`,
      ],
    },
    {
      name: "volumes that are no longer",
      spec: {
        volumes: [
          { name: "a", gitRepo: { repository: "r" } },
          { name: "b", rbd: {} },
          {
            name: "c",
            ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: "1500m" } } } } },
          },
        ],
      },
      want: [
        "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
        "spec.volumes[1].rbd: deprecated in v1.28, non-functional in v1.31+",
        'spec.volumes[2].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
      ],
    },
    {
      name: "files over tokens",
      spec: {
        volumes: [
          {
            name: "a",
            projected: {
              sources: [
                { serviceAccountToken: { path: "t" } },
                {
                  configMap: {
                    items: [
                      { key: "k", path: "x" },
                      { key: "l", path: "t" },
                    ],
                  },
                },
              ],
            },
          },
        ],
      },
      want: ['spec.volumes[0].projected.sources.configMap[1]: has duplicated path with ServiceAccountToken "t"'],
    },
    {
      name: "the same twice",
      spec: {
        hostAliases: [{ ip: "::ffff:1.2.3.4" }, { ip: "::ffff:1.2.3.4" }],
        imagePullSecrets: [{ name: "s" }, {}, { name: "s" }],
      },
      want: [
        'spec.hostAliases[1].ip: duplicate ip "::ffff:1.2.3.4"',
        'spec.hostAliases[0].ip: non-standard IP address "::ffff:1.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
        'spec.hostAliases[1].ip: non-standard IP address "::ffff:1.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
        'spec.imagePullSecrets[2].name: duplicate name "s"',
        'spec.imagePullSecrets[1].name: invalid empty name ""',
      ],
    },
    {
      name: "containers",
      spec: {
        containers: [
          {
            ...container,
            resources: { requests: { memory: "128m" } },
            env: [
              { name: "A", value: "1" },
              { name: "A", value: "$(A)2" },
              { name: "A", value: "3" },
            ],
            ports: [{ containerPort: 80, protocol: "TCP" }],
          },
        ],
        initContainers: [
          {
            name: "i",
            ports: [
              { containerPort: 80, protocol: "TCP" },
              { containerPort: 81, protocol: "TCP", hostIP: "1.1.1.1" },
            ],
          },
        ],
        terminationGracePeriodSeconds: -1,
      },
      want: [
        'spec.containers[0].resources.requests[memory]: fractional byte value "128m" is invalid, must be an integer',
        'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
        "spec.initContainers[0].ports[1]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:81 Protocol:TCP HostIP:1.1.1.1}",
        "spec.containers[0].ports[0]: duplicate port definition with spec.initContainers[0].ports[0]",
        "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1",
      ],
    },
    {
      name: "ports nearly the same",
      spec: {
        containers: [
          {
            ...container,
            ports: [
              { containerPort: 80, protocol: "TCP", hostPort: 8080 },
              { containerPort: 80, protocol: "TCP", hostPort: 8080, hostIP: "1.1.1.1" },
              { containerPort: 80, protocol: "TCP" },
            ],
          },
        ],
      },
      want: [
        "spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]",
        "spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]",
        "spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[1]",
      ],
    },
    {
      name: "affinity to nobody",
      spec: {
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "z" }] } },
      },
      want: [
        `spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: ${NO_SELECTOR}`,
      ],
    },
  ])("[WN1] $name", ({ spec, want }) => {
    expect(warn("pods", { metadata: { name: "p" }, spec: { containers: [container], ...spec } })).toEqual(want);
  });

  it("[WN2] annotations that have become fields, in a template too", () => {
    const annotations = {
      "scheduler.alpha.kubernetes.io/critical-pod": "",
      "container.apparmor.security.beta.kubernetes.io/c": "runtime/default",
    };
    const template = { metadata: { annotations }, spec: { containers: [container] } };
    expect(warn("deployments.apps", { metadata: { name: "d", generation: 1 }, spec: { template } })).toEqual([
      'spec.template.metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
      'spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead',
    ]);
    const report = { metadata: { name: "d", generation: 1 }, spec: { template } };
    expect(warn("deployments.apps", report, report)).toEqual([]);
  });

  it("[WN3] names that hostnames are made of", () => {
    const spec = { containers: [container] };
    const says = "which can result in surprising behavior; a DNS label is recommended: [must not contain dots]";
    expect(warn("pods", { metadata: { name: "a.b" }, spec })).toEqual([
      `metadata.name: this is used in the Pod's hostname, ${says}`,
    ]);
    expect(warn("jobs.batch", { metadata: { name: "a.b", generation: 1 }, spec: { template: { spec } } })).toEqual([
      `metadata.name: this is used in Pod names and hostnames, ${says}`,
    ]);
  });
});

describe("warnings about other kinds", () => {
  it.each([
    {
      storage: "services",
      next: {
        metadata: { annotations: { "service.kubernetes.io/topology-aware-hints": "auto" } },
        spec: {
          type: "ClusterIP",
          clusterIP: "None",
          externalIPs: ["1.1.1.1"],
          externalName: "x",
          sessionAffinity: "None",
        },
      },
      want: [
        "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
        "spec.externalIPs is ignored for headless services",
        'spec.externalName is ignored when spec.type is not "ExternalName"',
      ],
    },
    {
      storage: "services",
      next: {
        spec: {
          type: "LoadBalancer",
          clusterIP: "10.0.0.1",
          clusterIPs: ["10.0.0.1", "2001:DB8::1"],
          externalIPs: ["1.1.1.1"],
          loadBalancerSourceRanges: ["192.12.2.8/24"],
          trafficDistribution: "PreferClose",
        },
      },
      want: [
        'spec.clusterIPs[1]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
        "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
        'spec.loadBalancerSourceRanges[0]: CIDR value "192.12.2.8/24" is ambiguous in this context (should be "192.12.2.0/24" or "192.12.2.8/32"?)',
        'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
      ],
    },
    {
      storage: "persistentvolumes",
      next: {
        metadata: { annotations: { "volume.beta.kubernetes.io/storage-class": "x" } },
        spec: { persistentVolumeReclaimPolicy: "Recycle", cephfs: {} },
      },
      want: [
        'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
        "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
        "spec.cephfs: deprecated in v1.28, non-functional in v1.31+",
      ],
    },
    {
      storage: "ingresses.networking.k8s.io",
      next: { metadata: { annotations: { "kubernetes.io/ingress.class": "x" } } },
      want: [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`],
    },
    {
      storage: "endpointslices.discovery.k8s.io",
      next: { addressType: "FQDN", endpoints: [] },
      want: ["spec.addressType: FQDN endpoints are deprecated"],
    },
    {
      storage: "statefulsets.apps",
      next: { metadata: { generation: 1 }, spec: { revisionHistoryLimit: -1 } },
      want: [
        "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
      ],
    },
    {
      storage: "nodes",
      next: { spec: { externalID: "x" } },
      want: ["spec.externalID: this field is deprecated, and is unused by Kubernetes"],
    },
  ])("[WN4] $storage: $want.0", ({ storage, next, want }) => {
    expect(warn(storage, next)).toEqual(want);
  });

  it("drivers of devices whose names are not in lower case", () => {
    const slice = (driver: string): string[] => warn("resourceslices.resource.k8s.io", { spec: { driver } });
    expect(slice("gpu.example.com")).toEqual([]);
    expect(slice("GPU.example.com")).toEqual([
      'spec.driver: driver names should be lowercase; "GPU.example.com" contains uppercase characters',
    ]);
  });

  it("[WN5] what was so before is not warned of again where upstream does not", () => {
    const account = { metadata: { annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } } };
    expect(warn("serviceaccounts", account)).toHaveLength(1);
    expect(warn("serviceaccounts", account, account)).toEqual([]);
    expect(warn("serviceaccounts", account, {})).toHaveLength(1);
  });

  it("[WN6] addresses", () => {
    expect(ipWarnings("p", "2001:db8::1")).toEqual([]);
    expect(ipWarnings("p", "not an address")).toEqual([]);
    expect(cidrWarnings("p", "2001:DB8::/32")).toEqual([
      'p: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")',
    ]);
    expect(ipWarnings("p", "10.0.0.01")).toEqual([
      'p: non-standard IP address "10.0.0.01" will be considered invalid in a future Kubernetes release: use "10.0.0.1"',
    ]);
    expect(cidrWarnings("p", "10.0.0.0/08")).toEqual([
      'p: non-standard CIDR value "10.0.0.0/08" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"',
    ]);
    expect(cidrWarnings("p", "::ffff:1.2.3.0/120")).toEqual([
      'p: non-standard CIDR value "::ffff:1.2.3.0/120" will be considered invalid in a future Kubernetes release: use "1.2.3.0/24"',
    ]);
  });
});
