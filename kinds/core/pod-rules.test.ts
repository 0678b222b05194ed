/** Rules of pods that came with newer features, and of volumes. Source: k8s.io/kubernetes/pkg/apis/core/validation. */
import { describe, expect, it } from "vitest";
import { created, createErrors, updateErrors } from "../judge.ts";
import { pod } from "./pod.ts";
import { podTemplate } from "./pod-template-object.ts";
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus, Volume } from "./v1-types.ts";

const make = (spec: Partial<PodSpec> = {}, container: Partial<Container> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default" },
  spec: { containers: [{ name: "main", image: "nginx", ...container }], ...spec },
});
const withVolume = (source: Partial<Volume>): Pod => make({ volumes: [{ name: "v", ...source }] });
const projected = (source: object): Pod =>
  withVolume({ projected: { sources: [source] } as NonNullable<Volume["projected"]> });
const certificate = { keyType: "ED25519", signerName: "example.com/a", credentialBundlePath: "c" };
const IN = "spec.volumes[0].projected.sources[0]";
const init = (container: Partial<Container>): Pod =>
  make({ initContainers: [{ name: "i", image: "x", ...container }] });
const KEY_TYPES = '"RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"';
const selectors = { topologyKey: "zone", maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" as const };

const bad: [rule: string, pod: Pod, errors: string[]][] = [
  [
    "a variable from a file of no volume",
    make({}, { env: [{ name: "A", valueFrom: { fileKeyRef: { volumeName: "v", path: "f", key: "A" } } }] }),
    ['spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: "v"'],
  ],
  [
    "a variable from a file of another sort of volume",
    make(
      { volumes: [{ name: "v", configMap: { name: "c" } }] },
      { env: [{ name: "A", valueFrom: { fileKeyRef: { volumeName: "v", path: "../f", key: "A" } } }] },
    ),
    [
      "spec.containers[0].env[0].valueFrom.fileKeyRef.path: Invalid value: \"../f\": must not contain '..'",
      'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "v": referenced volume must be of type emptyDir',
    ],
  ],
  [
    "resizing that restarts where nothing restarts",
    make({ restartPolicy: "Never" }, { resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] }),
    [
      "spec.containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when pod `restartPolicy` is 'Never'",
    ],
  ],
  [
    "resizing that restarts an init container that ends",
    init({ resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] }),
    [
      "spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: \"RestartContainer\": must not be set to 'RestartContainer' for non-sidecar initContainers",
    ],
  ],
  [
    "a rule of restarting that says nothing",
    make({}, { restartPolicy: "Never", restartPolicyRules: [{} as never] }),
    [
      'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "": supported values: "Restart", "RestartAllContainers"',
      "spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified",
    ],
  ],
  [
    "a signal without an operating system",
    make({}, { lifecycle: { stopSignal: "SIGINT" } }),
    ["spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"],
  ],
  [
    "a signal that Windows has not",
    make({ os: { name: "windows" } }, { lifecycle: { stopSignal: "SIGINT" } }),
    ['spec.containers[0].lifecycle.stopSignal: Unsupported value: "SIGINT": supported values: "SIGKILL", "SIGTERM"'],
  ],
  [
    "devices for users of the pod's own",
    make(
      { hostUsers: false, hostPID: true, volumes: [{ name: "d", persistentVolumeClaim: { claimName: "c" } }] },
      { volumeDevices: [{ name: "d", devicePath: "/d" }] },
    ),
    [
      "spec.HostPID: Forbidden: when `hostUsers` is false",
      "spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false",
    ],
  ],
  [
    "overhead that is no resource of containers",
    make({ overhead: { bananas: "1" } }),
    [
      'spec.overhead.limits[bananas]: Invalid value: "bananas": must be a standard resource type or fully qualified',
      'spec.overhead.limits[bananas]: Invalid value: "bananas": must be a standard resource for containers',
    ],
  ],
  [
    "a runtime class without a name",
    make({ runtimeClassName: "" }),
    [expect.stringMatching(/^spec.runtimeClassName: Invalid value: "": a lowercase RFC 1123 subdomain/) as string],
  ],
  [
    "resources of a Windows pod",
    make({ os: { name: "windows" }, resources: { limits: { cpu: "1" } } }),
    ["spec.resources: Forbidden: may not be set for a windows pod"],
  ],
  [
    "claims of a static pod",
    {
      ...make({ nodeName: "n", resourceClaims: [{ name: "a", resourceClaimName: "b" }] }),
      metadata: { name: "web", namespace: "default", annotations: { "kubernetes.io/config.mirror": "x" } },
    },
    ["[]: Forbidden: static pods do not support resource claims"],
  ],
  [
    "addresses that could mean two things",
    make({
      hostAliases: [{ ip: "010.0.0.1" }, { ip: "::ffff:10.0.0.1" }, { ip: "ten" }],
      dnsConfig: { nameservers: ["10.0.0.01"] },
    }),
    [
      'spec.dnsConfig.nameservers[0]: Invalid value: "10.0.0.01": must not have leading 0s',
      'spec.hostAliases[0].ip: Invalid value: "010.0.0.1": must not have leading 0s',
      'spec.hostAliases[1].ip: Invalid value: "::ffff:10.0.0.1": must not be an IPv4-mapped IPv6 address',
      'spec.hostAliases[2].ip: Invalid value: "ten": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  ],
  [
    "a search domain that ends in an underscore",
    make({ dnsConfig: { searches: ["_tcp.a_b.example", "a_"] } }),
    [
      `spec.dnsConfig.searches[1]: Invalid value: "a_": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
  [
    "tolerations that compare",
    make({ tolerations: [{ key: "a", operator: "Gt", value: "1" }] }),
    ['spec.tolerations[0].operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"'],
  ],
  [
    "spreading by a label that the selector names too",
    {
      ...make({
        topologySpreadConstraints: [
          { ...selectors, labelSelector: { matchLabels: { app: "a" } }, matchLabelKeys: ["app"] },
          { ...selectors, topologyKey: "host", matchLabelKeys: ["app"] },
        ],
      }),
      metadata: { name: "web", namespace: "default", labels: { app: "a" } },
    },
    [
      'spec.topologySpreadConstraints[0][0]: Invalid value: "app": exists in both matchLabelKeys and labelSelector',
      "spec.topologySpreadConstraints[1].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
    ],
  ],
  [
    "volumes of several kinds, in upstream's order and words",
    withVolume({
      downwardAPI: {},
      cephfs: { monitors: ["m"] },
      gcePersistentDisk: { pdName: "" },
    }),
    [
      "spec.volumes[0].persistentDisk.pdName: Required value",
      "spec.volumes[0].cephFS: Forbidden: may not specify more than 1 volume type",
      "spec.volumes[0].downwarAPI: Forbidden: may not specify more than 1 volume type",
    ],
  ],
  [
    "an iSCSI session with too long a name",
    withVolume({
      iscsi: {
        targetPortal: "p".repeat(63),
        iqn: "iqn.2001-04.com.Example:x",
        lun: 0,
        initiatorName: "eui.0123456789ABCDEF",
      },
    }),
    [
      'spec.volumes[0].name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.',
    ],
  ],
  [
    "a trust bundle by a name that is none",
    projected({ clusterTrustBundle: { name: "a:b:C", path: "p" } }),
    [
      expect.stringMatching(
        /sources\[0\].clusterTrustBundle.name: Invalid value: "a:b:C": not a valid clustertrustbundlename: a lowercase/,
      ) as string,
    ],
  ],
  [
    "a trust bundle of no signer",
    projected({ clusterTrustBundle: { signerName: "a", path: "p" } }),
    [
      `${IN}.clusterTrustBundle.signerName: Invalid value: "a": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
    ],
  ],
  [
    "a certificate of an unknown sort",
    projected({ podCertificate: { ...certificate, keyType: "DSA", keyPath: "c", maxExpirationSeconds: 60 } }),
    [
      `${IN}.podCertificate.keyType: Unsupported value: "DSA": supported values: ${KEY_TYPES}`,
      `${IN}.podCertificate.maxExpirationSeconds: Invalid value: 60: if provided, maxExpirationSeconds must be >= 3600`,
      'spec.volumes[0].projected: Invalid value: "c": conflicting duplicate paths',
    ],
  ],
  [
    "a certificate of the cluster's for longer than a day",
    projected({ podCertificate: { ...certificate, signerName: "kubernetes.io/a", maxExpirationSeconds: 90_000 } }),
    [
      `${IN}.podCertificate.maxExpirationSeconds: Invalid value: 90000: if provided, maxExpirationSeconds must be <= 86400`,
    ],
  ],
];

describe("Pod: newer rules", () => {
  it.each(bad)("POD-20 %s", (_, object, errors) => {
    const isAccount = object.spec.volumes?.some(({ projected: source }) => source);
    if (isAccount) object.spec.serviceAccountName = "default";
    expect(createErrors(pod, object)).toEqual(errors);
  });

  it("POD-21 templates do not merge labels into selectors, so nothing clashes", () => {
    const constraint = { ...selectors, labelSelector: { matchLabels: { app: "a" } }, matchLabelKeys: ["app"] };
    const template = {
      metadata: { labels: { app: "a" } },
      spec: { containers: [{ name: "a", image: "x" }], topologySpreadConstraints: [constraint] },
    };
    const object = { apiVersion: "v1", kind: "PodTemplate", metadata: { name: "a" }, template };
    expect(createErrors(podTemplate, object)).toEqual([]);
  });

  it("POD-22 requests of a pod that says only limits are not held against its containers", () => {
    const resources = { requests: { "hugepages-2Mi": "2Mi" }, limits: { "hugepages-2Mi": "2Mi", cpu: "2" } };
    expect(createErrors(pod, make({ resources: { limits: { cpu: "3" } } }, { resources }))).toEqual([]);
  });
});

const ended = (name: string, exitCode: number): ContainerStatus =>
  ({ name, state: { terminated: { exitCode } } }) as unknown as ContainerStatus;
const running = (name: string): ContainerStatus => ({ name, state: { running: {} } }) as unknown as ContainerStatus;

/** What a status write that turns `before` into `after` is refused for. */
function statusErrors(object: Pod, before: PodStatus, after: PodStatus): string[] {
  const stored = created(pod, object);
  stored.status = { ...stored.status, ...before };
  const { prepareForUpdate, validateUpdate } = pod.subresources!.status!;
  const next = prepareForUpdate!({ ...structuredClone(stored), status: structuredClone(after) }, stored);
  return validateUpdate!(next, stored).map(({ field, message }) => `${field}: ${message}`);
}

describe("Pod: status", () => {
  const rule = (values: number[]) => ({ action: "Restart" as const, exitCodes: { operator: "In" as const, values } });
  const STAYS = ["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"];
  const restarts: [rule: string, pod: Pod, exitCode: number, errors: string[]][] = [
    ["always", make(), 0, []],
    ["on failure, after success", make({ restartPolicy: "OnFailure" }), 0, STAYS],
    ["on failure, after failure", make({ restartPolicy: "OnFailure" }), 1, []],
    ["never", make({ restartPolicy: "Never" }), 1, STAYS],
    ["the container's own policy", make({ restartPolicy: "Never" }, { restartPolicy: "Always" }), 0, []],
    ["the container's own, the other way", make({}, { restartPolicy: "Never" }), 0, STAYS],
    ["a rule", make({ restartPolicy: "Never" }, { restartPolicy: "Never", restartPolicyRules: [rule([3])] }), 3, []],
    [
      "no rule",
      make({ restartPolicy: "Never" }, { restartPolicy: "Never", restartPolicyRules: [rule([3])] }),
      4,
      STAYS,
    ],
  ];
  it.each(restarts)("POD-23 restarts: %s", (_, object, exitCode, errors) => {
    const before = { containerStatuses: [ended("main", exitCode)] };
    expect(statusErrors(object, before, { containerStatuses: [running("main")] })).toEqual(errors);
  });

  const wrong: [rule: string, pod: Pod, status: PodStatus, errors: string[]][] = [
    [
      "a nomination of a pod that has a node",
      make({ nodeName: "n" }),
      { nominatedNodeName: "m" },
      ["status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node"],
    ],
    [
      "generations below zero",
      make(),
      { observedGeneration: -1, conditions: [{ type: "a b", status: "True", observedGeneration: -2 }] },
      [
        "status.conditions[0].observedGeneration: Invalid value: -2: must be a non-negative integer",
        expect.stringMatching(/^status.conditions\[0\].Type: Invalid value: "a b": name part/) as string,
        "status.observedGeneration: Invalid value: -1: must be a non-negative integer",
      ],
    ],
    [
      "claims the pod does not name",
      make(),
      { resourceClaimStatuses: [{ name: "a" }] },
      [
        'status.resourceClaimStatuses[0].name: Invalid value: "a": must match the name of an entry in `spec.resourceClaims`',
      ],
    ],
    [
      "a claim for extended resources that nobody asked for",
      make(),
      {
        extendedResourceClaimStatus: {
          resourceClaimName: "c",
          requestMappings: [{ containerName: "main", resourceName: "a.io/gpu", requestName: "r" }],
        },
      },
      [
        'status.extendedResourceClaimStatus.requestMappings[0].resourceName: Invalid value: "a.io/gpu": must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests',
      ],
    ],
    [
      "a user who cannot be",
      make(),
      { containerStatuses: [{ ...running("main"), user: { linux: { uid: -1, gid: 0 } } }] },
      ["status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive"],
    ],
    [
      "the health of what was not asked for",
      make(),
      {
        containerStatuses: [
          {
            ...running("main"),
            allocatedResourcesStatus: [
              { name: "a.io/gpu", resources: [{ resourceID: "1", health: "Fine" as "Healthy" }] },
            ],
          },
        ],
      },
      [
        'status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "a.io/gpu": must match one of the container\'s resource requests',
        'status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown"',
      ],
    ],
  ];
  it.each(wrong)("POD-24 %s", (_, object, status, errors) => {
    expect(statusErrors(object, {}, status)).toEqual(errors);
  });

  it("POD-25 an address that was told before may be told again", () => {
    const old = { podIP: "::ffff:10.0.0.1", podIPs: [{ ip: "::ffff:10.0.0.1" }] };
    expect(statusErrors(make(), old, old)).toEqual([]);
    expect(statusErrors(make(), {}, old)).toEqual([
      'status.podIPs[0]: Invalid value: "::ffff:10.0.0.1": must not be an IPv4-mapped IPv6 address',
    ]);
  });
});

describe("Pod: updates of pods held back", () => {
  const gated = make({ schedulingGates: [{ name: "example.com/wait" }], nodeSelector: { a: "b" } });

  it("POD-26 may only be directed more narrowly", () => {
    expect(updateErrors(pod, gated, ({ spec }) => (spec.nodeSelector = { a: "b", c: "d" }))).toEqual([]);
    expect(updateErrors(pod, gated, ({ spec }) => (spec.nodeSelector = {}))).toEqual([
      "spec.nodeSelector: Invalid value: {}: only additions to spec.nodeSelector are allowed (no mutations or deletions)",
    ]);
  });
});
