import { describe, expect, it } from "vitest";
import type { Container, PodSpec } from "../../kinds/core/v1-types.ts";
import { podRequests } from "./pod-requests.ts";

const container = (cpu?: string, memory?: string, more: Partial<Container> = {}): Container => ({
  name: "c",
  resources: { requests: { ...(cpu && { cpu }), ...(memory && { memory }) } },
  ...more,
});
const sidecar = (cpu: string) => container(cpu, undefined, { restartPolicy: "Always" });
const Mi = 1024 * 1024;

describe("podRequests", () => {
  it.each([
    [
      "[PR1] containers add up",
      { containers: [container("1", "1Mi"), container("500m", "2Mi")] },
      { cpu: 1500, memory: 3 * Mi },
    ],
    [
      "[PR2] an init container counts when it asks for more",
      { containers: [container("1")], initContainers: [container("3"), container("2")] },
      { cpu: 3000 },
    ],
    [
      "[PR3] and not when it asks for less",
      { containers: [container("4")], initContainers: [container("3")] },
      { cpu: 4000 },
    ],
    [
      "[PR4] sidecars run beside the containers",
      { containers: [container("1")], initContainers: [sidecar("2")] },
      { cpu: 3000 },
    ],
    [
      "[PR5] and beside init containers after them",
      { containers: [container("1")], initContainers: [sidecar("2"), container("3")] },
      { cpu: 5000 },
    ],
    [
      "[PR6] but not before them",
      { containers: [container("1")], initContainers: [container("3"), sidecar("2")] },
      { cpu: 3000 },
    ],
    [
      "[PR7] overhead comes on top",
      { containers: [container("1")], initContainers: [container("2")], overhead: { cpu: "250m", memory: "1Mi" } },
      { cpu: 2250, memory: Mi },
    ],
    [
      "[PR8] pod-level requests stand for those of containers",
      { containers: [container("1", "1Mi")], resources: { requests: { cpu: "3" } } },
      { cpu: 3000, memory: Mi },
    ],
    [
      "[PR9] others than cpu and memory in whole units",
      { containers: [{ name: "c", resources: { requests: { "a.b/c": "2", "hugepages-2Mi": "4Mi" } } }] },
      { "a.b/c": 2, "hugepages-2Mi": 4 * Mi },
    ],
    ["[PR10] nothing", { containers: [{ name: "c" }] }, {}],
  ] as [string, PodSpec, { [name: string]: number }][])("%s", (_name, spec, expected) => {
    expect(Object.fromEntries(podRequests(spec).requests)).toEqual(expected);
  });

  it("[PR11] scoring counts 100m and 200Mi for each container that states nothing", () => {
    const { scoredCpuMilli, scoredMemoryBytes } = podRequests({
      containers: [container("1"), container(undefined, "1Mi")],
    });
    expect([scoredCpuMilli, scoredMemoryBytes]).toEqual([1100, 201 * Mi]);
  });

  it.each([
    ["[PR12] a pod that states something as a whole is taken at its word", { cpu: "2" }, [2000, Mi]],
    ["[PR13] for both", { cpu: "2", memory: "5Mi" }, [2000, 5 * Mi]],
  ])("%s", (_name, requests, expected) => {
    const { scoredCpuMilli, scoredMemoryBytes } = podRequests({
      containers: [container(undefined, "1Mi"), container()],
      resources: { requests },
    });
    expect([scoredCpuMilli, scoredMemoryBytes]).toEqual(expected);
  });
});
