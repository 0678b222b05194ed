import { describe, expect, it } from "vitest";
import type { Endpoints, Node, Pod, Service } from "../../kinds/core/v1-types.ts";
import type { Endpoint, EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import type { Status } from "../../machinery/meta/status.ts";
import { controlledBy, metadata, node, pod, readySince, service } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { View } from "../view/view.ts";
import { fillSlices } from "./fill-slices.ts";
import { planEndpoints } from "./plan-endpoints.ts";
import { planEndpointSlices } from "./plan-slices.ts";
import { servicesOf } from "./service-pods.ts";

const SINCE = "2026-01-01T00:00:05Z";
const NODES: { [name: string]: Node } = {
  n1: node("n1", { metadata: { labels: { "topology.kubernetes.io/zone": "east" } } }),
  n2: node("n2"),
};

const backend = (name: string, ip: string, edits: Parameters<typeof pod>[1] = {}): Pod =>
  pod(name, {
    spec: { nodeName: "n1", ...edits.spec },
    status: edits.status ?? readySince(SINCE, ip),
    metadata: edits.metadata ?? {},
  });

const slices = (svc: Service, pods: Pod[], existing: EndpointSlice[] = []): Plan =>
  planEndpointSlices({ service: svc, pods, node: (name) => NODES[name], slices: existing, random: seededRandom(1) });

const created = (plan: Plan): EndpointSlice[] =>
  plan.actions.flatMap(({ op }) => (op.verb === "create" ? [op.object as unknown as EndpointSlice] : []));

/** The slice as the store would have it. */
const stored = (made: EndpointSlice, more: Partial<EndpointSlice> = {}): EndpointSlice =>
  ({ ...made, ...more, metadata: { ...metadata(made.metadata.name ?? ""), ...made.metadata } }) as EndpointSlice;

const verbs = (plan: Plan): string[] => plan.actions.map(({ op }) => op.verb);

describe("planEndpointSlices", () => {
  it("[ES1] makes a slice with address, conditions, node, zone, pod and ports", () => {
    const [slice] = created(
      slices(service("web", { metadata: { labels: { team: "blue" } } }), [backend("a", "10.244.0.5")]),
    );
    expect(slice).toMatchObject({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        generateName: "web-",
        labels: {
          team: "blue",
          "kubernetes.io/service-name": "web",
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        },
        annotations: { "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z" },
        ownerReferences: [
          { apiVersion: "v1", kind: "Service", name: "web", controller: true, blockOwnerDeletion: true },
        ],
      },
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      endpoints: [
        {
          addresses: ["10.244.0.5"],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: "n1",
          zone: "east",
          targetRef: { kind: "Pod", namespace: "default", name: "a", uid: "uid-of-a" },
        },
      ],
    });
    expect(slice?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  });

  it.each<{ name: string; pod: Pod; publish?: boolean; conditions: object | undefined }>([
    {
      name: "[ES2] not ready",
      pod: backend("a", "", { status: { phase: "Running", podIP: "10.244.0.5" } }),
      conditions: { ready: false, serving: false, terminating: false },
    },
    {
      name: "[ES3] on its way out, still serving",
      pod: backend("a", "10.244.0.5", { metadata: { deletionTimestamp: SINCE } }),
      conditions: { ready: false, serving: true, terminating: true },
    },
    {
      name: "[ES4] publishNotReadyAddresses makes all ready",
      publish: true,
      pod: backend("a", "", { status: { phase: "Running", podIP: "10.244.0.5" } }),
      conditions: { ready: true, serving: false, terminating: false },
    },
    {
      name: "[ES5] finished: not at all",
      pod: backend("a", "", { status: { phase: "Succeeded", podIP: "10.244.0.5" } }),
      conditions: undefined,
    },
    {
      name: "[ES6] without an address: not at all",
      pod: backend("a", "", { status: { phase: "Pending" } }),
      conditions: undefined,
    },
    {
      name: "[ES7] its node is gone: not at all",
      pod: backend("a", "10.244.0.5", { spec: { nodeName: "gone" } }),
      conditions: undefined,
    },
    {
      name: "[ES8] its node is gone, but not-ready addresses are published",
      publish: true,
      pod: backend("a", "10.244.0.5", { spec: { nodeName: "gone" } }),
      conditions: { ready: true, serving: true, terminating: false },
    },
  ])("$name", ({ pod: p, publish, conditions }) => {
    const svc = service("web", { spec: publish ? { publishNotReadyAddresses: true } : {} });
    expect(created(slices(svc, [p]))[0]?.endpoints?.[0]?.conditions).toEqual(conditions);
  });

  it("[ES9] pods whose named port differs have slices of their own", () => {
    const svc = service("web", { spec: { ports: [{ name: "http", port: 80, targetPort: "web", protocol: "TCP" }] } });
    const named = (name: string, containerPort: number) =>
      backend(name, `10.244.0.${containerPort % 100}`, {
        spec: { containers: [{ name: "c", ports: [{ name: "web", containerPort, protocol: "TCP" }] }] } as Partial<
          Pod["spec"]
        >,
      });
    const unnamed = backend("x", "10.244.0.99");
    const made = created(slices(svc, [named("a", 8001), named("b", 8002), unnamed]));
    expect(made.map(({ ports, endpoints }) => [ports?.[0]?.port, endpoints?.[0]?.targetRef?.name]).sort()).toEqual([
      [undefined, "x"],
      [8001, "a"],
      [8002, "b"],
    ]);
  });

  it("[ES10] headless: label, hostnames of its own pods, no ports needed", () => {
    const svc = service("db", { spec: { clusterIP: "None", ports: [] } });
    const p = backend("db-0", "10.244.0.5", { spec: { hostname: "db-0", subdomain: "db" } });
    const other = backend("x", "10.244.0.6", { spec: { hostname: "x", subdomain: "another" } });
    const [slice] = created(slices(svc, [p, other]));
    expect(slice?.metadata.labels).toHaveProperty(["service.kubernetes.io/headless"], "");
    expect(slice?.endpoints?.map(({ hostname }) => hostname)).toEqual(["db-0", undefined]);
    expect(slice?.ports).toEqual([]);
  });

  it("[ES11] both families have slices with their own addresses", () => {
    const svc = service("web", { spec: { ipFamilies: ["IPv4", "IPv6"] } });
    const dual = backend("a", "", {
      status: { ...readySince(SINCE), podIPs: [{ ip: "10.244.0.5" }, { ip: "fd00::5" }] },
    });
    expect(
      created(slices(svc, [dual])).map(({ addressType, endpoints }) => [addressType, endpoints?.[0]?.addresses]),
    ).toEqual([
      ["IPv4", ["10.244.0.5"]],
      ["IPv6", ["fd00::5"]],
    ]);
  });

  it("[ES12] nothing has changed: nothing is written", () => {
    const svc = service("web");
    const pods = [backend("a", "10.244.0.5"), backend("b", "10.244.0.6")];
    const existing = created(slices(svc, pods)).map((slice) => stored(slice));
    expect(slices(svc, pods, existing)).toEqual({ actions: [] });
  });

  it("[ES13] without endpoints there is one empty slice, and it stays", () => {
    const svc = service("web");
    const [empty] = created(slices(svc, []));
    expect(empty).toMatchObject({ endpoints: [], ports: [] });
    expect(slices(svc, [], [stored(empty!)])).toEqual({ actions: [] });
  });

  it("[ES14] the empty slice is filled rather than replaced, and emptied rather than deleted", () => {
    const svc = service("web");
    const [empty] = created(slices(svc, []));
    const filled = slices(svc, [backend("a", "10.244.0.5")], [stored(empty!)]);
    expect(filled.actions.map(({ op }) => op)).toMatchObject([
      { verb: "patch", patch: { endpoints: [{ addresses: ["10.244.0.5"] }], ports: [{ port: 8080 }] } },
    ]);
    const [full] = created(slices(svc, [backend("a", "10.244.0.5")]));
    expect(slices(svc, [], [stored(full!)]).actions.map(({ op }) => op)).toMatchObject([
      { verb: "patch", patch: { endpoints: [], ports: [] } },
    ]);
  });

  it("[ES15] labels of the service follow, reserved ones cannot be taken over", () => {
    const svc = service("web");
    const pods = [backend("a", "10.244.0.5")];
    const existing = created(slices(svc, pods)).map((slice) => stored(slice));
    const relabelled = {
      ...svc,
      metadata: { ...svc.metadata, labels: { team: "red", "kubernetes.io/service-name": "evil" } },
    };
    expect(slices(relabelled, pods, existing).actions.map(({ op }) => op)).toMatchObject([
      { verb: "patch", patch: { metadata: { labels: { team: "red" } } } },
    ]);
  });

  it("[ES16] slices of another owner or family go", () => {
    const svc = service("web");
    const pods = [backend("a", "10.244.0.5")];
    const [mine] = created(slices(svc, pods));
    const foreign = stored(mine!, {
      metadata: { ...metadata("foreign"), ...controlledBy(service("old", { metadata: { uid: "before" } })) },
    });
    foreign.metadata.ownerReferences = controlledBy(service("old", { metadata: { uid: "before" } })).ownerReferences;
    const v6 = stored({ ...mine!, metadata: { ...mine!.metadata, name: "v6" } } as EndpointSlice, {
      addressType: "IPv6",
    });
    const plan = slices(svc, pods, [stored(mine!), foreign, v6]);
    expect(plan.actions.map(({ op }) => [op.verb, "name" in op && op.name])).toEqual([
      ["delete", "v6"],
      ["delete", mine!.metadata.name],
    ]);
    expect(verbs(plan)).not.toContain("create");
  });

  it("[ES17] a service that is being deleted gets no new slices", () => {
    const svc = service("web", { metadata: { deletionTimestamp: SINCE } });
    expect(verbs(slices(svc, [backend("a", "10.244.0.5")]))).toEqual([]);
  });

  it("[ES18] the trigger time moves on with newer changes only", () => {
    const svc = service("web");
    const [before] = created(slices(svc, [backend("a", "10.244.0.5")]));
    const later = backend("b", "", { status: readySince("2026-01-01T00:10:00Z", "10.244.0.6") });
    const trigger = (plan: Plan) =>
      (plan.actions[0]!.op as unknown as { patch: { metadata: { annotations: object } } }).patch.metadata.annotations;
    const existing = stored(before!);
    existing.metadata.annotations = { "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:05:00Z" };
    expect(trigger(slices(svc, [backend("a", "10.244.0.5"), later], [existing]))).toEqual({
      "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:10:00Z",
    });
    expect(trigger(slices(svc, [], [existing]))).toEqual({ "endpoints.kubernetes.io/last-change-trigger-time": null });
  });

  it.each([
    { name: "[ES19] PreferSameZone", trafficDistribution: "PreferSameZone", hints: { forZones: [{ name: "east" }] } },
    { name: "[ES20] PreferClose", trafficDistribution: "PreferClose", hints: { forZones: [{ name: "east" }] } },
    {
      name: "[ES21] PreferSameNode",
      trafficDistribution: "PreferSameNode",
      hints: { forNodes: [{ name: "n1" }], forZones: [{ name: "east" }] },
    },
    { name: "[ES22] no preference", trafficDistribution: "", hints: undefined },
  ])("$name", ({ trafficDistribution, hints }) => {
    const svc = service("web", { spec: { trafficDistribution } });
    expect(created(slices(svc, [backend("a", "10.244.0.5")]))[0]?.endpoints?.[0]?.hints).toEqual(hints);
  });
});

describe("fillSlices", () => {
  const endpoint = (i: number, ready = true): Endpoint => ({ addresses: [`10.0.0.${i}`], conditions: { ready } });
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => endpoint(from + i));
  const result = (existing: Endpoint[][], wanted: Endpoint[]) => {
    const slicesBefore = existing.map((endpoints) => ({ endpoints }));
    const { update, create, remove, unchanged } = fillSlices(slicesBefore, wanted, 10);
    return {
      update: update.map(({ endpoints }) => endpoints.length),
      create: create.map((e) => e.length),
      remove: remove.length,
      unchanged: unchanged.length,
    };
  };

  it.each([
    {
      name: "[FS1] all new: full slices and a rest",
      before: [],
      wanted: range(0, 25),
      expected: { update: [], create: [10, 10, 5], remove: 0, unchanged: 0 },
    },
    {
      name: "[FS2] what is there stays where it is",
      before: [range(0, 4), range(4, 9)],
      wanted: range(0, 9),
      expected: { update: [], create: [], remove: 0, unchanged: 2 },
    },
    {
      name: "[FS3] a few more go into the fullest slice with room for all",
      before: [range(0, 4), range(4, 11)],
      wanted: range(0, 13),
      expected: { update: [9], create: [], remove: 0, unchanged: 1 },
    },
    {
      name: "[FS4] slices that change anyway are filled up first",
      before: [range(0, 4), range(4, 11)],
      wanted: [...range(1, 11), ...range(20, 24)],
      expected: { update: [7], create: [], remove: 0, unchanged: 1 },
    },
    {
      name: "[FS5] not spread over several others: a new slice instead",
      before: [range(0, 8), range(8, 16)],
      wanted: range(0, 19),
      expected: { update: [], create: [3], remove: 0, unchanged: 2 },
    },
    {
      name: "[FS6] a slice that empties goes",
      before: [range(0, 4), range(4, 8)],
      wanted: range(0, 4),
      expected: { update: [], create: [], remove: 1, unchanged: 1 },
    },
    {
      name: "[FS7] a changed condition is an update",
      before: [range(0, 2)],
      wanted: [endpoint(0, false), endpoint(1)],
      expected: { update: [2], create: [], remove: 0, unchanged: 0 },
    },
    {
      name: "[FS8] the same endpoint twice stays once",
      before: [range(0, 2), range(1, 3)],
      wanted: range(0, 3),
      expected: { update: [1], create: [], remove: 0, unchanged: 1 },
    },
  ])("$name", ({ before, wanted, expected }) => {
    expect(result(before, wanted)).toEqual(expected);
  });
});

