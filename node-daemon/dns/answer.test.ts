import dnsPacket from "dns-packet";
import { describe, expect, it } from "vitest";
import { answerQuestion } from "./answer.ts";
import { encodeAnswer } from "./encode.ts";
import { parseQuery, type Query } from "./message.ts";
import { ask, exampleCluster, service, slice, zone } from "./testing.ts";

const { view } = exampleCluster();

/** Answers through the encoder and an independent decoder: "TYPE ttl data" of each record. */
function answer(
  name: string,
  type: string,
): { rcode: string; answers: string[]; additionals: string[]; soa: boolean } | string {
  const query = parseQuery(ask(name, type)) as Query;
  const found = answerQuestion(query.name, query.type, view, zone);
  if (found.kind === "forward") return "forward";
  const message = dnsPacket.decode(encodeAnswer(query, found.answer));
  expect(message.flag_aa).toBe(true);
  expect(message.questions[0]?.name).toBe(name);
  const show = (r: { name: string; type: string; ttl?: number; data?: unknown }): string => {
    const data = Array.isArray(r.data) ? r.data.map(String).join(" ") : r.data;
    return `${r.name} ${r.type} ${r.ttl} ${typeof data === "string" ? data : Object.values(data as object).join(" ")}`;
  };
  if (found.kind === "follow") return `follow ${found.target}: ${message.answers.map(show).join("; ")}`;
  return {
    rcode: message.rcode,
    answers: message.answers.map(show),
    additionals: message.additionals.map(show),
    soa: message.authorities.some((r) => r.type === "SOA"),
  };
}

const svc = (rest: string): string => `${rest}.svc.cluster.local`;
const ok = (answers: string[], additionals: string[] = []) => ({ rcode: "NOERROR", answers, additionals, soa: false });
const nodata = { rcode: "NOERROR", answers: [], additionals: [], soa: true };
const nxdomain = { rcode: "NXDOMAIN", answers: [], additionals: [], soa: true };

