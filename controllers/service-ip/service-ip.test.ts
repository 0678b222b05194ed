import { describe, expect, it } from "vitest";
import type { IPAddress, ServiceCIDR } from "../../kinds/networking/v1-types.ts";
import { metadata, service } from "../../test/fakes/cluster-objects.ts";
import { GRACE_MS, planAddress, planService } from "./repair.ts";
import { FINALIZER, planServiceCidr } from "./service-cidr.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const READY = { conditions: [{ type: "Ready", status: "True" }] };
const cidr = (name: string, range: string, more: object = {}, status: object = READY): ServiceCIDR =>
  ({
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: metadata(name, { namespace: "", finalizers: [FINALIZER], ...more }),
    spec: { cidrs: [range] },
    status,
  }) as ServiceCIDR;
const address = (
  name: string,
  parent: object = {},
  labels: object = { "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" },
): IPAddress =>
  ({
    metadata: metadata(name, { namespace: "", labels: { ...labels } }),
    spec: { parentRef: { resource: "services", namespace: "default", name: "web", ...parent } },
  }) as IPAddress;
const DELETED = { deletionTimestamp: "2026-01-01T00:00:00Z" };

describe("planServiceCidr", () => {
  const plan = (it: ServiceCIDR, others: ServiceCIDR[] = [], addresses: IPAddress[] = []) =>
    planServiceCidr({ cidr: it, all: [it, ...others], addresses, nowMs: NOW });

  it("[SI1] a new range gets its finalizer and is ready; then it rests", () => {
    const { actions } = plan(cidr("new", "10.1.0.0/24", { finalizers: undefined }, {}));
    expect(actions.map(({ op }) => (op.verb === "patch" ? op.patch : op.verb))).toMatchObject([
      { metadata: { finalizers: [FINALIZER] } },
      {
        status: {
          conditions: [{ type: "Ready", status: "True", reason: "", message: "Kubernetes Service CIDR is ready" }],
        },
      },
    ]);
    expect(plan(cidr("old", "10.1.0.0/24"))).toEqual({ actions: [] });
  });

  const deleted = cidr("d", "10.1.0.0/24", DELETED);
  it.each([
    { name: "[SI2] no address in it: goes", goes: true },
    { name: "[SI3] an address in it: stays", addresses: [address("10.1.0.9")], goes: false },
    { name: "[SI4] an address elsewhere: goes", addresses: [address("10.2.0.9")], goes: true },
    {
      name: "[SI5] another range has the address too: goes",
      addresses: [address("10.1.0.9")],
      others: [cidr("o", "10.1.0.0/28")],
      goes: true,
    },
    {
      name: "[SI6] another range covers it: goes",
      addresses: [address("10.1.0.200")],
      others: [cidr("o", "10.0.0.0/8")],
      goes: true,
    },
    {
      name: "[SI7] another range covers a part only: stays",
      addresses: [address("10.1.0.200")],
      others: [cidr("o", "10.1.0.0/28")],
      goes: false,
    },
    {
      name: "[SI8] an address that nobody allocated does not count",
      addresses: [address("10.1.0.9", {}, {})],
      goes: true,
    },
  ])("$name", ({ addresses = [], others = [], goes }) => {
    const [action] = plan(deleted, others, addresses).actions;
    if (goes) expect(action?.op).toMatchObject({ verb: "patch", patchType: "json" });
    else
      expect(action?.op).toMatchObject({
        patch: { status: { conditions: [{ type: "Ready", status: "False", reason: "Terminating" }] } },
      });
  });
});

describe("planAddress", () => {
  const late = NOW + GRACE_MS;
  const web = service("web", { spec: { clusterIP: "10.96.0.20", clusterIPs: ["10.96.0.20"] } });
  it.each([
    { name: "[SI10] its service has it: stays", address: address("10.96.0.20"), service: web, at: late, goes: false },
    {
      name: "[SI11] its service has another: goes",
      address: address("10.96.0.21"),
      service: web,
      at: late,
      goes: true,
    },
    {
      name: "[SI12] its service is gone: goes",
      address: address("10.96.0.20"),
      service: undefined,
      at: late,
      goes: true,
    },
    {
      name: "[SI13] not while it is young",
      address: address("10.96.0.20"),
      service: undefined,
      at: NOW,
      goes: false,
      again: true,
    },
    {
      name: "[SI14] not one that somebody has made by hand",
      address: address("10.96.0.20", {}, {}),
      service: undefined,
      at: late,
      goes: false,
    },
    {
      name: "[SI15] at once when it is no service's",
      address: address("10.96.0.20", { resource: "pods" }),
      service: undefined,
      at: NOW,
      goes: true,
    },
  ])("$name", ({ address, service, at, goes, again }) => {
    const plan = planAddress({ address, service, nowMs: at });
    expect(plan.actions.map(({ op }) => op.verb)).toEqual(goes ? ["delete"] : []);
    expect(plan.againAtMs).toBe(again ? late : undefined);
  });

  it("[SI16] tells of a service out of range", () => {
    expect(planService(web, [cidr("kubernetes", "10.96.0.0/16")])).toEqual({ actions: [] });
    expect(planService(web, [cidr("other", "10.1.0.0/16")]).events?.[0]).toMatchObject({
      reason: "ClusterIPOutOfRange",
      message: "Cluster IP [IPv4]: 10.96.0.20 is not within any configured Service CIDR; please recreate service",
    });
    expect(planService(service("h", { spec: { clusterIP: "None", clusterIPs: ["None"] } }), [])).toEqual({
      actions: [],
    });
  });
});