describe("planEndpoints", () => {
  const made = (svc: Service, pods: Pod[]): Endpoints =>
    (planEndpoints({ service: svc, pods, endpoints: undefined }).actions[0]!.op as unknown as { object: Endpoints })
      .object;
  const kept = (endpoints: Endpoints): Endpoints => ({
    ...endpoints,
    metadata: { ...metadata("web"), ...endpoints.metadata },
  });

  it("[EP1] ready and not-ready addresses, ports, labels and trigger time", () => {
    const svc = service("web", { metadata: { labels: { team: "blue" } } });
    const notReady = backend("b", "", { status: { phase: "Running", podIP: "10.244.0.6" } });
    expect(made(svc, [backend("a", "10.244.0.5"), notReady])).toEqual({
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: {
        name: "web",
        namespace: "default",
        labels: { team: "blue", "endpoints.kubernetes.io/managed-by": "endpoint-controller" },
        annotations: { "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z" },
      },
      subsets: [
        {
          addresses: [
            {
              ip: "10.244.0.5",
              nodeName: "n1",
              targetRef: { kind: "Pod", namespace: "default", name: "a", uid: "uid-of-a" },
            },
          ],
          notReadyAddresses: [
            {
              ip: "10.244.0.6",
              nodeName: "n1",
              targetRef: { kind: "Pod", namespace: "default", name: "b", uid: "uid-of-b" },
            },
          ],
          ports: [{ name: "http", port: 8080, protocol: "TCP" }],
        },
      ],
    });
  });

  it.each<{ name: string; spec: Partial<Service["spec"] & object>; pod: Pod; subsets: object[] }>([
    {
      name: "[EP2] a pod on its way out is left out",
      spec: {},
      pod: backend("a", "10.244.0.5", { metadata: { deletionTimestamp: SINCE } }),
      subsets: [],
    },
    {
      name: "[EP3] unless not-ready addresses are published",
      spec: { publishNotReadyAddresses: true },
      pod: backend("a", "10.244.0.5", { metadata: { deletionTimestamp: SINCE } }),
      subsets: [{ addresses: [{ ip: "10.244.0.5" }] }],
    },
    {
      name: "[EP4] headless without ports",
      spec: { clusterIP: "None", ports: [] },
      pod: backend("a", "10.244.0.5"),
      subsets: [{ addresses: [{ ip: "10.244.0.5" }] }],
    },
    {
      name: "[EP5] a named port that the pod lacks",
      spec: { ports: [{ name: "x", port: 80, targetPort: "none" }] },
      pod: backend("a", "10.244.0.5"),
      subsets: [],
    },
    {
      name: "[EP6] hostname under a headless service",
      spec: { clusterIP: "None" },
      pod: backend("a", "10.244.0.5", { spec: { hostname: "h", subdomain: "web" } }),
      subsets: [{ addresses: [{ ip: "10.244.0.5", hostname: "h" }] }],
    },
  ])("$name", ({ spec, pod: p, subsets }) => {
    const endpoints = made(service("web", { spec }), [p]);
    expect(endpoints.subsets).toMatchObject(subsets);
    expect(endpoints.subsets).toHaveLength(subsets.length);
  });

  it("[EP7] ports with the same addresses share a subset; others have their own", () => {
    const svc = service("web", {
      spec: {
        ports: [
          { name: "a", port: 1, targetPort: 1 },
          { name: "b", port: 2, targetPort: 2 },
          { name: "m", port: 3, targetPort: "metrics" },
        ],
      },
    });
    const withMetrics = backend("a", "10.244.0.5", {
      spec: { containers: [{ name: "c", ports: [{ name: "metrics", containerPort: 9 }] }] } as Partial<Pod["spec"]>,
    });
    const subsets = made(svc, [withMetrics, backend("b", "10.244.0.6")]).subsets ?? [];
    expect(
      subsets.map(({ addresses, ports }) => [addresses?.map(({ ip }) => ip), ports?.map(({ name }) => name)]),
    ).toEqual(
      expect.arrayContaining([
        [
          ["10.244.0.5", "10.244.0.6"],
          ["a", "b"],
        ],
        [["10.244.0.5"], ["m"]],
      ]),
    );
    expect(subsets).toHaveLength(2);
  });

  it("[EP8] nothing has changed: nothing is written", () => {
    const svc = service("web");
    const pods = [backend("a", "10.244.0.5")];
    expect(planEndpoints({ service: svc, pods, endpoints: kept(made(svc, pods)) })).toEqual({ actions: [] });
  });

  it("[EP9] at most 1000 addresses, ready ones first", () => {
    const pods = Array.from({ length: 1_200 }, (_, i) =>
      backend(`p${i}`, "", {
        status:
          i < 300
            ? { phase: "Running", podIP: `10.1.${i >> 8}.${i & 255}` }
            : readySince(SINCE, `10.1.${i >> 8}.${i & 255}`),
      }),
    );
    const endpoints = made(service("web"), pods);
    expect(endpoints.subsets?.[0]?.addresses).toHaveLength(900);
    expect(endpoints.subsets?.[0]?.notReadyAddresses).toHaveLength(100);
    expect(endpoints.metadata.annotations).toMatchObject({ "endpoints.kubernetes.io/over-capacity": "truncated" });
    expect(planEndpoints({ service: service("web"), pods, endpoints: kept(endpoints) }).actions).toEqual([]);
  });

  it("[EP11] of several subsets each gives way in proportion, and none that is not ready stays beside", () => {
    const port = (containerPort: number) => ({
      containers: [{ name: "c", ports: [{ name: "http", containerPort }] }],
    });
    const pods = Array.from({ length: 2_200 }, (_, i) => {
      const ip = `10.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
      const status = i % 11 === 0 ? { phase: "Running", podIP: ip } : readySince(SINCE, ip);
      return backend(`p${i}`, ip, { spec: port(i < 550 ? 1 : 2) as Partial<Pod["spec"]>, status });
    });
    const svc = service("web", { spec: { ports: [{ port: 80, targetPort: "http" }] } });
    const subsets = made(svc, pods).subsets ?? [];
    expect(subsets.map(({ addresses, ports }) => [ports?.[0]?.port, addresses?.length]).sort()).toEqual([
      [1, 250],
      [2, 750],
    ]);
    expect(subsets.some(({ notReadyAddresses }) => notReadyAddresses)).toBe(false);
  });

  it("[EP12] a write that is refused is told of, one that lost a race is not", () => {
    const [create] = planEndpoints({
      service: service("web"),
      pods: [backend("a", "10.1.0.1")],
      endpoints: undefined,
    }).actions;
    const status = (reason: string) => ({ code: 403, reason, message: "no" }) as Status;
    expect(create?.failureEvent?.(status("Forbidden"))).toMatchObject({
      reason: "FailedToCreateEndpoint",
      message: "Failed to create endpoint for service default/web: no",
    });
    expect(create?.failureEvent?.(status("AlreadyExists"))).toBeUndefined();
    const [slice] = slices(service("web"), [backend("a", "10.1.0.1")]).actions;
    expect(slice?.failureEvent?.(status("Forbidden"))).toMatchObject({
      reason: "FailedToUpdateEndpointSlices",
      message:
        "Error updating Endpoint Slices for Service default/web: failed to create EndpointSlice for Service default/web: no",
    });
  });

  it("[EP10] go with their service", () => {
    const endpoints = kept(made(service("web"), []));
    expect(planEndpoints({ service: undefined, pods: [], endpoints }).actions.map(({ op }) => op.verb)).toEqual([
      "delete",
    ]);
  });
});

describe("servicesOf", () => {
  const view = new View(registry);
  view.services.put(service("web"));
  view.services.put(service("all", { spec: { selector: {} } }));
  view.services.put(service("db", { spec: { selector: { app: "db" } } }));
  const none = service("none");
  delete (none.spec as { selector?: object }).selector;
  view.services.put(none);
  const before = backend("a", "10.244.0.5");
  const keys = (object: Pod, previous?: Pod) =>
    [
      ...servicesOf(
        previous
          ? { type: "changed", resource: "pods", object, previous }
          : { type: "added", resource: "pods", object },
        view,
      ),
    ].sort();

  it.each<{ name: string; object: Pod; previous?: Pod; keys: string[] }>([
    { name: "[SO1] those that select it", object: before, keys: ["default/all", "default/web"] },
    {
      name: "[SO2] none when nothing that matters changed",
      object: { ...before, metadata: { ...before.metadata, annotations: { a: "b" } } },
      previous: before,
      keys: [],
    },
    {
      name: "[SO3] those that selected it before, too",
      object: { ...before, metadata: { ...before.metadata, labels: { app: "db" } } },
      previous: before,
      keys: ["default/all", "default/db", "default/web"],
    },
    {
      name: "[SO4] when readiness changed",
      object: { ...before, status: { phase: "Running" } } as Pod,
      previous: before,
      keys: ["default/all", "default/web"],
    },
  ])("$name", ({ object, previous, keys: expected }) => {
    expect(keys(object, previous)).toEqual(expected);
  });
});
