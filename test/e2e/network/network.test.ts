import "reflect-metadata"; // @peculiar/x509 needs it loaded first

import * as x509 from "@peculiar/x509";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Service, ServiceSpec } from "../../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../../kinds/discovery/v1-types.ts";
import { eventually } from "../harness.ts";
import type { Remote } from "./ipc.ts";
import { Lab, whySkip } from "./lab.ts";

const skip = whySkip();

const service = (name: string, clusterIP: string, spec: Partial<ServiceSpec> = {}): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "default" },
  spec: {
    clusterIP,
    ports: [
      { name: "tcp", port: 80, protocol: "TCP" },
      { name: "udp", port: 80, protocol: "UDP" },
    ],
    ...spec,
  },
});

const slice = (name: string, pods: { ip: string; node: string; hostname?: string }[]): EndpointSlice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: `${name}-1`, namespace: "default", labels: { "kubernetes.io/service-name": name } },
  addressType: "IPv4",
  ports: [
    { name: "tcp", port: 8080, protocol: "TCP" },
    { name: "udp", port: 8080, protocol: "UDP" },
  ],
  endpoints: pods.map(({ ip, node, hostname }) => ({
    addresses: [ip],
    nodeName: node,
    conditions: { ready: true },
    ...(hostname && { hostname }),
  })),
});