describe("cluster DNS", () => {
  const web = svc("web.default");
  const pets = svc("pets.default");
  it.each([
    ["[DA1] cluster IP", web, "A", ok([`${web} A 30 10.96.0.20`])],
    ["[DA2] no IPv6 address", web, "AAAA", nodata],
    ["[DA3] dual stack, A", svc("dual.default"), "A", ok([`${svc("dual.default")} A 30 10.96.0.22`])],
    ["[DA3] dual stack, AAAA", svc("dual.default"), "AAAA", ok([`${svc("dual.default")} AAAA 30 fd00::22`])],
    [
      "[DA4] named port",
      `_http._tcp.${web}`,
      "SRV",
      ok([`_http._tcp.${web} SRV 30 0 100 80 ${web}`], [`${web} A 30 10.96.0.20`]),
    ],
    ["[DA4] the port's other protocol", `_http._udp.${web}`, "SRV", nxdomain],
    ["[DA4] no such port", `_https._tcp.${web}`, "SRV", nxdomain],
    ["[DA4] a protocol in use", `_tcp.${web}`, "A", nodata],
    ["[DA4] a port name has no address", `_http._tcp.${web}`, "A", nodata],
    [
      "[DA5] all ports of a service",
      svc("plain.default"),
      "SRV",
      ok(
        [`${svc("plain.default")} SRV 30 0 100 9000 ${svc("plain.default")}`],
        [`${svc("plain.default")} A 30 10.96.0.21`],
      ),
    ],
    ["[DA6] no such service", svc("nope.default"), "A", nxdomain],
    ["[DA6] a service in another namespace", svc("db.default"), "A", nxdomain],
    ["[DA6] the namespace decides", svc("db.prod"), "A", ok([`${svc("db.prod")} A 30 10.96.1.1`])],
    ["[DA7] a namespace", svc("default"), "A", nodata],
    ["[DA7] no such namespace", svc("nowhere"), "A", nxdomain],
    ["[DA7] svc", "svc.cluster.local", "A", nodata],
    ["[DA7] pod", "pod.cluster.local", "A", nodata],
    ["[DA7] no such branch", "web.default.cluster.local", "A", nxdomain],
    [
      "[DH1] headless: ready endpoints",
      pets,
      "A",
      ok([`${pets} A 5 10.244.0.7`, `${pets} A 5 10.244.0.8`, `${pets} A 5 10.244.0.10`]),
    ],
    ["[DH1] headless, IPv6", pets, "AAAA", ok([`${pets} AAAA 5 fd00:10::7`])],
    ["[DH2] hostname", `pet-0.${pets}`, "A", ok([`pet-0.${pets} A 5 10.244.0.7`])],
    ["[DH2] hostname from the address", `10-244-0-10.${pets}`, "A", ok([`10-244-0-10.${pets} A 5 10.244.0.10`])],
    ["[DH2] an endpoint that is not ready", `10-244-0-9.${pets}`, "A", nxdomain],
    ["[DH2] a hostname without such an address", `pet-1.${pets}`, "AAAA", nodata],
    ["[DH3] headless without ready endpoints", svc("empty.default"), "A", nxdomain],
    [
      "[DH4] headless named port",
      `_http._tcp.${pets}`,
      "SRV",
      ok(
        [
          `_http._tcp.${pets} SRV 5 0 33 8080 pet-0.${pets}`,
          `_http._tcp.${pets} SRV 5 0 33 8080 pet-1.${pets}`,
          `_http._tcp.${pets} SRV 5 0 33 8080 10-244-0-10.${pets}`,
        ],
        [
          `pet-0.${pets} A 5 10.244.0.7`,
          `pet-1.${pets} A 5 10.244.0.8`,
          `10-244-0-10.${pets} A 5 10.244.0.10`,
          `pet-0.${pets} AAAA 5 fd00:10::7`,
        ],
      ),
    ],
    [
      "[DC1] ExternalName outside",
      svc("outside.default"),
      "A",
      `follow www.example.com: ${svc("outside.default")} CNAME 30 www.example.com`,
    ],
    [
      "[DC1] ExternalName, asked for the alias",
      svc("outside.default"),
      "CNAME",
      ok([`${svc("outside.default")} CNAME 30 www.example.com`]),
    ],
    ["[DC1] nothing below ExternalName", `x.${svc("outside.default")}`, "A", nxdomain],
    [
      "[DC2] ExternalName inside",
      svc("alias.default"),
      "A",
      ok([`${svc("alias.default")} CNAME 30 ${web}`, `${web} A 30 10.96.0.20`]),
    ],
    [
      "[DP1] pod by address",
      "10-244-3-4.default.pod.cluster.local",
      "A",
      ok(["10-244-3-4.default.pod.cluster.local A 5 10.244.3.4"]),
    ],
    ["[DP1] no address", "10-244-3.default.pod.cluster.local", "A", nxdomain],
    ["[DP1] a namespace of pods", "default.pod.cluster.local", "A", nodata],
    ["[DR1] reverse: service", "20.0.96.10.in-addr.arpa", "PTR", ok([`20.0.96.10.in-addr.arpa PTR 5 ${web}`])],
    [
      "[DR1] reverse: headless endpoint",
      "8.0.244.10.in-addr.arpa",
      "PTR",
      ok([`8.0.244.10.in-addr.arpa PTR 5 pet-1.${pets}`]),
    ],
    ["[DR2] reverse: an address of ours without a name", "99.0.244.10.in-addr.arpa", "PTR", nxdomain],
    ["[DR2] reverse: a pod behind a plain service", "5.0.244.10.in-addr.arpa", "PTR", nxdomain],
    ["[DR3] reverse: somebody else's", "1.2.0.192.in-addr.arpa", "PTR", "forward"],
    ["[DZ1] schema version", "dns-version.cluster.local", "TXT", ok(["dns-version.cluster.local TXT 28800 1.1.0"])],
    ["[DZ2] the server's own name", "ns.dns.cluster.local", "A", ok(["ns.dns.cluster.local A 30 10.96.0.10"])],
    ["[DZ2] name server of the zone", "cluster.local", "NS", ok(["cluster.local NS 30 ns.dns.cluster.local"])],
    ["[DZ3] another domain", "example.com", "A", "forward"],
    ["[DZ3] a name that ends alike", "notcluster.local", "A", "forward"],
    ["[DZ4] letter case", svc("WEB.Default"), "A", ok([`${svc("WEB.Default")} A 30 10.96.0.20`])],
  ])("%s", (_title, name, type, want) => {
    expect(answer(name, type)).toEqual(want);
  });

  it("[DC3] an alias of itself ends", () => {
    expect(answer(svc("loop.default"), "A")).toMatchObject({ rcode: "SERVFAIL" });
  });

  it("[DV1] follows changes of services and endpoints", () => {
    const { services, slices, view } = exampleCluster();
    slices.put(slice("pets", [{ addresses: ["10.244.9.9"], hostname: "pet-9" }]));
    expect(
      view
        .endpoints("default", "pets")
        .map((e) => e.ip)
        .sort(),
    ).toEqual(["10.244.9.9", "fd00:10::7"]);
    expect(view.namesOf("10.244.0.7")).toEqual([]);
    expect(view.namesOf("10.244.9.9")).toEqual(["pet-9.pets.default"]);
    services.remove("prod/db");
    expect(view.hasNamespace("prod")).toBe(false);
    expect(view.namesOf("10.96.1.1")).toEqual([]);
    services.put(service("web", { clusterIP: "10.96.0.99", ports: [] }));
    expect(view.namesOf("10.96.0.20")).toEqual([]);
    expect(view.namesOf("10.96.0.99")).toEqual(["web.default"]);
    slices.remove("default/pets-abc");
    slices.remove("default/pets-v6");
    expect(view.endpoints("default", "pets")).toEqual([]);
  });
});
