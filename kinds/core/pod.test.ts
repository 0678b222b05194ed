import { describe, expect, it } from "vitest";
import { created, createErrors, updateErrors } from "../judge.ts";
import { pod } from "./pod.ts";
import type { Container, Pod, PodSpec } from "./v1-types.ts";

const make = (spec: Partial<PodSpec> = {}, container: Partial<Container> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default" },
  spec: { containers: [{ name: "main", image: "nginx", ...container }], ...spec },
});

describe("Pod: defaults", () => {
  it("POD-1 fills in what the documentation says", () => {
    expect(created(pod, make()).spec).toEqual({
      containers: [
        {
          name: "main",
          image: "nginx",
          imagePullPolicy: "Always",
          resources: {},
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
        },
      ],
      dnsPolicy: "ClusterFirst",
      enableServiceLinks: true,
      restartPolicy: "Always",
      schedulerName: "default-scheduler",
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    });
  });

  const policies: [image: string, policy: string][] = [
    ["nginx", "Always"],
    ["nginx:latest", "Always"],
    ["nginx:1.27", "IfNotPresent"],
    ["registry:5000/nginx", "Always"],
    ["nginx@sha256:e4f0474a75c510f40b37b6b7dc2516241ffa8bde5a442bde3d372c9519c84d90", "IfNotPresent"],
  ];
  it.each(policies)("POD-2 %s is pulled %s", (image, policy) => {
    expect(created(pod, make({}, { image })).spec.containers[0]?.imagePullPolicy).toBe(policy);
  });

  it("POD-3 requests are the limits where nothing else is said", () => {
    const resources = { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m" } };
    expect(created(pod, make({}, { resources })).spec.containers[0]?.resources?.requests).toEqual({
      cpu: "100m",
      memory: "1Gi",
    });
  });

  it("POD-4 pods on the host's network take the host's ports", () => {
    const next = created(pod, make({ hostNetwork: true }, { ports: [{ containerPort: 80 }] }));
    expect(next.spec.containers[0]?.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: "TCP" }]);
  });

  it("POD-5 probes get their timings", () => {
    const next = created(pod, make({}, { readinessProbe: { httpGet: { port: 80 } } }));
    expect(next.spec.containers[0]?.readinessProbe).toEqual({
      httpGet: { path: "/", port: 80, scheme: "HTTP" },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
  });
});

describe("Pod: creation", () => {
  const both = { cpu: "1", memory: "1Gi" };
  const classes: [name: string, resources: Container["resources"], qos: string][] = [
    ["nothing", {}, "BestEffort"],
    ["limits alone", { limits: both }, "Guaranteed"],
    ["limits and equal requests", { limits: both, requests: both }, "Guaranteed"],
    ["limits of one resource", { limits: { cpu: "1" } }, "Burstable"],
    ["lower requests", { limits: both, requests: { cpu: "500m", memory: "1Gi" } }, "Burstable"],
    ["requests alone", { requests: { memory: "1Gi" } }, "Burstable"],
  ];
  it.each(classes)("POD-6 %s: %o gives %s", (_, resources, qos) => {
    expect(created(pod, make({}, { resources: resources ?? {} })).status).toEqual({ phase: "Pending", qosClass: qos });
  });

  it("POD-7 status is not the client's", () => {
    const next = created(pod, { ...make(), status: { phase: "Running", podIP: "10.0.0.1" } });
    expect(next.status).toEqual({ phase: "Pending", qosClass: "BestEffort" });
  });

  const bad: [rule: string, pod: Pod, errors: string[]][] = [
    ["no containers", make({ containers: [] }), ["spec.containers: Required value"]],
    ["no name", make({}, { name: "" }), ["spec.containers[0].name: Required value"]],
    ["no image", make({}, { image: "" }), ["spec.containers[0].image: Required value"]],
    [
      "a bad name",
      make({}, { name: "Main" }),
      [
        `spec.containers[0].name: Invalid value: "Main": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      ],
    ],
    [
      "a name twice",
      make({
        containers: [
          { name: "a", image: "x" },
          { name: "a", image: "y" },
        ],
      }),
      ['spec.containers[1].name: Duplicate value: "a"'],
    ],
    [
      "an unknown restart policy",
      make({ restartPolicy: "Sometimes" as "Always" }),
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      "a mount of no volume",
      make({}, { volumeMounts: [{ name: "data", mountPath: "/data" }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ],
    [
      "a volume of two kinds",
      make({ volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/x" } }] }),
      ["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
    ],
    [
      "a port out of range",
      make({}, { ports: [{ containerPort: 65_536 }] }),
      ["spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive"],
    ],
    [
      "more requested than the limit",
      make({}, { resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      "a probe that does two things",
      make({}, { livenessProbe: { tcpSocket: { port: 80 }, exec: { command: ["true"] } } }),
      ["spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"],
    ],
    [
      "liveness that has to succeed twice",
      make({}, { livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } }),
      ["spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"],
    ],
    [
      "a variable with value and source",
      make({}, { env: [{ name: "A", value: "x", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] }),
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      "gates on a pod that has a node",
      make({ nodeName: "n", schedulingGates: [{ name: "example.com/wait" }] }),
      ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
    ],
    [
      "a scheduling group of no group",
      make({ schedulingGroup: {} }),
      ['spec.schedulingGroup: Invalid value: "": must specify one of: `podGroupName`'],
    ],
    [
      "a negative deadline",
      make({ activeDeadlineSeconds: 0 }),
      ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
    ],
    [
      "host ports that differ on the host's network",
      make({ hostNetwork: true }, { ports: [{ containerPort: 80, hostPort: 81 }] }),
      [
        "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true",
      ],
    ],
    [
      "a toleration of everything without saying so",
      make({ tolerations: [{ operator: "Equal", value: "x" }] }),
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
  ];
  it.each(bad)("POD-8 %s", (_, object, errors) => {
    expect(createErrors(pod, object)).toEqual(errors);
  });

  it("POD-9 a good pod has no errors", () => {
    const volumes = [
      { name: "conf", configMap: { name: "web" } },
      { name: "tmp", emptyDir: {} },
    ];
    const volumeMounts = [
      { name: "conf", mountPath: "/etc/web" },
      { name: "tmp", mountPath: "/tmp" },
    ];
    const env = [{ name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }];
    const container = { volumeMounts, env, ports: [{ containerPort: 80, name: "http" }] };
    expect(createErrors(pod, make({ volumes }, container))).toEqual([]);
  });
});

describe("Pod: updates", () => {
  it("POD-10 images, tolerations and deadlines may change", () => {
    const errors = updateErrors(pod, make(), ({ spec }) => {
      (spec.containers[0] as Container).image = "nginx:2";
      spec.tolerations = [{ key: "a", operator: "Exists" }];
      spec.activeDeadlineSeconds = 10;
    });
    expect(errors).toEqual([]);
  });

  it("POD-11 nothing else may", () => {
    const [error] = updateErrors(pod, make(), ({ spec }) => {
      spec.nodeName = "n";
    });
    expect(error).toMatch(
      /^spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`,`spec.initContainers\[\*\].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` \(only additions to existing tolerations\),`spec.terminationGracePeriodSeconds` \(allow it to be set to 1 if it was previously negative\)\n/,
    );
  });

  it("POD-12 containers may be neither added nor removed", () => {
    const errors = updateErrors(pod, make(), ({ spec }) => {
      spec.containers.push({ name: "more", image: "x" });
    });
    expect(errors).toContain("spec.containers: Forbidden: pod updates may not add or remove containers");
  });

  it("POD-13 tolerations may not be taken away", () => {
    const tolerant = make({ tolerations: [{ key: "a", operator: "Exists" }] });
    const errors = updateErrors(pod, tolerant, ({ spec }) => {
      spec.tolerations = [];
    });
    expect(errors).toContain(
      "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
    );
  });

  it("POD-14 deadlines may only come nearer", () => {
    const errors = updateErrors(pod, make({ activeDeadlineSeconds: 10 }), ({ spec }) => {
      spec.activeDeadlineSeconds = 11;
    });
    expect(errors).toEqual([
      "spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value",
    ]);
  });
});

describe("Pod: deletion", () => {
  const graces: [name: string, pod: Pod, seconds: number | undefined][] = [
    ["no node", make(), undefined],
    ["a node", make({ nodeName: "n" }), 30],
    ["a grace of its own", make({ nodeName: "n", terminationGracePeriodSeconds: 5 }), 5],
    ["none", make({ nodeName: "n", terminationGracePeriodSeconds: 0 }), 0],
    ["ended", { ...make({ nodeName: "n" }), status: { phase: "Succeeded" } }, undefined],
  ];
  it.each(graces)("POD-15 %s", (_, object, seconds) => {
    expect(pod.defaultGraceSeconds?.(object)).toBe(seconds);
  });
});
