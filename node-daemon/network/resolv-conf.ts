/**
 * What stands in a pod's resolv.conf.
 * Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/ and the kubelet's network/dns.
 */
import { readFile } from "node:fs/promises";
import type { PodDNSConfig, PodSpec } from "../../kinds/core/v1-types.ts";
import { isIpv4 } from "./address.ts";

export interface ResolvConf {
  nameservers: string[];
  searches: string[];
  /** "ndots:5", "edns0" */
  options: string[];
}

/** glibc reads no more than three. */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARS = 2048;
const NDOTS = "ndots:5";

/** Reads resolv.conf(5). The last `search` or `domain` line counts; unknown lines are skipped. */
export function parseResolvConf(text: string): ResolvConf {
  const conf: ResolvConf = { nameservers: [], searches: [], options: [] };
  for (const line of text.split("\n")) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver" && words[0] !== undefined) conf.nameservers.push(words[0]);
    else if (keyword === "search" || keyword === "domain") conf.searches = words.filter((w) => w !== ".");
    else if (keyword === "options") conf.options = words;
  }
  return conf;
}

/** Name servers that a pod, or the daemon, can ask: not the stub on this machine's loopback, not the cluster DNS itself. */
export const reachableNameservers = (conf: ResolvConf, clusterDnsIp: string): string[] =>
  conf.nameservers.filter((ns) => ns !== clusterDnsIp && !ns.startsWith("127.") && ns !== "::1");

/**
 * Decides a pod's resolv.conf. Pure.
 *
 * @param host the node's own
 */
export function planResolvConf(input: ResolvInput): PodResolvConf {
  const merged = mergeDnsConfig(base(input), input.spec.dnsConfig as PodDNSConfig | undefined);
  const nameservers = merged.nameservers.slice(0, MAX_NAMESERVERS);
  const searches = limitSearches(merged.searches);
  const omitted = [
    ...(nameservers.length < merged.nameservers.length
      ? [
          `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${nameservers.join(" ")}`,
        ]
      : []),
    ...(searches.length < merged.searches.length
      ? [
          `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${searches.join(" ")}`,
        ]
      : []),
  ];
  return { nameservers, searches, options: merged.options, ...(omitted.length > 0 && { omitted }) };
}

export interface PodResolvConf extends ResolvConf {
  /** What the limits left out, in kubelet's words. */
  omitted?: string[];
}

export interface ResolvInput {
  spec: Pick<PodSpec, "dnsPolicy" | "dnsConfig" | "hostNetwork">;
  namespace: string;
  host: ResolvConf;
  clusterDnsIp: string;
  clusterDomain: string;
}

function base({ spec, namespace, host, clusterDnsIp, clusterDomain }: ResolvInput): ResolvConf {
  const policy = spec.dnsPolicy ?? "ClusterFirst";
  if (policy === "None") return { nameservers: [], searches: [], options: [] };
  const clusterFirst = policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && !spec.hostNetwork);
  if (!clusterFirst) {
    return { ...host, nameservers: spec.hostNetwork ? host.nameservers : reachableNameservers(host, clusterDnsIp) };
  }
  const zones = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return { nameservers: [clusterDnsIp], searches: unique([...zones, ...host.searches]), options: [NDOTS] };
}

function mergeDnsConfig(conf: ResolvConf, added: PodDNSConfig | undefined): ResolvConf {
  if (!added) return conf;
  const options = new Map(conf.options.map((option) => [option.split(":")[0] as string, option]));
  for (const { name, value } of added.options ?? []) {
    if (name) options.set(name, value === undefined || value === "" ? name : `${name}:${value}`);
  }
  return {
    nameservers: unique([
      ...conf.nameservers,
      ...(added.nameservers ?? []).filter((ns) => ns.includes(":") || isIpv4(ns)),
    ]),
    searches: unique([...conf.searches, ...(added.searches ?? [])]),
    options: [...options.values()],
  };
}

const unique = (list: string[]): string[] => [...new Set(list)];

function limitSearches(searches: string[]): string[] {
  const kept: string[] = [];
  let chars = 0;
  for (const search of searches.slice(0, MAX_SEARCHES)) {
    chars += search.length + (kept.length > 0 ? 1 : 0);
    if (chars > MAX_SEARCH_CHARS) break;
    kept.push(search);
  }
  return kept;
}

/** systemd-resolved's stub listens on this machine's loopback; the servers behind it stand in another file. */
const SYSTEMD_RESOLV_CONF = "/run/systemd/resolve/resolv.conf";

/** The node's resolv.conf; where it names nobody but a local stub, the one that names the stub's servers. */
export async function readHostResolvConf(path: string, clusterDnsIp: string): Promise<ResolvConf> {
  const own = parseResolvConf(await readFile(path, "utf8").catch(emptyWhenMissing));
  if (reachableNameservers(own, clusterDnsIp).length > 0) return own;
  const behindStub = parseResolvConf(await readFile(SYSTEMD_RESOLV_CONF, "utf8").catch(emptyWhenMissing));
  return reachableNameservers(behindStub, clusterDnsIp).length > 0 ? behindStub : own;
}

function emptyWhenMissing(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}
