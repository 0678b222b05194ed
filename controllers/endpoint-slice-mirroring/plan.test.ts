import { describe, expect, it } from "vitest";
import type { Endpoints } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import { isMirrorable, planMirror } from "./plan.ts";

const endpoints = (subsets: unknown[], more: Parameters<typeof metadata>[1] = {}): Endpoints =>
  ({ apiVersion: "v1", kind: "Endpoints", metadata: metadata("db", more), subsets }) as unknown as Endpoints;
const plan = (from: Endpoints | undefined, slices: EndpointSlice[] = []) =>
  planMirror({ endpoints: from, slices, random: seededRandom(1) });
const created = (from: Endpoints): EndpointSlice[] =>
  plan(from).actions.flatMap(({ op }) => {
    if (op.verb !== "create") return [];
    const made = op.object as unknown as EndpointSlice;
    return [{ ...made, metadata: { ...metadata(made.metadata.name ?? ""), ...made.metadata } }];
  });
const PORTS = [{ name: "sql", port: 5432, protocol: "TCP" }];

describe("planMirror", () => {
  it("[EM1] says what the Endpoints say, with its labels and annotations, owned by it", () => {
    const from = endpoints(
      [
        {
          addresses: [{ ip: "10.1.0.1", hostname: "one", nodeName: "n1" }],
          notReadyAddresses: [{ ip: "10.1.0.2" }],
          ports: PORTS,
        },
      ],
      {
        labels: { team: "blue" },
        annotations: { note: "x", "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z" },
      },
    );
    const [slice, ...others] = created(from);
    expect(others).toEqual([]);
    expect(slice).toMatchObject({
      metadata: {
        generateName: "db-",
        labels: {
          team: "blue",
          "kubernetes.io/service-name": "db",
          "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
        },
        ownerReferences: [{ kind: "Endpoints", name: "db", controller: true }],
      },
      addressType: "IPv4",
      ports: PORTS,
      endpoints: [
        { addresses: ["10.1.0.1"], conditions: { ready: true }, hostname: "one", nodeName: "n1" },
        { addresses: ["10.1.0.2"], conditions: { ready: false } },
      ],
    });
    expect(slice?.metadata.annotations).toEqual({ note: "x" });
    expect(plan(from, [slice!])).toEqual({ actions: [] });
  });

  it("[EM2] one slice for each family and set of ports", () => {
    const slices = created(
      endpoints([
        { addresses: [{ ip: "10.1.0.1" }, { ip: "fd00::1" }], ports: PORTS },
        { addresses: [{ ip: "10.1.0.1" }], ports: [{ port: 80 }] },
      ]),
    );
    expect(slices.map(({ addressType, ports }) => [addressType, ports?.[0]?.port])).toEqual([
      ["IPv4", 5432],
      ["IPv6", 5432],
      ["IPv4", 80],
    ]);
  });

  it("[EM3] at most 1000 of a subset; tells how many were left out", () => {
    const addresses = Array.from({ length: 1_003 }, (_, i) => ({ ip: `10.1.${i >> 8}.${i & 255}` }));
    const from = endpoints([{ addresses: [{ ip: "no address" }, ...addresses], ports: PORTS }]);
    expect(created(from)[0]?.endpoints).toHaveLength(1_000);
    expect(plan(from).events?.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      "InvalidIPAddress: Skipped 1 invalid IP addresses when mirroring to EndpointSlices",
      "TooManyAddressesToMirror: A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 4 addresses were skipped",
    ]);
  });

  it("[EM4] changes the slice there is, also to other ports; what is no longer needed goes", () => {
    const slices = created(
      endpoints([
        { addresses: [{ ip: "10.1.0.1" }], ports: PORTS },
        { addresses: [{ ip: "10.1.0.1" }], ports: [{ port: 80 }] },
      ]),
    );
    const next = plan(endpoints([{ addresses: [{ ip: "10.1.0.9" }], ports: [{ port: 81 }] }]), slices);
    expect(next.actions.map(({ op }) => op.verb)).toEqual(["patch", "delete"]);
    expect(next.actions[0]?.op).toMatchObject({
      patch: { ports: [{ port: 81 }], endpoints: [{ addresses: ["10.1.0.9"] }] },
    });
    expect(plan(undefined, slices).actions.map(({ op }) => op.verb)).toEqual(["delete", "delete"]);
    expect(plan(endpoints([]), slices).actions.map(({ op }) => op.verb)).toEqual(["delete", "delete"]);
  });

  it.each([
    { name: "[EM5] not with the label that says so", labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    { name: "[EM6] not a leader's lock", annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } },
  ])("$name", (more) => {
    expect(isMirrorable(endpoints([], more))).toBe(false);
    expect(isMirrorable(endpoints([]))).toBe(true);
  });
});
