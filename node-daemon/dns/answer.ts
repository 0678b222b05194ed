/**
 * Answers about the cluster's own names.
 * Source: https://github.com/kubernetes/dns/blob/master/docs/specification.md (schema 1.1.0), and CoreDNS where it says
 * nothing.
 */
import type { Service } from "../../kinds/core/v1-types.ts";
import { type Cidr, contains, isIpv4, parseIpv4 } from "../network/address.ts";
import type { ClusterView, DnsEndpoint } from "./cluster-view.ts";
import { addressBytes } from "./encode.ts";
import { type Answer, type DnsRecord, Rcode, Type } from "./message.ts";

export interface Zone {
  /** "cluster.local" */
  domain: string;
  /** Address of this server. */
  serverIp: string;
  /** Reverse lookups inside these are ours alone: pods and services. */
  ownRanges: readonly Cidr[];
  /** SOA serial: seconds since the epoch when the server started. */
  serial: number;
}

/** Seconds. Services keep their address; endpoints come and go. */
const SERVICE_TTL = 30;
const ENDPOINT_TTL = 5;
const NEGATIVE_TTL = 5;
const SCHEMA_VERSION = "1.1.0";
const MAX_CNAMES = 8;

export type ClusterAnswer =
  | { kind: "answer"; answer: Answer }
  /** Not a name of ours. */
  | { kind: "forward" }
  /** Ours, but it is an alias of this name outside: to be followed by `answers` of that name. */
  | { kind: "follow"; answer: Answer; target: string };

/** Answers one question. Pure. `name` is in lower case, without the last dot. */
export function answerQuestion(name: string, type: number, view: ClusterView, zone: Zone): ClusterAnswer {
  const reverse = reverseAddress(name);
  if (reverse !== undefined) return answerReverse({ name, type, ip: reverse, view, zone });
  if (!isInZone(name, zone)) return { kind: "forward" };
  const aliases: DnsRecord[] = [];
  let current = name;
  for (let i = 0; i < MAX_CNAMES; i++) {
    const found = lookUp(current, view, zone);
    if (found === undefined) return { kind: "answer", answer: negative(Rcode.NXDOMAIN, zone, aliases) };
    const alias = found.records.find(isAlias);
    if (!alias || type === Type.CNAME || type === Type.ANY) {
      const answers = found.records.filter((r) => r.type === type || type === Type.ANY);
      if (answers.length === 0) return { kind: "answer", answer: negative(Rcode.NOERROR, zone, aliases) };
      const additionals = type === Type.SRV ? found.additionals : [];
      return { kind: "answer", answer: positive([...aliases, ...answers], additionals) };
    }
    aliases.push(alias);
    if (!isInZone(alias.target, zone)) return { kind: "follow", answer: positive(aliases, []), target: alias.target };
    current = alias.target;
  }
  return { kind: "answer", answer: { ...positive(aliases, []), rcode: Rcode.SERVFAIL } };
}

const isAlias = (r: DnsRecord): r is DnsRecord & { target: string } => r.type === Type.CNAME;

const isInZone = (name: string, { domain }: Zone): boolean => name === domain || name.endsWith(`.${domain}`);

const positive = (answers: DnsRecord[], additionals: DnsRecord[]): Answer => ({
  rcode: Rcode.NOERROR,
  authoritative: true,
  answers,
  authorities: [],
  additionals,
});

const negative = (rcode: number, zone: Zone, answers: DnsRecord[] = []): Answer => ({
  rcode,
  authoritative: true,
  answers,
  authorities: [authorityRecord(zone)],
  additionals: [],
});

/** Refresh, retry and expire are for secondary servers, of which there are none. */
const authorityRecord = ({ domain, serial }: Zone): DnsRecord => ({
  type: Type.SOA,
  name: domain,
  ttl: NEGATIVE_TTL,
  primary: `ns.dns.${domain}`,
  mailbox: `hostmaster.${domain}`,
  serial,
  times: [7200, 1800, 86_400, NEGATIVE_TTL],
});

interface Found {
  records: DnsRecord[];
  /** Go with SRV records. */
  additionals: DnsRecord[];
}

const nothingHere: Found = { records: [], additionals: [] };
const only = (...records: DnsRecord[]): Found => ({ records, additionals: [] });

/** All records of a name of the zone; undefined: there is no such name. */
function lookUp(name: string, view: ClusterView, zone: Zone): Found | undefined {
  if (name === zone.domain) {
    const server: DnsRecord = { type: Type.NS, name, ttl: SERVICE_TTL, target: `ns.dns.${zone.domain}` };
    return only(authorityRecord(zone), server);
  }
  const labels = name.slice(0, -zone.domain.length - 1).split(".");
  const top = labels.at(-1);
  if (top === "svc") return lookUpService(name, labels.slice(0, -1), view, zone);
  if (top === "pod") return lookUpPod(name, labels.slice(0, -1));
  if (labels.length === 1 && top === "dns-version") {
    return only({ type: Type.TXT, name, ttl: 28_800, text: SCHEMA_VERSION });
  }
  if (labels.length === 1 && top === "dns") return nothingHere;
  if (labels.length === 2 && top === "dns" && labels[0] === "ns")
    return only(...addresses(name, [zone.serverIp], SERVICE_TTL));
  return undefined;
}

/** `1-2-3-4.<ns>.pod.<zone>`: deprecated by the specification, and required by it. */
function lookUpPod(name: string, labels: string[]): Found | undefined {
  if (labels.length < 2) return nothingHere;
  const ip = (labels[0] as string).replaceAll("-", ".");
  return labels.length === 2 && isIpv4(ip) ? only(...addresses(name, [ip], ENDPOINT_TTL)) : undefined;
}

