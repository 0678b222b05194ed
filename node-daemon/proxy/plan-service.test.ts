import { describe, expect, it } from "vitest";
import type { Service, ServiceSpec } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { planServiceRules } from "./plan-service.ts";
import type { RuleSet } from "./rule-set.ts";
import { makeService, makeSlice, node } from "./testing.ts";

const plan = (services: Service[], slices: EndpointSlice[]): RuleSet => planServiceRules(services, slices, node);
const chain = (rules: RuleSet, name: string): readonly string[] | undefined => rules.chains.get(name);
const element = (rules: RuleSet, container: string, key: string): string | undefined =>
  rules.elements.get(`${container}\t${key}`);
/** "container key : verdict" of all elements but the sets. */
const elements = (rules: RuleSet): string[] =>
  [...rules.elements]
    .filter(([, verdict]) => verdict !== "")
    .map(([key, verdict]) => `${key.replace("\t", " ")} : ${verdict}`)
    .sort();

const WEB = "default/web/tcp/http";
const nodePort: Partial<ServiceSpec> = {
  type: "NodePort",
  ports: [{ name: "http", port: 80, protocol: "TCP", nodePort: 30080 }],
};

describe("service rules", () => {
  it("[PS1] one endpoint: a plain translation", () => {
    const rules = plan([makeService()], [makeSlice(["10.244.0.5@a"])]);
    expect(elements(rules)).toEqual([`service-ips 10.96.0.20 . tcp . 80 : goto cluster-${WEB}`]);
    expect(chain(rules, `cluster-${WEB}`)).toEqual(["meta l4proto tcp dnat to 10.244.0.5:8080"]);
    expect(element(rules, "cluster-ips", "10.96.0.20")).toBe("");
  });

  it("[PS2] several endpoints: each with the same chance, in a stable order", () => {
    const rules = plan([makeService()], [makeSlice(["10.244.1.5@b", "10.244.0.5@a"])]);
    expect(chain(rules, `cluster-${WEB}`)).toEqual([
      "meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : 10.244.0.5 . 8080, 1 : 10.244.1.5 . 8080 }",
    ]);
  });

  it("[PS3] only pods on this node can hairpin here", () => {
    const rules = plan([makeService()], [makeSlice(["10.244.1.5@b", "10.244.0.5@a"])]);
    expect([...rules.elements.keys()].filter((k) => k.startsWith("hairpins"))).toEqual([
      "hairpins\t10.244.0.5 . 10.244.0.5",
    ]);
  });

  it.each([
    [
      "[PS4] not ready endpoints take nothing",
      ["10.244.0.5@a", "-10.244.0.6@a", "~10.244.0.7@a"],
      "dnat to 10.244.0.5:8080",
    ],
    [
      "[PS4] without ready ones, those that still serve do",
      ["-10.244.0.6@a", "~10.244.0.7@a"],
      "dnat to 10.244.0.7:8080",
    ],
  ])("%s", (_title, endpoints, want) => {
    expect(chain(plan([makeService()], [makeSlice(endpoints)]), `cluster-${WEB}`)).toEqual([
      `meta l4proto tcp ${want}`,
    ]);
  });

  it.each([
    ["no slices", []],
    ["none ready", [makeSlice(["-10.244.0.6@a"])]],
    ["another port's", [makeSlice(["10.244.0.6@a"], { name: "other" })]],
    ["another protocol's", [makeSlice(["10.244.0.6@a"], { protocol: "UDP" })]],
    ["another service's", [makeSlice(["10.244.0.6@a"], { service: "db" })]],
  ])("[PS5] no endpoints (%s): rejected everywhere", (_title, slices) => {
    const rules = plan([makeService({ ...nodePort, externalIPs: ["203.0.113.5"] })], slices);
    expect(elements(rules)).toEqual([
      "no-endpoint-nodeports tcp . 30080 : goto reject-chain",
      "no-endpoint-services 10.96.0.20 . tcp . 80 : goto reject-chain",
      "no-endpoint-services 203.0.113.5 . tcp . 80 : goto reject-chain",
    ]);
    expect(rules.chains.size).toBe(0);
  });

  it("[PS6] external traffic under policy Cluster is masqueraded", () => {
    const rules = plan([makeService(nodePort)], [makeSlice(["10.244.0.5@a"])]);
    expect(element(rules, "service-nodeports", "tcp . 30080")).toBe(`goto external-${WEB}`);
    expect(chain(rules, `external-${WEB}`)).toEqual(["jump mark-for-masquerade", `goto cluster-${WEB}`]);
  });

  it("[PS7] externalTrafficPolicy Local: outsiders get local endpoints, this node's own traffic all", () => {
    const service = makeService({ ...nodePort, externalTrafficPolicy: "Local" });
    const rules = plan([service], [makeSlice(["10.244.0.5@a", "10.244.1.5@b"])]);
    expect(chain(rules, `external-${WEB}`)).toEqual([
      `ip saddr 10.244.0.0/16 goto cluster-${WEB}`,
      "fib saddr type local jump mark-for-masquerade",
      `fib saddr type local goto cluster-${WEB}`,
      `goto local-${WEB}`,
    ]);
    expect(chain(rules, `local-${WEB}`)).toEqual(["meta l4proto tcp dnat to 10.244.0.5:8080"]);
    expect(element(rules, "service-ips", "10.96.0.20 . tcp . 80")).toBe(`goto cluster-${WEB}`);
  });

  it("[PS8] externalTrafficPolicy Local without local endpoints: outsiders are dropped", () => {
    const service = makeService({ ...nodePort, externalTrafficPolicy: "Local" });
    const rules = plan([service], [makeSlice(["10.244.1.5@b"])]);
    expect(elements(rules)).toEqual([
      "no-endpoint-nodeports tcp . 30080 : drop",
      `service-ips 10.96.0.20 . tcp . 80 : goto cluster-${WEB}`,
      `service-nodeports tcp . 30080 : goto external-${WEB}`,
    ]);
    expect(chain(rules, `external-${WEB}`)).not.toContain(`goto local-${WEB}`);
  });

  it("[PS9] internalTrafficPolicy Local", () => {
    const service = makeService({ internalTrafficPolicy: "Local" });
    const here = plan([service], [makeSlice(["10.244.0.5@a", "10.244.1.5@b"])]);
    expect(elements(here)).toEqual([`service-ips 10.96.0.20 . tcp . 80 : goto local-${WEB}`]);
    expect([...here.chains.keys()]).toEqual([`local-${WEB}`]);
    const elsewhere = plan([service], [makeSlice(["10.244.1.5@b"])]);
    expect(elements(elsewhere)).toEqual(["no-endpoint-services 10.96.0.20 . tcp . 80 : drop"]);
  });

  it("[PS10] load balancer: its addresses, and only its sources", () => {
    const service: Service = {
      ...makeService({ type: "LoadBalancer", loadBalancerSourceRanges: [" 192.0.2.0/24 "] }),
      status: {
        loadBalancer: { ingress: [{ ip: "203.0.113.6" }, { ip: "203.0.113.7", ipMode: "Proxy" }, { hostname: "x" }] },
      },
    };
    const rules = plan([service], [makeSlice(["10.244.0.5@a"])]);
    expect(elements(rules)).toEqual([
      `firewall-ips 203.0.113.6 . tcp . 80 : goto firewall-${WEB}`,
      `service-ips 10.96.0.20 . tcp . 80 : goto cluster-${WEB}`,
      `service-ips 203.0.113.6 . tcp . 80 : goto external-${WEB}`,
    ]);
    expect(chain(rules, `firewall-${WEB}`)).toEqual(["ip saddr != { 192.0.2.0/24, 203.0.113.6 } drop"]);
  });

  it("[PS11] session affinity: a client goes where it went before, for the time asked for", () => {
    const affinity: Partial<ServiceSpec> = {
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    };
    const rules = plan([makeService(affinity)], [makeSlice(["10.244.0.5@a", "10.244.1.5@b"])]);
    const [first, second] = [`${WEB}__10.244.0.5/8080`, `${WEB}__10.244.1.5/8080`];
    expect(rules.sets.get(`affinity-${first}_60`)).toBe("type ipv4_addr; flags dynamic,timeout; timeout 60s;");
    expect(chain(rules, `cluster-${WEB}`)).toEqual([
      `ip saddr @affinity-${first}_60 goto endpoint-${first}`,
      `ip saddr @affinity-${second}_60 goto endpoint-${second}`,
      `numgen random mod 2 vmap { 0 : goto endpoint-${first}, 1 : goto endpoint-${second} }`,
    ]);
    expect(chain(rules, `endpoint-${second}`)).toEqual([
      `update @affinity-${second}_60 { ip saddr }`,
      "meta l4proto tcp dnat to 10.244.1.5:8080",
    ]);
    const usual = plan([makeService({ sessionAffinity: "ClientIP" })], [makeSlice(["10.244.0.5@a"])]);
    expect([...usual.sets.values()]).toEqual(["type ipv4_addr; flags dynamic,timeout; timeout 10800s;"]);
  });

  it.each([
    ["headless", makeService({ clusterIP: "None" })],
    ["without an address yet", makeService({ clusterIP: "" })],
    ["ExternalName", makeService({ type: "ExternalName", externalName: "x" })],
    ["IPv6 only", makeService({ clusterIP: "fd00::1" })],
    [
      "another proxy's",
      {
        ...makeService(),
        metadata: { name: "web", namespace: "default", labels: { "service.kubernetes.io/service-proxy-name": "x" } },
      },
    ],
    [
      "named so that it would be rules",
      { ...makeService(), metadata: { name: "web; flush ruleset", namespace: "default" } },
    ],
    [
      "with a port that is none",
      makeService({ ports: [{ port: 0 }, { port: 70_000 }, { port: "80 accept" as never }] }),
    ],
  ])("[PS12] no rules for a service %s", (_title, service) => {
    const rules = plan([service], [makeSlice(["10.244.0.5@a"])]);
    expect([rules.chains.size, rules.sets.size, rules.elements.size]).toEqual([0, 0, 0]);
  });

  it("[PS13] endpoints that are no IPv4 address are left out", () => {
    const bad = makeSlice(["10.244.0.5@a"]);
    bad.endpoints?.push({ addresses: ["10.0.0.1; drop"] }, { addresses: ["fd00::1"] });
    expect(chain(plan([makeService()], [bad]), `cluster-${WEB}`)).toEqual(["meta l4proto tcp dnat to 10.244.0.5:8080"]);
  });

  it("[PS14] addresses this node answers itself have no rules, unless somebody else stands behind them", () => {
    const dns = makeService({ clusterIP: "10.96.0.10" });
    expect(plan([dns], []).elements.size).toBe(0);
    expect(plan([dns], [makeSlice(["10.96.0.10@a"])]).elements.size).toBe(0);
    expect(elements(plan([dns], [makeSlice(["10.244.0.53@a"])]))).toEqual([
      `service-ips 10.96.0.10 . tcp . 80 : goto cluster-${WEB}`,
    ]);
  });

  it("[PS15] of two services with one address and port, the first by name has it", () => {
    const services = ["web", "abc"].map((name) => makeService({ externalIPs: ["203.0.113.5"] }, name));
    const rules = plan(services, [makeSlice(["10.244.0.5@a"]), makeSlice(["10.244.0.6@a"], { service: "abc" })]);
    expect(element(rules, "service-ips", "203.0.113.5 . tcp . 80")).toBe("goto external-default/abc/tcp/http");
  });

  describe("topology hints", () => {
    const hinted = (hints: (object | undefined)[]): EndpointSlice => {
      const made = makeSlice(hints.map((_, i) => `10.244.0.${i + 1}@${i === 0 ? "a" : "b"}`));
      made.endpoints = made.endpoints!.map((e, i) => ({ ...e, ...(hints[i] && { hints: hints[i] as never }) }));
      return made;
    };
    const zone = (name: string) => ({ forZones: [{ name }] });
    const onNode = (name: string, z = "z1") => ({ forNodes: [{ name }], ...zone(z) });
    it.each([
      ["[PT1] the zone's", [zone("z1"), zone("z2"), zone("z1")], ["10.244.0.1", "10.244.0.3"]],
      [
        "[PT2] one without a hint: all",
        [zone("z1"), undefined, zone("z2")],
        ["10.244.0.1", "10.244.0.2", "10.244.0.3"],
      ],
      ["[PT3] none for this zone: all", [zone("z2"), zone("z3")], ["10.244.0.1", "10.244.0.2"]],
      ["[PT4] the node's before the zone's", [onNode("a"), onNode("b")], ["10.244.0.1"]],
      ["[PT5] none for this node: the zone's", [onNode("b", "z1"), onNode("c", "z2")], ["10.244.0.1"]],
    ])("%s", (_title, hints, want) => {
      const rules = plan([makeService()], [hinted(hints)]);
      expect(
        chain(rules, `cluster-${WEB}`)
          ?.join()
          .match(/10\.244\.0\.\d/g),
      ).toEqual(want);
    });
  });
});
