import { describe, expect, it } from "vitest";
import { cpuMs } from "../../test/cpu-time.ts";
import { chooseNodeIp, type HostLink, type HostRoute, lookUpRoute } from "./host.ts";
import { type PeerNode, planPeers, planRouteChanges } from "./plan-routes.ts";
import { planTunnelEntries, planTunnelRoutes, tunnelMac } from "./tunnel.ts";

const routes: HostRoute[] = [
  { dst: "default", gateway: "192.0.2.254", dev: "eth0", protocol: "static" },
  { dst: "192.0.2.0/24", dev: "eth0", protocol: "kernel", prefsrc: "192.0.2.1" },
  { dst: "198.51.100.7", dev: "tun0" },
  { dst: "10.244.9.0/24", gateway: "192.0.2.9", dev: "eth0", protocol: "107" },
];

const plan = (nodes: PeerNode[]) =>
  planPeers({
    self: "a",
    nodes,
    routes,
    ownAddresses: new Set(["192.0.2.1"]),
    ownPodCidr: "10.244.0.0/24",
    clusterCidr: "10.244.0.0/16",
  });
const peer = (name: string, podCidr: string | undefined, internalIp: string | undefined): PeerNode => ({
  name,
  podCidr,
  internalIp,
});

describe("routes to other nodes' pods", () => {
  it("[NR1] on a common link: direct, through the node's own address", () => {
    expect(plan([peer("b", "10.244.1.0/24", "192.0.2.2")])).toEqual({
      direct: [{ dst: "10.244.1.0/24", device: "eth0", via: "192.0.2.2" }],
      tunnelled: [],
      problems: [],
    });
  });

  it("[NR2] behind a router: through the tunnel", () => {
    expect(plan([peer("b", "10.244.1.0/24", "203.0.113.2")]).tunnelled).toEqual([
      { name: "b", podCidr: "10.244.1.0/24", internalIp: "203.0.113.2" },
    ]);
  });

  it.each([
    ["itself", peer("a", "10.244.0.0/24", "192.0.2.1")],
    ["no pod CIDR yet", peer("b", undefined, "192.0.2.2")],
    ["no address yet", peer("b", "10.244.1.0/24", undefined)],
    ["an IPv6 range", peer("b", "fd00::/64", "192.0.2.2")],
  ])("[NR3] left out silently: %s", (_title, node) => {
    expect(plan([node])).toEqual({ direct: [], tunnelled: [], problems: [] });
  });

  it.each([
    ["this node's address", peer("b", "10.244.1.0/24", "192.0.2.1"), "own address"],
    ["a range outside the cluster", peer("b", "192.168.0.0/24", "192.0.2.2"), "outside"],
    ["the whole cluster's range", peer("b", "10.244.0.0/15", "192.0.2.2"), "outside"],
    ["this node's range", peer("b", "10.244.0.0/24", "192.0.2.2"), "another node"],
    ["a range around this node's", peer("b", "10.244.0.0/20", "192.0.2.2"), "another node"],
    ["a range inside this node's", peer("b", "10.244.0.128/25", "192.0.2.2"), "another node"],
  ])("[NR4] refused: a node with %s", (_title, node, problem) => {
    const made = plan([node]);
    expect([made.direct, made.tunnelled]).toEqual([[], []]);
    expect(made.problems.join()).toContain(problem);
  });

  it("[NR5] of two nodes with one range the first by name has it", () => {
    const made = plan([peer("c", "10.244.1.0/24", "192.0.2.3"), peer("b", "10.244.1.0/24", "192.0.2.2")]);
    expect(made.direct.map((r) => r.via)).toEqual(["192.0.2.2"]);
    expect(made.problems).toHaveLength(1);
  });

  it("[NR6] the longest prefix decides, and never a route of ours", () => {
    expect(lookUpRoute(routes, "198.51.100.7")?.dev).toBe("tun0");
    expect(lookUpRoute(routes, "10.244.9.9")?.dst).toBe("default");
    expect(lookUpRoute(routes.slice(1), "203.0.113.1")).toBeUndefined();
  });

  it("[NR7] changes: what is missing or different is replaced, what is not wanted goes", () => {
    const wanted = [
      { dst: "10.244.1.0/24", device: "eth0", via: "192.0.2.2" },
      { dst: "10.244.2.0/24", device: "eth0", via: "192.0.2.3" },
      { dst: "10.96.0.0/16", device: "eth0", source: "192.0.2.1" },
      ...planTunnelRoutes([{ name: "d", podCidr: "10.244.4.0/24", internalIp: "203.0.113.4" }]),
    ];
    const existing: HostRoute[] = [
      { dst: "10.244.1.0/24", gateway: "192.0.2.2", dev: "eth0", protocol: "107", flags: [] },
      { dst: "10.244.2.0/24", gateway: "192.0.2.99", dev: "eth0", protocol: "107", flags: [] },
      { dst: "10.244.3.0/24", gateway: "192.0.2.4", dev: "eth0", protocol: "107", flags: [] },
    ];
    expect(planRouteChanges(wanted, existing)).toEqual([
      "route del 10.244.3.0/24 proto 107",
      "route replace 10.244.2.0/24 via 192.0.2.3 dev eth0 proto 107",
      "route replace 10.96.0.0/16 dev eth0 src 192.0.2.1 proto 107",
      "route replace 10.244.4.0/24 via 10.244.4.0 dev kedge.1 proto 107 onlink",
    ]);
  });

  it("[NR8] the tunnel knows exactly its peers", () => {
    const peers = [{ name: "d", podCidr: "10.244.4.0/24", internalIp: "203.0.113.4" }];
    expect(tunnelMac("203.0.113.4")).toBe("0e:6b:cb:00:71:04");
    expect(planTunnelEntries(peers, { neighbours: [], forwarding: [] })).toEqual({
      ip: ["neigh replace 10.244.4.0 lladdr 0e:6b:cb:00:71:04 dev kedge.1 nud permanent"],
      bridge: ["fdb replace 0e:6b:cb:00:71:04 dev kedge.1 dst 203.0.113.4 self permanent"],
    });
    const neighbours = [
      { dst: "10.244.4.0", lladdr: "0e:6b:cb:00:71:04" },
      { dst: "10.244.5.0", lladdr: "0e:6b:cb:00:71:05" },
    ];
    const forwarding = [
      { mac: "0e:6b:cb:00:71:04", dst: "203.0.113.4" },
      { mac: "0e:6b:cb:00:71:05", dst: "203.0.113.5" },
    ];
    expect(planTunnelEntries(peers, { neighbours, forwarding })).toEqual({
      ip: ["neigh del 10.244.5.0 dev kedge.1"],
      bridge: ["fdb del 0e:6b:cb:00:71:05 dev kedge.1 dst 203.0.113.5 self"],
    });
  });

  it("[NR9] five thousand nodes are planned in well under a second", () => {
    const nodes = Array.from({ length: 5000 }, (_, i) => ({
      name: `n${i}`,
      podCidr: `10.${128 + Math.floor(i / 256)}.${i % 256}.0/24`,
      internalIp: `192.0.2.${2 + (i % 250)}`,
    }));
    const tookMs = cpuMs(() => {
      const { direct } = planPeers({
        self: "x",
        nodes,
        routes,
        ownAddresses: new Set(),
        ownPodCidr: "10.127.0.0/24",
        clusterCidr: "10.0.0.0/8",
      });
      expect(direct).toHaveLength(5000);
    });
    expect(tookMs).toBeLessThan(1000);
  });
});

