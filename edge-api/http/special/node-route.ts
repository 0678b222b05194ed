/**
 * Requests that a node answers: logs, exec, attach, port-forward, proxies. ClusterStore only says where they go: the
 * Worker asks here first, and then sends the request itself to the node's gateway.
 */
import { badRequest, notImplemented } from "../../../machinery/meta/status.ts";
import { authorize } from "../../access/authorize.ts";
import type { Target } from "../../verbs/environment.ts";
import { get } from "../../verbs/get.ts";
import { parseObject } from "../../verbs/object-text.ts";
import type { RequestContext } from "../context.ts";
import { type NodeRoute, ROUTE_HEADER } from "../node-route.ts";
import { type Answer, setHeader } from "../reply.ts";
import { isTrue } from "../request-info.ts";
import { headersFor, JSON_TYPE, json } from "../respond.ts";

import { admitConnection } from "./connection.ts";
import type { SpecialEndpoint } from "./endpoint.ts";
import { checkLogOptions } from "./log-options.ts";
import { containerOf, type Pod } from "./pod-container.ts";
import { nodeProxy, podProxy, serviceProxy } from "./proxy-route.ts";

type Finder = (context: RequestContext, target: Target) => NodeRoute | Answer;

const routed =
  (find: Finder): SpecialEndpoint =>
  (context, target) => {
    if (!context.request.headers.has(ROUTE_HEADER))
      throw notImplemented("node requests that do not come through the Worker");
    const route = find(admitConnection(context, target), target);
    if (!("node" in route)) return route;
    const answer = json(context, 200, JSON.stringify(route));
    setHeader(answer, ROUTE_HEADER, "1");
    return answer;
  };

export const podLog = routed((context, target) => {
  const pod = podOf(context, target);
  const query = context.query ?? new URLSearchParams();
  checkLogOptions(query);
  const container = containerOf(pod, query.get("container") ?? "");
  if (!pod.spec.nodeName) return nothingSaid(context);
  const kept = keep(query, LOG_PARAMETERS);
  const { namespace, name } = target;
  return { node: pod.spec.nodeName, path: pathOf(["containerLogs", namespace, name, container], kept) };
});

/** Of a pod that is not on a node yet. */
function nothingSaid(context: RequestContext): Answer {
  const headers = new Headers(headersFor(context, JSON_TYPE));
  headers.delete("content-type");
  return new Response(null, { status: 204, headers });
}

export const podExec = routed((context, target) => streams(context, target, "exec"));
export const podAttach = routed((context, target) => streams(context, target, "attach"));

export const podPortForward = routed((context, target) => {
  mayCreate(context);
  const pod = podOf(context, target);
  const node = assignedNode(pod, target);
  const { namespace, name } = target;
  return { node, path: pathOf(["portForward", namespace, name], keep(context.query, ["port", "ports"])) };
});

export const podProxyRoute = routed((context, target) => podProxy(context, target));
export const serviceProxyRoute = routed((context, target) => serviceProxy(context, target));
export const nodeProxyRoute = routed((context, target) => nodeProxy(context, target));

const LOG_PARAMETERS = [
  "follow",
  "previous",
  "timestamps",
  "sinceSeconds",
  "sinceTime",
  "tailLines",
  "limitBytes",
  "stream",
];

function podOf({ services }: RequestContext, target: Target): Pod {
  return parseObject(get(services.env, target)) as Pod;
}

function assignedNode(pod: Pod, target: Target): string {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  throw badRequest(`pod ${target.name} does not have a host assigned`);
}

function streams(context: RequestContext, target: Target, what: "exec" | "attach"): NodeRoute {
  mayCreate(context);
  const pod = podOf(context, target);
  const query = context.query ?? new URLSearchParams();
  const { phase } = pod.status ?? {};
  if (phase === "Succeeded" || phase === "Failed")
    throw badRequest(
      `cannot ${what} ${what === "exec" ? "into" : "to"} a container in a completed pod; current phase is ${phase}`,
    );
  const container = containerOf(pod, query.get("container") ?? "");
  const node = assignedNode(pod, target);
  const kept = new URLSearchParams();
  for (const [from, to] of STREAM_PARAMETERS) if (isTrue(query.get(from))) kept.set(to, "1");
  if (what === "exec") {
    const command = query.getAll("command");
    if (command.length === 0) throw badRequest("you must specify at least 1 command for the container");
    for (const word of command) kept.append("command", word);
  }
  if (!kept.has("input") && !kept.has("output") && !kept.has("error"))
    throw badRequest("you must specify at least one of stdin, stdout, stderr");
  const { namespace, name } = target;
  return { node, path: pathOf([what, namespace, name, container], kept) };
}

const STREAM_PARAMETERS: readonly [client: string, kubelet: string][] = [
  ["stdin", "input"],
  ["stdout", "output"],
  ["stderr", "error"],
  ["tty", "tty"],
];

/** A WebSocket begins with GET, which must not let in those who may only get. */
function mayCreate({ services, identity, info }: RequestContext): void {
  if (info.verb === "get") authorize(services.authorizer, identity, { ...info, verb: "create" });
}

function keep(query: URLSearchParams | undefined, names: readonly string[]): URLSearchParams {
  const kept = new URLSearchParams();
  for (const name of names) for (const value of query?.getAll(name) ?? []) kept.append(name, value);
  return kept;
}

function pathOf(parts: readonly string[], query: URLSearchParams): string {
  const path = `/${parts.map(encodeURIComponent).join("/")}`;
  return query.size > 0 ? `${path}?${query}` : path;
}
