import { describe, expect, it } from "vitest";
import type { Container, PodSpec } from "../../kinds/core/v1-types.ts";
import { makeDeviceClass } from "../testing/device-builders.ts";
import { classesByResource, requestsFor, resourcesOf, wishesOfContainers } from "./extended-resources.ts";

const GPU = "example.com/gpu";
const asks = (name: string, requests: { [resource: string]: number | string }, more: object = {}): Container => ({
  name,
  image: "i",
  resources: {
    requests: Object.fromEntries(Object.entries(requests).map(([resource, amount]) => [resource, String(amount)])),
  },
  ...more,
});
const gpus = (name: string, count: number, more?: object): Container => asks(name, { [GPU]: count }, more);
const sidecar = { restartPolicy: "Always" };

/** Requests as "name×count", mappings as "container: request". */
function planned(spec: Pick<PodSpec, "containers" | "initContainers">): { requests: string[]; mappings: string[] } {
  const wishes = wishesOfContainers(spec);
  const { requests, mappings } = requestsFor(wishes, resourcesOf(wishes), () => "gpu");
  return {
    requests: requests.map(({ name, exactly }) => `${name}×${exactly?.count}`),
    mappings: mappings.map(({ containerName, requestName }) => `${containerName}: ${requestName}`),
  };
}

describe("Requests for extended resources", () => {
  it.each([
    [
      "[XR1] each container has its own, numbered among all it asks for",
      { containers: [asks("a", { cpu: 1, [GPU]: 2 }), gpus("b", 1)] },
      ["container-0-request-1×2", "container-1-request-0×1"],
      ["a: container-0-request-1", "b: container-1-request-0"],
    ],
    [
      "[XR2] several resources, in the order of names",
      { containers: [asks("a", { "example.com/tpu": 1, [GPU]: 2 })] },
      ["container-0-request-0×2", "container-0-request-1×1"],
      ["a: container-0-request-0", "a: container-0-request-1"],
    ],
    [
      "[XR3] an init container uses those of what starts after it",
      { initContainers: [gpus("i", 1)], containers: [gpus("a", 2)] },
      ["container-1-request-0×2"],
      ["a: container-1-request-0", "i: container-1-request-0"],
    ],
    [
      "[XR4] and some more where these are too few",
      { initContainers: [gpus("i", 5)], containers: [gpus("a", 2), gpus("b", 1)] },
      ["container-0-request-0×2", "container-1-request-0×2", "container-2-request-0×1"],
      [
        "a: container-1-request-0",
        "b: container-2-request-0",
        "i: container-1-request-0",
        "i: container-2-request-0",
        "i: container-0-request-0",
      ],
    ],
    [
      "[XR5] init containers run one after another: the most any of them needs",
      { initContainers: [gpus("i", 3), gpus("j", 4)], containers: [gpus("a", 1)] },
      ["container-1-request-0×3", "container-2-request-0×1"],
      [
        "a: container-2-request-0",
        "i: container-2-request-0",
        "i: container-1-request-0",
        "j: container-2-request-0",
        "j: container-1-request-0",
      ],
    ],
    [
      "[XR6] a sidecar keeps its own, and an init container behind it cannot have them",
      { initContainers: [gpus("s", 1, sidecar), gpus("i", 2)], containers: [gpus("a", 1)] },
      ["container-0-request-0×1", "container-1-request-0×1", "container-2-request-0×1"],
      ["s: container-0-request-0", "a: container-2-request-0", "i: container-2-request-0", "i: container-1-request-0"],
    ],
    ["[XR7] of nothing nothing", { containers: [gpus("a", 0), asks("b", { cpu: 1 })] }, [], []],
    [
      "[XR8] the resource of a class by its name",
      { containers: [asks("a", { "deviceclass.resource.kubernetes.io/big": 1 })] },
      ["container-0-request-0×1"],
      ["a: container-0-request-0"],
    ],
  ] as [string, Pick<PodSpec, "containers" | "initContainers">, string[], string[]][])(
    "%s",
    (_name, spec, requests, mappings) => {
      expect(planned(spec)).toEqual({ requests, mappings });
    },
  );

  it("[XR9] pods that ask for no such thing are not looked at", () => {
    expect(wishesOfContainers({ containers: [asks("a", { cpu: 1, "hugepages-2Mi": "4Mi" })] })).toEqual([]);
  });

  it.each([
    ["[XR10] the class made last stands for a resource", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "b"],
    ["[XR11] whichever is told of first", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "a"],
    ["[XR12] made at once: the first by name", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "a"],
  ])("%s", (_name, a, b, chosen) => {
    const made = (name: string, creationTimestamp: string) => ({
      ...makeDeviceClass(name),
      metadata: { name, creationTimestamp },
      spec: { extendedResourceName: GPU },
    });
    expect(classesByResource([made("a", a), made("b", b), makeDeviceClass("c")])).toEqual(new Map([[GPU, chosen]]));
  });
});
