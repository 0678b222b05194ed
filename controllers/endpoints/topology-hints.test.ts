import { describe, expect, it } from "vitest";
import type { Node } from "../../kinds/core/v1-types.ts";
import type { Endpoint, EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { metadata, node, pod, readySince, service } from "../../test/fakes/cluster-objects.ts";
import { planEndpointSlices } from "./plan-slices.ts";
import { planHints, zoneShares } from "./topology-hints.ts";

const zoned = (name: string, zone: string | undefined, cpu = "2", edits: Parameters<typeof node>[1] = {}): Node => {
  const made = node(name, { metadata: { labels: zone ? { "topology.kubernetes.io/zone": zone } : {} }, ...edits });
  made.status = { ...made.status, allocatable: { cpu } };
  return made;
};
const endpoints = (zones: string): Endpoint[] =>
  [...zones].map((zone, i) => ({ addresses: [`10.0.0.${i}`], conditions: { ready: true }, zone }));
const even = new Map([
  ["a", 1 / 3],
  ["b", 1 / 3],
  ["c", 1 / 3],
]);

describe("zoneShares", () => {
  it.each([
    { name: "[TH1] by CPU", nodes: [zoned("1", "a", "1"), zoned("2", "b", "3")], shares: { a: 0.25, b: 0.75 } },
    { name: "[TH2] one zone is none", nodes: [zoned("1", "a"), zoned("2", "a")] },
    { name: "[TH3] a node without zone: unknown", nodes: [zoned("1", "a"), zoned("2", "b"), zoned("3", undefined)] },
    { name: "[TH4] a node without CPU: unknown", nodes: [zoned("1", "a"), zoned("2", "b", "0")] },
    {
      name: "[TH5] control planes and nodes that are not ready do not count",
      nodes: [
        zoned("1", "a", "1"),
        zoned("2", "b", "1"),
        zoned("3", undefined, "9", { metadata: { labels: { "node-role.kubernetes.io/control-plane": "" } } }),
        zoned("4", undefined, "9", { status: { conditions: [{ type: "Ready", status: "False" }] } }),
      ],
      shares: { a: 0.5, b: 0.5 },
    },
  ])("$name", ({ nodes, shares }) => {
    const found = zoneShares(nodes);
    expect(found && Object.fromEntries(found)).toEqual(shares);
  });
});

describe("planHints", () => {
  it.each([
    { name: "[TH10] each serves its own zone where all have their share", zones: "abc", hints: "abc" },
    { name: "[TH11] a zone with too many gives, those with too few receive", zones: "aaaabc", hints: "cbaabc" },
    { name: "[TH12] what was given before stays", zones: "aaaabc", before: "aabcbc", hints: "aabcbc" },
    { name: "[TH13] a zone that has none is given some", zones: "aaabbb", hints: "caacbb" },
    { name: "[TH14] a zone without nodes gives its endpoints away", zones: "abz", hints: "abc" },
    {
      name: "[TH15] fewer endpoints than zones",
      zones: "ab",
      problem: "Insufficient number of endpoints (2 endpoints, 3 zones)",
    },
    {
      name: "[TH16] the minimum of each zone does not fit",
      zones: "abcd",
      shares: new Map([
        ["a", 0.7],
        ["b", 0.1],
        ["c", 0.1],
        ["d", 0.1],
      ]),
      problem:
        "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (4 endpoints, 4 zones)",
    },
    {
      name: "[TH17] an endpoint without zone",
      zones: "ab ",
      problem: "One or more endpoints do not have a zone specified",
    },
  ])("$name", ({ zones, before = "", hints, problem, shares = even }) => {
    const list = endpoints(zones.trim());
    if (zones.endsWith(" ")) list.push({ addresses: ["10.0.1.1"], conditions: { ready: true } });
    const plan = planHints({ endpoints: list, shares, before: (endpoint) => before[list.indexOf(endpoint)] });
    if (!plan.ok) return expect(plan.problem).toBe(problem);
    expect(list.map((endpoint) => plan.zones.get(endpoint)).join("")).toBe(hints);
    // Once given, nothing moves any more.
    const again = planHints({ endpoints: list, shares, before: (endpoint) => plan.zones.get(endpoint) });
    expect(again.ok && list.map((endpoint) => again.zones.get(endpoint)).join("")).toBe(hints);
  });
});

describe("planEndpointSlices", () => {
  const annotations = { "service.kubernetes.io/topology-mode": "Auto" };
  const nodes = new Map([zoned("n1", "a"), zoned("n2", "b")].map((node) => [node.metadata.name, node]));
  const pods = ["n1", "n1", "n1", "n2"].map((nodeName, i) =>
    pod(`p${i}`, { spec: { nodeName }, status: readySince("2026-01-01T00:00:00Z", `10.0.0.${i}`) }),
  );
  const plan = (wanted: object, slices: EndpointSlice[]) =>
    planEndpointSlices({
      service: service("web", { metadata: { annotations: { ...wanted } } }),
      pods,
      node: (name) => nodes.get(name),
      slices,
      zoneShares: () => zoneShares(nodes.values()),
      random: seededRandom(1),
    });

  it("[TH20] sets hints, tells so, rests, and takes them away again", () => {
    const first = plan(annotations, []);
    expect(first.events?.map(({ reason, message }) => [reason, message])).toEqual([
      ["TopologyAwareHintsEnabled", "Topology Aware Hints has been enabled, addressType: IPv4"],
    ]);
    const op = first.actions[0]!.op;
    const made = (op.verb === "create" ? op.object : {}) as unknown as EndpointSlice;
    expect(made.endpoints?.map(({ hints }) => hints?.forZones?.[0]?.name)).toEqual(["b", "a", "a", "b"]);
    const slice = { ...made, metadata: { ...metadata("web-x"), ...made.metadata } };
    expect(plan(annotations, [slice])).toEqual({ actions: [] });
    const last = plan({}, [slice]);
    expect(last.events?.[0]?.message).toBe("Topology Aware Hints has been disabled, addressType: IPv4");
    expect(last.actions[0]?.op).toMatchObject({ verb: "patch" });
    expect(JSON.stringify(last.actions)).not.toContain("forZones");
  });
});
