import { describe, expect, it } from "vitest";
import { created } from "../judge.ts";
import { pod } from "./pod.ts";
import type { ContainerStatus, Pod, PodSpec } from "./v1-types.ts";

const amounts = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const make = (spec: Partial<PodSpec>): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a", namespace: "default" },
  spec: { containers: [{ name: "main", image: "x", resources: amounts("1", "1Gi") }], ...spec },
});

function resized(prev: Pod, change: (next: Pod) => void): { next: Pod; errors: string[] } {
  const stored = created(pod, prev);
  stored.status = { ...stored.status, ...prev.status };
  const copy = structuredClone(stored);
  change(copy);
  const { prepareForUpdate, validateUpdate } = pod.subresources!.resize!;
  const next = prepareForUpdate!(copy, stored);
  return { next, errors: validateUpdate!(next, stored).map(({ field, message }) => `${field}: ${message}`) };
}

const container = (next: Pod) => next.spec.containers[0]!;

describe("pods/resize", () => {
  const cases: [name: string, prev: Pod, change: (next: Pod) => void, errors: string[]][] = [
    ["RSZ-1 up and down, memory too", make({}), (next) => (container(next).resources = amounts("2", "512Mi")), []],
    [
      "RSZ-2 the class of service stays",
      make({}),
      (next) => (container(next).resources!.requests = { cpu: "500m", memory: "1Gi" }),
      ['spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing'],
    ],
    [
      "RSZ-3 nothing is taken away",
      make({ containers: [{ name: "main", image: "x", resources: { requests: { cpu: "1", memory: "1Gi" } } }] }),
      (next) => (container(next).resources!.requests = { cpu: "1" }),
      ["spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"],
    ],
    [
      "RSZ-4 other resources stay",
      make({ containers: [{ name: "main", image: "x", resources: { limits: { "a.io/gpu": "1" } } }] }),
      (next) => (container(next).resources = { limits: { "a.io/gpu": "2" }, requests: { "a.io/gpu": "2" } }),
      ["spec: Forbidden: only cpu and memory resources are mutable"],
    ],
    [
      "RSZ-5 the pod's own resources",
      make({ resources: amounts("2", "2Gi") }),
      (next) => (next.spec.resources = amounts("3", "1Gi")),
      [],
    ],
    [
      "RSZ-6 none of the pod's own are taken away",
      make({ resources: amounts("2", "2Gi") }),
      (next) => (next.spec.resources = { requests: { cpu: "2", memory: "2Gi" }, limits: { cpu: "2" } }),
      [
        'spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing',
        "spec.resources.limits: Forbidden: pod-level resource limits cannot be removed",
      ],
    ],
    [
      "RSZ-7 init containers that end, too",
      make({ initContainers: [{ name: "i", image: "x", resources: amounts("1", "1Gi") }] }),
      (next) => (next.spec.initContainers![0]!.resources = amounts("2", "1Gi")),
      [],
    ],
    [
      "RSZ-12 but for their other resources",
      make({ initContainers: [{ name: "i", image: "x", resources: { limits: { "a.io/gpu": "1" } } }] }),
      (next) =>
        (next.spec.initContainers![0]!.resources = { limits: { "a.io/gpu": "2" }, requests: { "a.io/gpu": "2" } }),
      ["spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable"],
    ],
    [
      "RSZ-13 the node must have said that it can",
      {
        ...make({}),
        status: { containerStatuses: [{ name: "main", state: { running: {} } }] as unknown as ContainerStatus[] },
      },
      (next) => (container(next).resources = amounts("2", "512Mi")),
      ["spec: Forbidden: Pod running on node without support for resize"],
    ],
    [
      "RSZ-9 containers stay in their places",
      make({ containers: ["a", "b"].map((name) => ({ name, image: "x", resources: amounts("1", "1Gi") })) }),
      (next) => next.spec.containers.reverse(),
      [
        "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize",
        "spec.containers[1].name: Forbidden: containers may not be renamed or reordered on resize",
      ],
    ],
    [
      "RSZ-10 none comes or goes",
      make({}),
      (next) => next.spec.containers.push({ ...container(next), name: "b" }),
      ["spec.containers: Forbidden: containers may not be added or removed on resize"],
    ],
    [
      "RSZ-11 leaving resources out takes them away",
      make({ containers: [{ name: "main", image: "x", resources: { requests: { cpu: "1" }, limits: { cpu: "2" } } }] }),
      (next) => delete container(next).resources,
      [
        'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
        "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
        "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed",
      ],
    ],
  ];
  it.each(cases)("%s", (_, prev, change, errors) => {
    expect(resized(prev, change).errors).toEqual(errors);
  });

  it("RSZ-8 takes nothing but resources", () => {
    const { next, errors } = resized(make({}), (copy) => {
      container(copy).image = "y";
      copy.spec.nodeName = "n";
      container(copy).resources = amounts("2", "2Gi");
    });
    expect(errors).toEqual([]);
    expect(container(next)).toMatchObject({ image: "x", resources: amounts("2", "2Gi") });
    expect(next.spec.nodeName).toBeUndefined();
  });
});