describe("the node's own address", () => {
  const link = (name: string, ...addresses: string[]): HostLink => ({
    name,
    mtu: 1500,
    addresses: addresses.map((local) => ({ local, prefix: 24, scope: "global" })),
  });
  const lo: HostLink = { name: "lo", mtu: 65_536, addresses: [{ local: "127.0.0.1", prefix: 8, scope: "host" }] };
  it.each([
    { name: "[NI1] what was configured", configured: "192.0.2.9", links: [lo], want: "192.0.2.9" },
    { name: "[NI1] nonsense configured", configured: "here", links: [lo, link("eth0", "192.0.2.1")], want: undefined },
    {
      name: "[NI2] the default route's device",
      links: [lo, link("eth1", "198.51.100.1"), link("eth0", "192.0.2.1")],
      want: "192.0.2.1",
    },
    {
      name: "[NI3] without a default route, the only address",
      links: [lo, link("eth1", "192.0.2.1")],
      routes: [],
      want: "192.0.2.1",
    },
    {
      name: "[NI4] without a default route, one of two is not chosen",
      links: [link("a", "192.0.2.1"), link("b", "192.0.2.2")],
      routes: [],
      want: undefined,
    },
  ])("$name", ({ configured, links, want, ...rest }) => {
    expect(chooseNodeIp({ configured, links, routes: rest.routes ?? routes })).toBe(want);
  });
});
