/** What conformance asks of services, DNS and pod networks, on two nodes of this machine. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, skipNodes } from "../e2e/harness.ts";
import { NET_IMAGE, netImageArchive } from "../images/netexec.ts";
import { ok } from "./kit.ts";
import { type Any, type Nodes, podOf, type Space, startNodes, template } from "./nodes-kit.ts";

const PORT = 16_851;
const BACKENDS = 3;
const netexec = (...args: (string | number)[]) => ({ image: NET_IMAGE, command: ["netexec", ...args.map(String)] });

describe.skipIf(skipNodes)(`conformance of networks${skipNodes ? ` (skipped: ${skipNodes})` : ""}`, () => {
  let api: Nodes;
  let net: Space;
  let nodes: { name: string; address: string }[];
  /** Addresses of the pods that all services of these tests lead to, by their names. */
  let backends: Map<string, string>;

  beforeAll(async () => {
    api = await startNodes("network", PORT, [netImageArchive()]);
    net = await api.space("net");
    nodes = await api.nodes();
    await net.create({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "backend" },
      spec: {
        replicas: BACKENDS,
        selector: { matchLabels: { app: "backend" } },
        template: template({ app: "backend" }, netexec("http", 80, "udp", 80, "http", 81)),
      },
    });
    await net.create(podOf("client", { app: "client" }, { image: NET_IMAGE }));
    for (const [i, { name }] of nodes.entries()) {
      const onNode = { nodeName: name };
      await net.create(podOf(`netserver-${i}`, { app: "netserver" }, netexec("http", 8083, "udp", 8081), onNode));
      const host = { hostNetwork: true, ...onNode };
      await net.create(podOf(`host-${i}`, { app: "host" }, { image: NET_IMAGE, command: ["sleep", "3600"] }, host));
    }
    await net.ready(BACKENDS + 1 + 2 * nodes.length);
    const pods = await net.pods("app=backend");
    backends = new Map(pods.map(({ metadata, status }) => [metadata.name, status.podIP]));
  });
  afterAll(() => api?.remove());

  /** A Service that leads to the backends. @returns it and its path */
  const service = async (name: string, spec: object = {}, space = net): Promise<{ path: string; made: Any }> => {
    const path = await space.create({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { selector: { app: "backend" }, ports: [{ name: "http", port: 80 }], ...spec },
    });
    return { path, made: await api.get(path) };
  };
  const curl = (url: string) => `curl -sS --max-time 2 '${url}'`;
  /** The names that answer, each once, and `none` if one does not; a pod asks `times`, one after the other. */
  const answering = async (host: string, times: number, from = "client"): Promise<string[]> => {
    const script = `for i in $(seq ${times}); do ${curl(`http://${host}/hostname`)} || echo -n none; echo; done | sort -u`;
    return (await net.sh(from, script)).trim().split("\n");
  };
  const reaches = (host: string, from = "client") =>
    eventually(`${host} from ${from}`, 30_000, async () => backends.has((await answering(host, 1, from))[0] ?? ""));
  const isSticky = (host: string) =>
    eventually(`${host} sticks`, 30_000, async () => {
      const names = await answering(host, 15);
      return names.length === 1 && backends.has(names[0] as string);
    });
  const isSpread = (host: string) =>
    eventually(`${host} spreads`, 30_000, async () => {
      const names = await answering(host, 15);
      return names.length > 1 && names.every((name) => backends.has(name));
    });
  const nodePortsReached = async (nodePort: number, from?: string) => {
    for (const { address } of nodes) await reaches(`${address}:${nodePort}`, from);
  };
  const udp = (ip: string, port: number, from = "client") =>
    net.sh(from, `netexec ask ${ip} ${port} hostname`).catch(() => undefined);

  describe.concurrent("[sig-network] Services", () => {
    it("should serve a basic endpoint from pods [Conformance]", async () => {
      await servesEndpoints("basic", [{ name: "http", port: 80, targetPort: 80 }], [80]);
    });

    it("should serve multiport endpoints from pods [Conformance]", async () => {
      const ports = [
        { name: "portname1", port: 80, targetPort: "http-a" },
        { name: "portname2", port: 81, targetPort: "http-b" },
      ];
      await servesEndpoints("multiport", ports, [100, 101]);
    });

    /** One pod after the other comes and goes, each with one of the ports; the service answers on what there is. */
    async function servesEndpoints(name: string, ports: object[], listening: number[]): Promise<void> {
      const { made, path } = await service(name, { selector: { app: name }, ports });
      const slices = net.path(
        `endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D${name}`,
        "discovery.k8s.io/v1",
      );
      const serving = (wanted: { [address: string]: number[] }) =>
        eventually(`${name} serves ${JSON.stringify(wanted)}`, 30_000, async () => {
          const seen: { [address: string]: number[] } = {};
          for (const { endpoints, ports } of (await api.get(slices)).items) {
            for (const { addresses, conditions } of endpoints ?? []) {
              if (!conditions.ready) continue;
              seen[addresses[0]] = [
                ...(seen[addresses[0]] ?? []),
                ...(ports ?? []).map(({ port }: { port: number }) => port),
              ];
            }
          }
          expect(seen).toEqual(wanted);
          return true;
        });
      await serving({});
      const start = async (i: number): Promise<string> => {
        const port = listening[i % listening.length] as number;
        const named = { ports: [{ name: i === 0 ? "http-a" : "http-b", containerPort: port }] };
        await net.create(podOf(`${name}-${i}`, { app: name }, { ...netexec("http", port), ...named }));
        return await eventually(`address of ${name}-${i}`, 60_000, async () => {
          return (await net.pod(`${name}-${i}`)).status.podIP as string;
        });
      };
      const portOf = (i: number) => [listening[i % listening.length] as number];
      const host = (i: number) => `${made.spec.clusterIP}:${listening.length > 1 ? 80 + i : 80}`;
      const answeredBy = (i: number, from: number[]) =>
        eventually(`${host(i)} by ${from}`, 30_000, async () => {
          const [who] = await answering(host(i), 1);
          return from.some((pod) => who === `${name}-${pod}`);
        });
      const one = await start(0);
      await serving({ [one]: portOf(0) });
      await answeredBy(0, [0]);
      const two = await start(1);
      await serving({ [one]: portOf(0), [two]: portOf(1) });
      await answeredBy(1, listening.length > 1 ? [1] : [0, 1]);
      await api.delete(net.path(`pods/${name}-0`));
      await serving({ [two]: portOf(1) });
      await answeredBy(1, [1]);
      await api.delete(net.path(`pods/${name}-1`));
      await serving({});
      await api.delete(path);
    }

    it("should serve endpoints on same port and different protocols [Conformance]", async () => {
      const tcp = { name: "tcp", port: 80, protocol: "TCP" };
      const both = [tcp, { ...tcp, name: "udp", protocol: "UDP" }];
      const { made, path } = await service("protocols", { ports: both });
      const { clusterIP } = made.spec;
      const answers = (wanted: { tcp: boolean; udp: boolean }) =>
        eventually(`answers ${JSON.stringify(wanted)}`, 40_000, async () => {
          const overTcp = await answering(clusterIP, 1);
          const overUdp = await udp(clusterIP, 80);
          expect({ tcp: backends.has(overTcp[0] ?? ""), udp: backends.has(overUdp ?? "") }).toEqual(wanted);
          return true;
        });
      await answers({ tcp: true, udp: true });
      const expose = (ports: object[]) =>
        api.update(path, (object) => {
          object.spec.ports = ports;
        });
      await expose([both[0] as object]);
      await answers({ tcp: true, udp: false });
      await expose([both[1] as object]);
      await answers({ tcp: false, udp: true });
    });

    it("should be able to create a functioning NodePort service [Conformance]", async () => {
      const { made } = await service("node-port", { type: "NodePort" });
      await reaches("node-port");
      await reaches(made.spec.clusterIP);
      await nodePortsReached(made.spec.ports[0].nodePort);
    });

    it("reaches every pod on every node's port from every node", async () => {
      const { made } = await service("everywhere", {
        type: "NodePort",
        selector: { app: "netserver" },
        ports: [{ port: 80, targetPort: 8083 }],
      });
      const names = nodes.map((_, i) => `netserver-${i}`);
      const failed = new Set<string>();
      for (const from of names) {
        for (const { address } of nodes) {
          const host = `${address}:${made.spec.ports[0].nodePort}`;
          await eventually(`${host} from ${from}`, 30_000, async () => {
            return names.includes((await answering(host, 1, from))[0] ?? "");
          });
          for (const name of await answering(host, 20, from)) if (!names.includes(name)) failed.add(`${from} ${host}`);
        }
      }
      expect([...failed]).toEqual([]);
    });

    it.for([
      { name: "have session affinity work for service with type clusterIP", type: "ClusterIP", switches: false },
      { name: "have session affinity work for NodePort service", type: "NodePort", switches: false },
      { name: "be able to switch session affinity for service with type clusterIP", type: "ClusterIP", switches: true },
      { name: "be able to switch session affinity for NodePort service", type: "NodePort", switches: true },
    ])("should $name [LinuxOnly] [Conformance]", async ({ type, switches }) => {
      const name = `affinity-${type}-${switches}`.toLowerCase();
      const { made, path } = await service(name, { type, sessionAffinity: "ClientIP" });
      const host =
        type === "NodePort" ? `${nodes[0]?.address}:${made.spec.ports[0].nodePort}` : (made.spec.clusterIP as string);
      await reaches(name);
      await reaches(made.spec.clusterIP);
      if (type === "NodePort") await nodePortsReached(made.spec.ports[0].nodePort);
      await isSticky(host);
      if (!switches) return;
      await api.patch(path, { spec: { sessionAffinity: "None" } });
      await isSpread(host);
      await api.patch(path, { spec: { sessionAffinity: "ClientIP" } });
      await isSticky(host);
    });

    const EXTERNAL = "backend-external.net.svc.cluster.local";
    it.each(["ClusterIP", "NodePort"])(
      "should be able to change the type from ExternalName to %s [Conformance]",
      async (type) => {
        const name = `external-to-${type.toLowerCase()}`;
        const { made, path } = await service(name, { type: "ExternalName", externalName: "example.com" });
        expect(made.spec.clusterIP).toBeUndefined();
        const changed = await api.update(path, ({ spec }) => {
          delete spec.externalName;
          Object.assign(spec, { type, ports: [{ port: 80, protocol: "TCP" }] });
        });
        expect(changed.spec.clusterIP).toMatch(/^10\.96\./);
        await reaches(name);
        await reaches(changed.spec.clusterIP);
        if (type === "NodePort") await nodePortsReached(changed.spec.ports[0].nodePort);
      },
    );

    it.each(["ClusterIP", "NodePort"])(
      "should be able to change the type from %s to ExternalName [Conformance]",
      async (type) => {
        const name = `${type.toLowerCase()}-to-external`;
        const target = `${name}-target`;
        const { made: led } = await service(target);
        const { made, path } = await service(name, { type });
        const { clusterIP, ports } = made.spec;
        await reaches(name);
        const changed = await api.update(path, ({ spec }) => {
          Object.assign(spec, { type: "ExternalName", externalName: EXTERNAL.replace("backend-external", target) });
          spec.clusterIP = "";
          delete spec.clusterIPs;
          for (const port of spec.ports) delete port.nodePort;
        });
        expect(changed.spec.clusterIP).toBeUndefined();
        expect(changed.spec.ports?.[0]?.nodePort).toBeUndefined();
        await eventually("the name leads there", 30_000, async () => {
          return (await net.sh("client", `resolve ${name}`)).trim() === led.spec.clusterIP;
        });
        await eventually("what it had is gone", 30_000, async () => {
          return !backends.has((await answering(clusterIP, 1))[0] ?? "");
        });
        if (type !== "NodePort") return;
        const again = await service(`${name}-again`, { type, ports: [{ port: 80, nodePort: ports[0].nodePort }] });
        expect(again.made.spec.ports[0].nodePort).toBe(ports[0].nodePort);
      },
    );
  });

  describe.concurrent("[sig-network] EndpointSlice", () => {
    const slice = (name: string, of: string, addresses: string[], ports: object[]) => ({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name,
        labels: {
          "kubernetes.io/service-name": of,
          "endpointslice.kubernetes.io/managed-by": "e2e-test.k8s.io",
        },
      },
      addressType: "IPv4",
      endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
      ports,
    });
    const ports = [
      { name: "portone", port: 80, protocol: "TCP" },
      { name: "porttwo", port: 81, protocol: "TCP" },
    ];

    it("should support a Service with multiple ports specified in multiple EndpointSlices [Conformance]", async () => {
      const { made } = await service("slices-ports", { selector: undefined, ports });
      const [[name, address] = ["", ""]] = [...backends];
      for (const [i, port] of ports.entries()) {
        await net.create(slice(`slices-ports-${i}`, "slices-ports", [address], [port]));
      }
      for (const { port } of ports) {
        const host = `${made.spec.clusterIP}:${port}`;
        await eventually(host, 30_000, async () => (await answering(host, 1))[0] === name);
      }
    });

    it("should support a Service with multiple endpoint IPs specified in multiple EndpointSlices [Conformance]", async () => {
      const { made } = await service("slices-ips", { selector: undefined, ports });
      const [first, second] = [...backends];
      if (!first || !second) throw new Error("no backends");
      // Each port leads to the other port of another pod.
      await net.create(slice("slices-ips-0", "slices-ips", [first[1]], [{ ...ports[0], port: 81 }]));
      await net.create(slice("slices-ips-1", "slices-ips", [second[1]], [{ ...ports[1], port: 80 }]));
      for (const [port, name] of [
        [80, first[0]],
        [81, second[0]],
      ]) {
        const host = `${made.spec.clusterIP}:${port}`;
        await eventually(host, 30_000, async () => (await answering(host, 1))[0] === name);
      }
    });
  });

  describe.concurrent("[sig-network] Proxy version v1", () => {
    const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

    it("should proxy through a service and a pod [Conformance]", async () => {
      await service("proxied", {
        ports: [
          { name: "portname1", port: 80, targetPort: 80 },
          { name: "portname2", port: 81, targetPort: 81 },
        ],
      });
      const [pod = ""] = backends.keys();
      const paths = [
        "services/proxied:portname1/proxy/",
        "services/proxied:80/proxy/",
        "services/proxied:portname2/proxy/",
        "services/proxied:81/proxy/",
        "services/http:proxied:portname1/proxy/",
        "services/http:proxied:portname2/proxy/",
        `pods/${pod}/proxy/`,
        `pods/${pod}:80/proxy/`,
        `pods/${pod}:81/proxy/`,
        `pods/http:${pod}:80/proxy/`,
        `pods/http:${pod}:81/proxy/`,
      ];
      await eventually("endpoints", 30_000, async () => {
        return (await api.request("GET", net.path("services/proxied:81/proxy/"))).status === 200;
      });
      for (let round = 0; round < 3; round++) {
        for (const path of paths) {
          const answer = await api.request("GET", net.path(`${path}hostname`));
          expect([path, answer.status, backends.has(answer.text)]).toEqual([path, 200, true]);
          if (path.startsWith("pods")) expect(answer.text).toBe(pod);
        }
      }
    });

    it.each([
      { name: "Proxy", suffix: "/some/path/with/more?method=" },
      { name: "ProxyWithPath", suffix: "?method=" },
    ])(
      "A set of valid responses are returned for both pod and service $name [Conformance]",
      async ({ suffix, name }) => {
        const service1 = name.toLowerCase();
        await service(service1);
        const [pod] = backends.keys();
        const proxies = [`pods/${pod}/proxy`, `services/${service1}/proxy`];
        await eventually("endpoints", 30_000, async () => {
          return (await api.request("GET", net.path(`${proxies[1]}/`))).status === 200;
        });
        for (const proxy of proxies) {
          for (const method of METHODS) {
            const path = suffix.startsWith("?") ? `/${suffix}` : suffix;
            const body = ["PATCH", "POST", "PUT"].includes(method) ? "sent" : undefined;
            const answer = await api.request(method, net.path(`${proxy}${path}${method}`), body);
            expect([proxy, method, answer.status]).toEqual([proxy, method, 200]);
            expect(answer.headers.get("x-method")).toBe(method);
            expect(answer.text).toBe(method === "HEAD" ? "" : `${method} ${path}${method} ${body ?? ""}`);
          }
          // Without the slash that ends its name there is nothing relative links could lead to.
          for (const method of ["GET", "HEAD"]) {
            const answer = await api.request(method, net.path(`${proxy}?method=${method}`));
            expect([answer.status, answer.headers.get("location")]).toEqual([
              301,
              net.path(`${proxy}/?method=${method}`),
            ]);
          }
        }
      },
    );
  });

  describe.concurrent("[sig-network] DNS", () => {
    /** What nslookup says of records, its lines as they are. */
    const lookup = (type: string, name: string) => net.sh("client", `nslookup -type=${type} ${name} || true`);
    /** As programs resolve names: by way of /etc/hosts and the search path; over UDP and over TCP. */
    const resolved = async (name: string, wanted: string[], from = "client") => {
      for (const env of ["", "RES_OPTIONS=use-vc "]) {
        await eventually(`${env}${name} is ${wanted}`, 30_000, async () => {
          expect((await net.sh(from, `${env}resolve ${name}`)).trim().split("\n")).toEqual([...wanted].sort());
          return true;
        });
      }
    };
    const headless = (name: string, app: string) =>
      service(name, { clusterIP: "None", selector: { app }, ports: [{ name: "http", port: 80, protocol: "TCP" }] });
    const backendIps = () => [...backends.values()];
    const resolver = (name: string, more: object) => podOf(name, { app: name }, { image: NET_IMAGE }, more);
    const started = (name: string) => net.ready(1, `app=${name}`).then(([pod]) => pod);

    it("should provide DNS for the cluster [Conformance]", async () => {
      for (const name of ["kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]) {
        await resolved(name, ["10.96.0.1"]);
      }
    });

    it("should provide /etc/hosts entries for the cluster [Conformance]", async () => {
      await headless("hosts-service", "hosts-querier");
      await net.create(resolver("hosts-querier", { hostname: "querier-1", subdomain: "hosts-service" }));
      const pod = await started("hosts-querier");
      const hosts = await net.sh("hosts-querier", "cat /etc/hosts");
      const fqdn = "querier-1.hosts-service.net.svc.cluster.local";
      expect(hosts).toMatch(new RegExp(`^${pod.status.podIP}\\t${fqdn}\\tquerier-1$`, "m"));
      expect(hosts).toMatch(/^127\.0\.0\.1\tlocalhost$/m);
      for (const name of [fqdn, "querier-1"]) await resolved(name, [pod.status.podIP], "hosts-querier");
      await resolved("kubernetes.default", ["10.96.0.1"], "hosts-querier");
    });

    const serviceNames = ["", ".net", ".net.svc", ".net.svc.cluster.local"];

    it("should provide DNS for services [Conformance]", async () => {
      await headless("dns-headless", "backend");
      const { made } = await service("dns-normal");
      const ip: string = made.spec.clusterIP;
      for (const suffix of serviceNames) {
        await resolved(`dns-headless${suffix}`, backendIps());
        await resolved(`dns-normal${suffix}`, [ip]);
      }
      const srv = await lookup("srv", "_http._tcp.dns-headless.net.svc.cluster.local");
      const found = [...srv.matchAll(/service = \d+ \d+ 80 (\S+)/g)].map(([, name]) => name as string);
      expect(found).toHaveLength(BACKENDS);
      for (const name of found) expect(name).toMatch(/^[^.]+\.dns-headless\.net\.svc\.cluster\.local\.?$/);
      expect(await lookup("srv", "_http._tcp.dns-normal.net.svc.cluster.local")).toMatch(
        /service = \d+ 100 80 dns-normal\.net\.svc\.cluster\.local/,
      );
      const reverse = `${ip.split(".").reverse().join(".")}.in-addr.arpa.`;
      expect(await lookup("ptr", reverse)).toContain("name = dns-normal.net.svc.cluster.local");
    });

    it("should resolve DNS of partial qualified names for services [LinuxOnly] [Conformance]", async () => {
      await headless("pq-headless", "backend");
      const { made } = await service("pq-normal");
      for (const suffix of serviceNames.slice(0, 3)) {
        await resolved(`pq-headless${suffix}`, backendIps());
        await resolved(`pq-normal${suffix}`, [made.spec.clusterIP]);
      }
      for (const name of ["pq-headless", "pq-normal"]) {
        for (const suffix of serviceNames.slice(1, 3)) {
          // By way of the search path, as dig +search does: busybox takes it for names without dots only.
          const script = `for domain in $(sed -n 's/^search //p' /etc/resolv.conf); do
nslookup -type=srv _http._tcp.${name}${suffix}.$domain.; done || true`;
          expect(await net.sh("client", script)).toMatch(
            new RegExp(`service = \\d+ \\d+ 80 \\S*${name}\\.net\\.svc\\.cluster\\.local`),
          );
        }
      }
    });

    it.each(["Hostname", "Subdomain"])("should provide DNS for pods for %s [Conformance]", async (what) => {
      const name = `dns-${what.toLowerCase()}`;
      await headless(`${name}-service`, name);
      await net.create(resolver(name, { hostname: "querier-2", subdomain: `${name}-service` }));
      const { status } = await started(name);
      const full = `${name}-service.net.svc.cluster.local`;
      expect((await net.sh(name, "hostname -f")).trim()).toBe(`querier-2.${full}`);
      const names =
        what === "Hostname" ? [`querier-2.${full}`, `querier-2.${name}-service`] : [full, `querier-2.${full}`];
      for (const each of names) for (const from of [name, "client"]) await resolved(each, [status.podIP], from);
      if (what === "Hostname") await resolved("querier-2", [status.podIP], name);
    });

    it("should provide DNS for ExternalName services [Conformance]", async () => {
      const { path } = await service("dns-external", {
        type: "ExternalName",
        externalName: "foo.example.com",
        selector: undefined,
        ports: undefined,
      });
      const name = "dns-external.net.svc.cluster.local";
      const leads = (to: string) =>
        eventually(`CNAME ${to}`, 30_000, async () => {
          return (await lookup("cname", name)).includes(`canonical name = ${to}`);
        });
      await leads("foo.example.com");
      await api.patch(path, { spec: { externalName: "bar.example.com" } });
      await leads("bar.example.com");
      const ports = [{ name: "http", port: 80, protocol: "TCP" }];
      const changed = await api.patch(path, { spec: { type: "ClusterIP", externalName: null, ports } });
      await resolved(name, [changed.spec.clusterIP]);
    });

    it("should support configurable pod DNS nameservers [Conformance]", async () => {
      const dnsConfig = {
        nameservers: ["1.1.1.1"],
        searches: ["resolv.conf.local"],
        options: [{ name: "ndots", value: "2" }],
      };
      await net.create(resolver("dns-config", { dnsPolicy: "None", dnsConfig }));
      await started("dns-config");
      const lines = (await net.sh("dns-config", "cat /etc/resolv.conf")).trim().split("\n");
      expect(lines).toEqual(["search resolv.conf.local", "nameserver 1.1.1.1", "options ndots:2"]);
    });
  });

  describe.concurrent("[sig-network] Networking Granular Checks: Pods", () => {
    it.each([
      { from: "intra-pod", protocol: "http", tags: "[NodeConformance]" },
      { from: "intra-pod", protocol: "udp", tags: "[NodeConformance]" },
      { from: "node-pod", protocol: "http", tags: "[LinuxOnly] [NodeConformance]" },
      { from: "node-pod", protocol: "udp", tags: "[LinuxOnly] [NodeConformance]" },
    ])("should function for $from communication: $protocol $tags [Conformance]", async ({ from, protocol }) => {
      const servers = await net.pods("app=netserver");
      expect(servers).toHaveLength(nodes.length);
      const clients = from === "intra-pod" ? ["client", "netserver-0"] : nodes.map((_, i) => `host-${i}`);
      for (const client of clients) {
        for (const { metadata, status } of servers) {
          await eventually(`${metadata.name} from ${client}`, 30_000, async () => {
            const name =
              protocol === "http"
                ? (await answering(`${status.podIP}:8083`, 1, client))[0]
                : await udp(status.podIP, 8081, client);
            return name === metadata.name;
          });
        }
      }
      if (from !== "intra-pod" || protocol !== "http") return;
      // Between pods no address is changed.
      const { status } = await net.pod("client");
      const asked = await net.sh("client", curl(`http://${servers[1]?.status.podIP}:8083/clientip`));
      expect(asked).toBe(status.podIP);
    });
  });

  describe.concurrent("[sig-network] HostPort", () => {
    it("validates that there is no conflict between pods with same hostPort but different hostIP and protocol [LinuxOnly] [Conformance]", async () => {
      const hostPort = 54_323;
      const [node] = nodes;
      if (!node) throw new Error("no node");
      const pods = [
        { name: "host-port-1", hostIP: "127.0.0.1", protocol: "TCP" },
        { name: "host-port-2", hostIP: node.address, protocol: "TCP" },
        { name: "host-port-3", hostIP: node.address, protocol: "UDP" },
      ];
      for (const { name, hostIP, protocol } of pods) {
        const ports = [{ hostPort, containerPort: 80, protocol, hostIP }];
        const pinned = { nodeSelector: { "kubernetes.io/hostname": node.name } };
        await net.create(podOf(name, { app: "host-port" }, { ...netexec("http", 80, "udp", 80), ports }, pinned));
      }
      for (const pod of await net.ready(pods.length, "app=host-port")) expect(pod.spec.nodeName).toBe(node.name);
      for (const { name, hostIP, protocol } of pods) {
        await eventually(`${name} answers`, 30_000, async () => {
          const answer =
            protocol === "TCP"
              ? (await answering(`${hostIP}:${hostPort}`, 1, "host-0"))[0]
              : await udp(hostIP, hostPort, "host-0");
          return answer === name;
        });
      }
    });
  });

  describe.concurrent("[sig-network] API Server", () => {
    it("should have Endpoints and EndpointSlices pointing to API Server [Conformance]", async () => {
      const { subsets } = await api.get("/api/v1/namespaces/default/endpoints/kubernetes");
      const slice = await api.get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes");
      const port = { name: "https", port: 6443, protocol: "TCP" };
      expect(subsets).toEqual([{ addresses: [{ ip: "10.96.0.1" }], ports: [port] }]);
      expect(slice.endpoints[0].addresses).toEqual(["10.96.0.1"]);
      expect(slice.ports).toEqual([port]);
      for (const host of ["kubernetes.default", "10.96.0.1:6443"]) {
        const answer = await net.sh("client", `curl -sSk --max-time 5 https://${host}/version`);
        expect(JSON.parse(answer).minor).toBe("36");
      }
    });
  });

  // Last, and by itself: what it measures.
  describe("[sig-network] Service endpoints", () => {
    it("latency should not be very high [Conformance]", async () => {
      const slices = net.path("endpointslices", "discovery.k8s.io/v1");
      const took: number[] = [];
      for (let batch = 0; batch < 5; batch++) {
        const started = performance.now();
        const names = Array.from({ length: 10 }, (_, i) => `latency-${batch}-${i}`);
        await Promise.all(names.map((name) => service(name)));
        const waiting = new Set(names);
        await eventually("endpoints of all", 50_000, async () => {
          for (const { metadata, endpoints } of (await api.get(slices)).items) {
            const name = metadata.labels["kubernetes.io/service-name"];
            if (endpoints?.length === BACKENDS && waiting.delete(name)) took.push(performance.now() - started);
          }
          return waiting.size === 0;
        });
        for (const name of names) ok(await api.request("DELETE", net.path(`services/${name}`)));
      }
      took.sort((a, b) => a - b);
      const percentile = (share: number) => took[Math.ceil(took.length * share) - 1] as number;
      console.info(`endpoints after ms: p50 ${percentile(0.5).toFixed(0)}, p99 ${percentile(0.99).toFixed(0)}`);
      expect(percentile(0.5)).toBeLessThan(20_000);
      expect(percentile(0.99)).toBeLessThan(50_000);
    });
  });
});
