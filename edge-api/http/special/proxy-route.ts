/**
 * Where proxy requests go: `pods/[scheme:]name[:port]/proxy/…`, `services/…`, `nodes/…`.
 * Source: https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/
 */

import type { KubeObject } from "../../../machinery/meta/object.ts";
import { ApiError, badRequest, notFound } from "../../../machinery/meta/status.ts";
import { proxyPrefix } from "../../tunnel/proxy-links.ts";
import type { Target } from "../../verbs/environment.ts";
import { get } from "../../verbs/get.ts";
import { parseObject } from "../../verbs/object-text.ts";
import type { RequestContext } from "../context.ts";
import type { NodeRoute } from "../node-route.ts";
import type { Pod } from "./pod-container.ts";

interface ProxyName {
  scheme: "http" | "https";
  name: string;
  /** Name or number; "" when not given. */
  port: string;
}

/** `name`, `name:port` or `scheme:name:port`. @throws ApiError 400 */
export function parseProxyName(text: string, what: string): ProxyName {
  const parts = text.split(":");
  if (parts.length === 1) return { scheme: "http", name: text, port: "" };
  const [scheme, name = "", port = ""] = parts.length === 2 ? ["", ...parts] : parts;
  const known = scheme === "" || scheme === "http" || scheme === "https";
  if (parts.length > 3 || name === "" || !known) throw badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
  return { scheme: scheme === "https" ? "https" : "http", name, port };
}

export function podProxy(context: RequestContext, target: Target): NodeRoute {
  const { scheme, name, port } = parseProxyName(target.name, "pod");
  const pod = parseObject(get(context.services.env, { ...target, name, subresource: "" })) as Pod;
  const { podIP } = pod.status ?? {};
  if (!pod.spec.nodeName || !podIP) throw badRequest("address not allowed");
  const number = port === "" ? firstPort(pod) : portNumber(port, "pod", target.name);
  return { node: pod.spec.nodeName, path: proxyPath(context, { scheme, host: podIP, port: number }) };
}

function firstPort({ spec }: Pod): number {
  for (const { ports } of spec.containers) if (ports?.[0]) return ports[0].containerPort;
  return 80;
}

function portNumber(port: string, what: string, name: string): number {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535) throw badRequest(`invalid ${what} request ${JSON.stringify(name)}`);
  return number;
}

interface Service extends KubeObject {
  spec: { ports?: { name?: string; port: number }[] };
}

interface Slice extends KubeObject {
  endpoints?: { addresses: string[]; nodeName?: string; conditions?: { ready?: boolean } }[];
  ports?: { name?: string; port?: number }[];
}

export function serviceProxy(context: RequestContext, target: Target): NodeRoute {
  const { scheme, name, port } = parseProxyName(target.name, "service");
  const { env } = context.services;
  const service = parseObject(get(env, { ...target, name, subresource: "" })) as Service;
  const ports = service.spec.ports ?? [];
  const wanted =
    port === "" && ports.length === 1
      ? ports[0]
      : ports.find((p) => (p.name ?? "") === port || String(p.port) === port);
  if (!wanted) {
    const isNumber = /^\d+$/.test(port);
    throw unavailable(
      `no ${isNumber ? `service port ${port} found` : "endpoints available"} for service ${JSON.stringify(name)}`,
    );
  }
  const candidates: { host: string; port: number; node: string }[] = [];
  for (const row of env.store.list({ resource: "endpointslices.discovery.k8s.io", namespace: target.namespace })) {
    if (!row.value.includes(JSON.stringify(name))) continue;
    const slice = parseObject(row.value) as Slice;
    if (slice.metadata.labels?.["kubernetes.io/service-name"] !== name) continue;
    const number = slice.ports?.find((p) => (p.name ?? "") === (wanted.name ?? ""))?.port;
    if (number === undefined) continue;
    for (const { addresses, nodeName, conditions } of slice.endpoints ?? []) {
      if (conditions?.ready === false || !nodeName || !addresses[0]) continue;
      candidates.push({ host: addresses[0], port: number, node: nodeName });
    }
  }
  const chosen = candidates[Math.floor(env.random() * candidates.length)];
  if (!chosen) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return { node: chosen.node, path: proxyPath(context, { scheme, host: chosen.host, port: chosen.port }) };
}

/** A node's own kubelet API. Another port of the node is not reachable: it opens none to the edge. */
export function nodeProxy(context: RequestContext, target: Target): NodeRoute {
  const { name, port } = parseProxyName(target.name, "node");
  const row = context.services.env.store.get({ resource: "nodes", namespace: "", name });
  if (!row) throw notFound({ group: "", resource: "nodes", name });
  if (port !== "" && port !== "10250") throw unavailable(`node ${name} answers at port 10250 only`);
  return { node: name, path: `/${restOf(context)}${queryOf(context)}` };
}

const proxyPath = (
  context: RequestContext,
  { scheme, host, port }: { scheme: string; host: string; port: number },
): string => {
  const at = host.includes(":") ? `[${host}]` : host;
  return `/proxy/${scheme}/${at}:${port}/${restOf(context)}${queryOf(context)}`;
};

/** What follows `/proxy/` in the URL, still encoded and with its trailing slash. */
function restOf({ request }: RequestContext): string {
  const url = request.url.split("?", 1)[0]!;
  const path = url.slice(url.indexOf("/api/"));
  return path.slice((proxyPrefix(path) ?? path).length + 1);
}

function queryOf({ request }: RequestContext): string {
  const at = request.url.indexOf("?");
  return at < 0 ? "" : request.url.slice(at);
}

const unavailable = (message: string): ApiError => new ApiError(503, "ServiceUnavailable", message);