function lookUpService(name: string, labels: string[], view: ClusterView, zone: Zone): Found | undefined {
  if (labels.length === 0) return nothingHere;
  const [namespace, serviceName] = [labels.at(-1) as string, labels.at(-2)];
  if (serviceName === undefined) return view.hasNamespace(namespace) ? nothingHere : undefined;
  const service = view.service(namespace, serviceName);
  if (!service) return undefined;
  const below = labels.slice(0, -2);
  const base = `${serviceName}.${namespace}.svc.${zone.domain}`;
  if (service.spec.type === "ExternalName") {
    const target = (service.spec.externalName ?? "").toLowerCase().replace(/\.$/, "");
    return below.length > 0 || target === "" ? undefined : only({ type: Type.CNAME, name, ttl: SERVICE_TTL, target });
  }
  if (below.length === 0) return serviceRecords({ service, base, view, port: undefined });
  const [first, second] = below as [string, string | undefined];
  if (below.length === 1 && first.startsWith("_"))
    return hasProtocol(service, first.slice(1)) ? nothingHere : undefined;
  if (below.length === 1) {
    const ips = view.endpoints(namespace, serviceName).filter((e) => e.hostname === first);
    return ips.length === 0
      ? undefined
      : only(
          ...addresses(
            name,
            ips.map((e) => e.ip),
            ENDPOINT_TTL,
          ),
        );
  }
  if (below.length !== 2 || !first.startsWith("_") || !second?.startsWith("_")) return undefined;
  const port = { name: first.slice(1), protocol: second.slice(1) };
  const found = serviceRecords({ service, base, view, port });
  const records = found?.records.filter((r) => r.type === Type.SRV).map((r) => ({ ...r, name })) ?? [];
  return found && records.length > 0 ? { records, additionals: found.additionals } : undefined;
}

const hasProtocol = (service: Service, protocol: string): boolean =>
  (service.spec.ports ?? []).some((p) => (p.protocol ?? "TCP").toLowerCase() === protocol);

interface ServiceQuery {
  service: Service;
  /** The service's own domain name. */
  base: string;
  view: ClusterView;
  port: { name: string; protocol: string } | undefined;
}

/** A, AAAA and SRV records of a service: of its cluster IPs, or, headless, of its ready endpoints. */
function serviceRecords({ service, base, view, port }: ServiceQuery): Found | undefined {
  const { namespace = "", name = "" } = service.metadata;
  const { clusterIP, clusterIPs = [] } = service.spec;
  const wanted = (p: { name?: string; protocol?: string }): boolean =>
    port === undefined || (p.name === port.name && (p.protocol ?? "TCP").toLowerCase() === port.protocol);
  const srv = (target: string, portNumber: number, weight: number): DnsRecord => ({
    type: Type.SRV,
    name: base,
    ttl: SERVICE_TTL,
    priority: 0,
    weight,
    port: portNumber,
    target,
  });
  if (clusterIP !== undefined && clusterIP !== "" && clusterIP !== "None") {
    const own = addresses(base, clusterIPs.length > 0 ? clusterIPs : [clusterIP], SERVICE_TTL);
    const ports = (service.spec.ports ?? []).filter(wanted);
    const weight = Math.max(1, Math.floor(100 / Math.max(1, own.length * ports.length)));
    return { records: [...own, ...ports.map((p) => srv(base, p.port, weight))], additionals: own };
  }
  const endpoints = view.endpoints(namespace, name);
  if (endpoints.length === 0) return undefined;
  const host = (e: DnsEndpoint): string => `${e.hostname}.${base}`;
  const targets = view.endpointPorts(namespace, name).filter(wanted);
  const pairs = targets.flatMap((t) => [...new Set(t.endpoints.map(host))].map((target) => ({ target, port: t.port })));
  const weight = Math.max(1, Math.floor(100 / Math.max(1, pairs.length)));
  const named = new Set(pairs.map((p) => p.target));
  return {
    records: [
      ...addresses(base, [...new Set(endpoints.map((e) => e.ip))], ENDPOINT_TTL),
      ...pairs.map((p) => ({ ...srv(p.target, p.port, weight), ttl: ENDPOINT_TTL })),
    ],
    additionals: endpoints.filter((e) => named.has(host(e))).flatMap((e) => addresses(host(e), [e.ip], ENDPOINT_TTL)),
  };
}

const addresses = (name: string, ips: readonly string[], ttl: number): DnsRecord[] =>
  ips.flatMap((ip) => {
    const bytes = addressBytes(ip);
    return bytes ? [{ ...bytes, name, ttl }] : [];
  });

/** The address that `4.3.2.1.in-addr.arpa` asks for. */
function reverseAddress(name: string): string | undefined {
  if (!name.endsWith(".in-addr.arpa")) return undefined;
  const ip = name.slice(0, -".in-addr.arpa".length).split(".").reverse().join(".");
  return isIpv4(ip) ? ip : undefined;
}

interface ReverseQuery {
  name: string;
  type: number;
  ip: string;
  view: ClusterView;
  zone: Zone;
}

function answerReverse({ name, type, ip, view, zone }: ReverseQuery): ClusterAnswer {
  const names = view.namesOf(ip);
  const value = parseIpv4(ip) as number;
  if (names.length === 0) {
    if (!zone.ownRanges.some((range) => contains(range, value))) return { kind: "forward" };
    return { kind: "answer", answer: negative(Rcode.NXDOMAIN, zone) };
  }
  if (type !== Type.PTR && type !== Type.ANY) return { kind: "answer", answer: negative(Rcode.NOERROR, zone) };
  const records = names.map(
    (n): DnsRecord => ({ type: Type.PTR, name, ttl: ENDPOINT_TTL, target: `${n}.svc.${zone.domain}` }),
  );
  return { kind: "answer", answer: positive(records, []) };
}