const counts = (answers: string[]): { [name: string]: number } => {
  const found: { [name: string]: number } = {};
  for (const answer of answers) {
    const name = answer.split(" ")[0] as string;
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
};

describe.skipIf(skip)(`node networking in namespaces${skip ? ` (skipped: ${skip})` : ""}`, () => {
  let lab: Lab;
  let outside: Remote;
  let onA: Remote;
  const pods: { [name: string]: { ip: string; agent: Remote; node: string } } = {};
  const tcp = (from: Remote, ip: string, port = 80, count = 1) => from.call<string[]>("tcp", ip, port, count);
  const udp = (from: Remote, ip: string, port = 80, source = 0) => from.call<string>("udp", ip, port, source);
  const failure = (promise: Promise<unknown>) => promise.then(String, (error: Error) => error.message);
  const at = (name: string) => ({ ip: pods[name]!.ip, node: pods[name]!.node });

  beforeAll(async () => {
    lab = await Lab.create();
    for (const name of ["a", "b", "c"] as const) await lab.startNode(name);
    for (const node of lab.nodes.values()) await lab.putAll("nodes", lab.nodeObject(node));
    outside = lab.agent("o");
    await outside.call("serve", "outside", 8080);
    onA = lab.agent("a");
    for (const [node, name] of [
      ["a", "a1"],
      ["a", "a2"],
      ["b", "b1"],
      ["c", "c1"],
    ] as const) {
      pods[name] = { ...(await lab.startPod(node, name)), node };
    }
    await lab.putAll("services", service("web", "10.96.0.20", { type: "NodePort" }));
    await lab.putAll("slices", slice("web", [at("a1"), at("b1")]));
    await eventually("service rules are there", 5000, () => tcp(pods.a2!.agent, "10.96.0.20"));
    await eventually("routes are there", 5000, async () =>
      (await lab.in("a", "ip", "route")).includes("10.244.3.0/24"),
    );
  });
  afterAll(() => lab?.remove());

  it("[NW1] pods reach each other across nodes, seeing each other's addresses", async () => {
    const { a1, a2, b1, c1 } = pods as Required<typeof pods>;
    expect(await tcp(a1!.agent, a2!.ip, 8080)).toEqual([`a2 ${a1!.ip}`]);
    expect(await tcp(a1!.agent, b1!.ip, 8080)).toEqual([`b1 ${a1!.ip}`]);
    expect(await tcp(b1!.agent, a1!.ip, 8080)).toEqual([`a1 ${b1!.ip}`]);
    expect(await tcp(a1!.agent, c1!.ip, 8080)).toEqual([`c1 ${a1!.ip}`]);
    expect(await tcp(c1!.agent, b1!.ip, 8080)).toEqual([`b1 ${c1!.ip}`]);
  });

  it("[NW2] the node on the same link is routed to directly, the one behind a router by VXLAN", async () => {
    const routes = await lab.in("a", "ip", "route");
    expect(routes).toContain("10.244.2.0/24 via 198.18.0.2 dev eth0 proto 107");
    expect(routes).toContain("10.244.3.0/24 via 10.244.3.0 dev kedge.1 proto 107 onlink");
    expect(await lab.in("b", "ip", "route")).toContain("10.244.1.0/24 via 198.18.0.1 dev eth0 proto 107");
  });

  it("[NW3] pods leave the cluster with their node's address", async () => {
    expect(await tcp(pods.a1!.agent, "198.18.0.9", 8080)).toEqual(["outside 198.18.0.1"]);
    expect(await udp(pods.b1!.agent, "198.18.0.9", 8080)).toBe("outside 198.18.0.2");
  });

  it("[NW4] a cluster IP balances over the endpoints on both nodes", async () => {
    for (const from of [pods.a2!.agent, pods.c1!.agent, onA]) {
      const found = counts(await tcp(from, "10.96.0.20", 80, 60));
      expect(Object.keys(found).sort()).toEqual(["a1", "b1"]);
      expect(Math.min(...Object.values(found))).toBeGreaterThan(10);
    }
  });

  it("[NW5] pods keep their address through a cluster IP", async () => {
    const answers = await tcp(pods.a2!.agent, "10.96.0.20", 80, 10);
    expect(new Set(answers.map((a) => a.split(" ")[1]))).toEqual(new Set([pods.a2!.ip]));
  });

  it("[NW6] UDP", async () => {
    const answers: string[] = [];
    for (let i = 0; i < 30; i++) answers.push(await udp(pods.a2!.agent, "10.96.0.20"));
    expect(Object.keys(counts(answers)).sort()).toEqual(["a1", "b1"]);
    expect(await udp(onA, "10.96.0.20")).toMatch(/^(a1|b1) /);
  });

  it("[NW7] a pod reaches itself through its service", async () => {
    await lab.putAll("services", service("self", "10.96.0.21"));
    await lab.putAll("slices", slice("self", [at("a1")]));
    const answer = await eventually("rules", 3000, () => tcp(pods.a1!.agent, "10.96.0.21"));
    expect(answer[0]).toMatch(/^a1 /);
    expect(await udp(pods.a1!.agent, "10.96.0.21")).toMatch(/^a1 /);
    expect(await tcp(pods.a2!.agent, "10.96.0.21")).toEqual([`a1 ${pods.a2!.ip}`]);
  });

  it("[NW8] NodePort: from outside through every node, and from the node itself also on loopback", async () => {
    await lab.putAll(
      "services",
      service("web", "10.96.0.20", { type: "NodePort", ports: [{ name: "tcp", port: 80, nodePort: 30080 }] }),
    );
    await eventually("rules", 3000, () => tcp(outside, "198.18.0.1", 30080));
    for (const ip of ["198.18.0.1", "198.18.0.2", "198.18.1.3"]) {
      expect(Object.keys(counts(await tcp(outside, ip, 30080, 30))).sort()).toEqual(["a1", "b1"]);
    }
    for (const ip of ["127.0.0.1", "198.18.0.1"]) {
      expect(Object.keys(counts(await tcp(onA, ip, 30080, 30))).sort()).toEqual(["a1", "b1"]);
    }
    expect(Object.keys(counts(await tcp(pods.a2!.agent, "198.18.0.1", 30080, 30))).sort()).toEqual(["a1", "b1"]);
  });

  it("[NW9] externalTrafficPolicy Local: the source's address is kept, and only nodes with endpoints answer", async () => {
    const ports = [{ name: "tcp", port: 80, nodePort: 30081 }];
    await lab.putAll(
      "services",
      service("local", "10.96.0.22", { type: "NodePort", externalTrafficPolicy: "Local", ports }),
    );
    await lab.putAll("slices", slice("local", [at("a1")]));
    await eventually("rules", 3000, () => tcp(outside, "198.18.0.1", 30081));
    expect(await tcp(outside, "198.18.0.1", 30081)).toEqual(["a1 198.18.0.9"]);
    expect(await failure(tcp(outside, "198.18.0.2", 30081))).toBe("TIMEOUT");
    // What the node and its pods start is not subject to the policy.
    const onB = lab.agent("b");
    expect((await tcp(onB, "198.18.0.2", 30081))[0]).toMatch(/^a1 /);
    expect((await tcp(pods.b1!.agent, "198.18.0.2", 30081))[0]).toMatch(/^a1 /);
  });

  it("[NW10] session affinity keeps a client with one endpoint, over a restart of the daemon too", async () => {
    await lab.putAll("services", service("sticky", "10.96.0.23", { sessionAffinity: "ClientIP" }));
    await lab.putAll("slices", slice("sticky", [at("a1"), at("a2"), at("b1"), at("c1")]));
    const first = await eventually("rules", 3000, () => tcp(pods.b1!.agent, "10.96.0.23"));
    const name = first[0]!.split(" ")[0] as string;
    expect(counts(await tcp(pods.b1!.agent, "10.96.0.23", 80, 20))).toEqual({ [name]: 20 });
    await pods.b1!.agent.call("keep", "long", "10.96.0.23", 80);
    expect(await pods.b1!.agent.call("say", "long")).toMatch(new RegExp(`^${name} `));

    await lab.nodes.get("b")!.daemon.stop();
    const objects: [string, Service | EndpointSlice | ReturnType<Lab["nodeObject"]>][] = [
      ["services", service("sticky", "10.96.0.23", { sessionAffinity: "ClientIP" })],
      ["slices", slice("sticky", [at("a1"), at("a2"), at("b1"), at("c1")])],
      ["services", service("web", "10.96.0.20")],
      ["slices", slice("web", [at("a1"), at("b1")])],
      ...[...lab.nodes.values()].map((node) => ["nodes", lab.nodeObject(node)] as [string, never]),
    ];
    await lab.startNode("b", { objects });
    expect(counts(await tcp(pods.b1!.agent, "10.96.0.23", 80, 20))).toEqual({ [name]: 20 });
    expect(await pods.b1!.agent.call("say", "long")).toMatch(new RegExp(`^${name} `));
  });

  it("[NW11] without endpoints a service refuses at once", async () => {
    await lab.putAll(
      "services",
      service("none", "10.96.0.24", {
        type: "NodePort",
        ports: [
          { name: "tcp", port: 80, nodePort: 30082 },
          { name: "udp", port: 80, protocol: "UDP", nodePort: 30082 },
        ],
      }),
    );
    await eventually("rules", 3000, async () => (await failure(tcp(pods.a1!.agent, "10.96.0.24"))) === "ECONNREFUSED");
    expect(await failure(udp(pods.a1!.agent, "10.96.0.24"))).toBe("ECONNREFUSED");
    expect(await failure(tcp(onA, "10.96.0.24"))).toBe("ECONNREFUSED");
    expect(await failure(udp(onA, "10.96.0.24"))).toBe("ECONNREFUSED");
    expect(await failure(tcp(outside, "198.18.0.1", 30082))).toBe("ECONNREFUSED");
    expect(await failure(udp(outside, "198.18.0.1", 30082))).toBe("ECONNREFUSED");
    expect(await failure(tcp(onA, "127.0.0.1", 30082))).toBe("ECONNREFUSED");
    // A port that the service does not have.
    expect(await failure(tcp(pods.a1!.agent, "10.96.0.20", 81))).toBe("ECONNREFUSED");
    expect(await failure(tcp(onA, "10.96.0.20", 81))).toBe("ECONNREFUSED");
  });

  it("[NW12] a UDP client that keeps its port follows its endpoint's end", async () => {
    await lab.putAll("services", service("u", "10.96.0.25"));
    await lab.putAll("slices", slice("u", [at("b1")]));
    await eventually("rules", 3000, () => udp(pods.a1!.agent, "10.96.0.25"));
    expect(await udp(pods.a1!.agent, "10.96.0.25", 80, 40_001)).toMatch(/^b1 /);
    await lab.putAll("slices", slice("u", [at("a2")]));
    const answer = await eventually("the other endpoint", 5000, async () => {
      const text = await udp(pods.a1!.agent, "10.96.0.25", 80, 40_001);
      return text.startsWith("a2 ") && text;
    });
    expect(answer).toBe(`a2 ${pods.a1!.ip}`);
  });

  it("[NW13] hostPort: the source's address is kept; loopback and the pod itself reach it too", async () => {
    const port = { hostPort: 8088, protocol: "TCP", podIP: pods.a1!.ip, containerPort: 8080 };
    await lab.nodes.get("a")!.daemon.call("setHostPorts", [port, { ...port, hostPort: 8089, hostIP: "198.18.0.1" }]);
    await eventually("rules", 3000, () => tcp(outside, "198.18.0.1", 8088));
    expect(await tcp(outside, "198.18.0.1", 8088)).toEqual(["a1 198.18.0.9"]);
    expect(await tcp(outside, "198.18.0.1", 8089)).toEqual(["a1 198.18.0.9"]);
    expect((await tcp(onA, "127.0.0.1", 8088))[0]).toMatch(/^a1 /);
    expect(await failure(tcp(onA, "127.0.0.1", 8089))).toBe("ECONNREFUSED");
    expect((await tcp(pods.a1!.agent, "198.18.0.1", 8088))[0]).toMatch(/^a1 /);
    expect(await tcp(pods.b1!.agent, "198.18.0.1", 8088)).toEqual([`a1 198.18.0.2`]);
  });

  it("[NW14] external IPs, and load balancer IPs with their source ranges", async () => {
    const spec: Partial<ServiceSpec> = {
      type: "LoadBalancer",
      externalIPs: ["203.0.113.5"],
      loadBalancerSourceRanges: ["10.244.1.0/24"],
    };
    const balanced = {
      ...service("lb", "10.96.0.26", spec),
      status: { loadBalancer: { ingress: [{ ip: "203.0.113.6" }] } },
    };
    await lab.putAll("services", balanced);
    await lab.putAll("slices", slice("lb", [at("b1")]));
    await lab.in("o", "ip", "route", "add", "203.0.113.0/24", "via", "198.18.0.1");
    await eventually("rules", 3000, () => tcp(pods.a1!.agent, "203.0.113.5"));
    expect((await tcp(outside, "203.0.113.5"))[0]).toMatch(/^b1 /);
    expect((await tcp(pods.a1!.agent, "203.0.113.6"))[0]).toMatch(/^b1 /);
    expect(await failure(tcp(outside, "203.0.113.6"))).toBe("TIMEOUT");
  });

  it("[NW15] DNS by UDP and TCP from pods and the node, and to nobody else", async () => {
    const dns = (from: Remote, name: string, type: string, transport: string) =>
      from.call<string[]>("dns", "10.96.0.10", name, type, transport);
    for (const from of [pods.a1!.agent, pods.c1!.agent, onA]) {
      for (const transport of ["udp", "tcp"]) {
        expect(await dns(from, "web.default.svc.cluster.local", "A", transport)).toEqual(["A 10.96.0.20"]);
        expect(await dns(from, "nope.default.svc.cluster.local", "A", transport)).toEqual(["NXDOMAIN"]);
      }
    }
    expect(await dns(pods.a1!.agent, "20.0.96.10.in-addr.arpa", "PTR", "udp")).toEqual([
      "PTR web.default.svc.cluster.local",
    ]);
    await lab.in("o", "ip", "route", "add", "10.96.0.0/16", "via", "198.18.0.1");
    expect(await failure(dns(outside, "web.default.svc.cluster.local", "A", "udp"))).toBe("TIMEOUT");
    expect(await failure(dns(outside, "web.default.svc.cluster.local", "A", "tcp"))).toBe("TIMEOUT");
    // An outsider who routes service addresses to a node is served, as by kube-proxy.
    expect((await tcp(outside, "10.96.0.20"))[0]).toMatch(/^(a1|b1) /);
  });

  it("[NW16] neighbours cannot reach what listens on a node's loopback", async () => {
    await lab.in("o", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet");
    await lab.in("o", "ip", "addr", "del", "127.0.0.1/8", "dev", "lo");
    await lab.in("o", "ip", "route", "add", "127.0.0.53/32", "via", "198.18.0.1");
    const onNode = lab.agent("a");
    await onNode.call("serve", "loopback", 9099);
    expect(await tcp(onNode, "127.0.0.53", 9099)).toEqual(["loopback 127.0.0.1"]);
    expect(await failure(tcp(outside, "127.0.0.53", 9099))).not.toMatch(/loopback/);
  });

  it("[NW17] a pod reaches the API at the service IP with its own token", async () => {
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const generate = () => crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const caKeys = (await generate()) as { privateKey: never; publicKey: never };
    const keys = (await generate()) as { privateKey: never; publicKey: never };
    const ca = await x509.X509CertificateGenerator.createSelfSigned({
      name: "CN=ca",
      keys: caKeys,
      signingAlgorithm: algorithm,
      extensions: [new x509.BasicConstraintsExtension(true)],
    });
    const certificate = await x509.X509CertificateGenerator.create({
      subject: "CN=edge",
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: "ip", value: "198.18.0.9" },
          { type: "ip", value: "10.96.0.1" },
          { type: "dns", value: "kubernetes.default.svc" },
        ]),
      ],
    });
    const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
    const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)!.join("\n")}\n-----END PRIVATE KEY-----\n`;
    await outside.call("serveHttps", 7443, key, certificate.toString("pem"));
    const { mkdirSync, writeFileSync } = await import("node:fs");
    const { stateDir, daemon } = lab.nodes.get("a")!;
    mkdirSync(`${stateDir}/pki`, { recursive: true });
    writeFileSync(`${stateDir}/pki/api-endpoint.pem`, `${key}${certificate.toString("pem")}\n`);
    await daemon.stop();
    const edge = { serverUrl: "https://198.18.0.9:7443", serverCa: ca.toString("pem") };
    await lab.startNode("a", { edge, objects: [...lab.nodes.values()].map((n) => ["nodes", lab.nodeObject(n)]) });
    const options = { ca: ca.toString("pem"), servername: "kubernetes.default.svc", token: "pod-token" };
    for (const port of [443, 6443]) {
      expect(await pods.a1!.agent.call("https", "10.96.0.1", port, "/api", options)).toBe("GET /api Bearer pod-token");
      expect(await onA.call("https", "10.96.0.1", port, "/api", options)).toBe("GET /api Bearer pod-token");
    }
    expect(await failure(outside.call("https", "10.96.0.1", 443, "/api", options))).toBe("TIMEOUT");
  });

  it("[NW18] the routes of a node that is gone go", async () => {
    const { daemon } = lab.nodes.get("a")!;
    await daemon.call("remove", "nodes", "b");
    await daemon.call("remove", "nodes", "c");
    await eventually(
      "routes are gone",
      3000,
      async () => !(await lab.in("a", "ip", "route")).includes("10.244.2.0/24"),
    );
    expect(await lab.in("a", "ip", "route")).not.toContain("10.244.3.0/24");
    expect(await lab.in("a", "ip", "link")).not.toContain("kedge.1");
  });

  it("[NW19] rules that somebody flushed come back with the next change", async () => {
    const { daemon } = lab.nodes.get("b")!;
    const add = async (name: string, ip: string): Promise<void> => {
      await daemon.call("put", "services", service(name, ip));
      await daemon.call("put", "slices", slice(name, [at("c1")]));
    };
    await add("before", "10.96.0.30");
    await eventually("rules", 3000, () => tcp(pods.b1!.agent, "10.96.0.30"));
    await lab.in("b", "nft", "flush", "ruleset");
    expect(await failure(tcp(pods.b1!.agent, "10.96.0.30"))).not.toMatch(/c1/);
    await add("after", "10.96.0.31");
    await eventually("rules", 5000, () => tcp(pods.b1!.agent, "10.96.0.31"));
    expect((await tcp(pods.b1!.agent, "10.96.0.30"))[0]).toMatch(/^c1 /);
  });

  it("[NW20] a firewall that drops forwarded and incoming packets by policy, as Docker's and ufw's do, is opened", async (test) => {
    const works = await lab.in("b", "iptables", "-S").then(
      () => true,
      () => false,
    );
    if (!works) test.skip("no iptables here");
    await lab.in("b", "iptables", "-P", "FORWARD", "DROP");
    await lab.in("b", "iptables", "-P", "INPUT", "DROP");
    const { daemon } = lab.nodes.get("b")!;
    await daemon.call("remove", "nodes", "a");
    await eventually("rules", 3000, async () =>
      (await lab.in("b", "iptables", "-S", "INPUT")).includes("10.96.0.0/16"),
    );
    expect(await tcp(pods.b1!.agent, pods.c1!.ip, 8080)).toEqual([`c1 ${pods.b1!.ip}`]);
    expect(await tcp(pods.b1!.agent, "198.18.0.9", 8080)).toEqual(["outside 198.18.0.2"]);
    const answer = pods.b1!.agent.call("dns", "10.96.0.10", "sticky.default.svc.cluster.local", "A", "udp");
    expect(await answer).toEqual(["A 10.96.0.23"]);
    await daemon.call("stop");
    await daemon.call("cleanup");
    expect(await lab.in("b", "iptables", "-S")).toBe("-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n");
  });

  it("[NW21] cleanup leaves nothing, and may run again", async () => {
    const { daemon } = lab.nodes.get("a")!;
    await daemon.call("stop");
    await daemon.call("cleanup");
    await daemon.call("cleanup");
    expect(await lab.in("a", "nft", "list", "ruleset")).toBe("");
    expect(await lab.in("a", "ip", "route")).not.toContain("proto 107");
    expect(await lab.in("a", "ip", "addr", "show", "dev", "lo")).not.toContain("10.96.");
    expect(await lab.in("a", "cat", "/proc/sys/net/ipv4/conf/all/route_localnet")).toBe("0\n");
    expect(await lab.in("a", "cat", "/proc/sys/net/ipv4/ip_forward")).toBe("0\n");
  });
});
