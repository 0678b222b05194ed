/** Connections are looked at by admission as writes are: policies may say who runs what in whose containers. */
import { deepEqual } from "../../../machinery/meta/equality.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { badRequest } from "../../../machinery/meta/status.ts";
import { proxyPrefix } from "../../tunnel/proxy-links.ts";
import type { Target } from "../../verbs/environment.ts";
import type { RequestContext } from "../context.ts";
import { callerOf, withUrl } from "../request.ts";
import { isTrue } from "../request-info.ts";

/** Subresources that are spoken with over a connection. Logs are only read. */
const CONNECTED: ReadonlySet<string> = new Set(["attach", "exec", "portforward", "proxy"]);
const SWITCHES = ["stdin", "stdout", "stderr", "tty"];

/**
 * The request as policies have made it: they may change what is run, or where to.
 * @throws ApiError 400 for a dry run, which nothing is that runs elsewhere; and for what a policy refuses
 */
export function admitConnection(context: RequestContext, target: Target): RequestContext {
  const { kind, namespace, name, subresource } = target;
  if (!CONNECTED.has(subresource)) return context;
  if (context.query?.has("dryRun")) throw badRequest("dryRun is not supported");
  const options = connectionOptions(kind.subresources[subresource]?.kind ?? kind.kind, context);
  const object = structuredClone(options) as unknown as KubeObject;
  const caller = callerOf(context, { dryRun: false });
  context.services.env.admission.connect({
    operation: "CONNECT",
    kind,
    namespace,
    name,
    subresource,
    object,
    ...caller,
  });
  return deepEqual(object, options) ? context : withOptions(context, object as unknown as ConnectionOptions);
}

interface ConnectionOptions {
  kind: string;
  apiVersion: string;
  path?: string;
  ports?: number[];
  container?: string;
  command?: string[];
  [name: string]: unknown;
}

function withOptions(context: RequestContext, options: ConnectionOptions): RequestContext {
  const { info } = context;
  if (info.subresource === "proxy") {
    // The route is found by the URL, so that what is encoded stays so.
    const { request } = context;
    const url = new URL(request.url);
    url.pathname = (proxyPrefix(url.pathname) ?? "") + (options.path ? `/${options.path.replace(/^\//, "")}` : "");
    return { ...context, request: withUrl(request, url.href) };
  }
  const query = new URLSearchParams(context.query);
  for (const name of [...SWITCHES, "container", "command", "ports"]) query.delete(name);
  for (const name of SWITCHES) if (options[name] === true) query.set(name, "true");
  if (options.container) query.set("container", options.container);
  for (const word of options.command ?? []) query.append("command", word);
  for (const port of options.ports ?? []) query.append("ports", String(port));
  return { ...context, query };
}

/** PodExecOptions and the like, as the query and the path say them. */
function connectionOptions(kind: string, { query, info }: RequestContext): ConnectionOptions {
  const options = { kind, apiVersion: "v1" };
  if (info.subresource === "proxy") {
    const path = (info.rest && `/${info.rest}`) + (info.path.endsWith("/") ? "/" : "");
    return path === "" ? options : { ...options, path };
  }
  if (info.subresource === "portforward") {
    const ports = (query?.getAll("ports") ?? []).flatMap((text) => text.split(",")).map(Number);
    return ports.length === 0 ? options : { ...options, ports };
  }
  const set = SWITCHES.filter((name) => isTrue(query?.get(name)));
  const container = query?.get("container");
  const command = query?.getAll("command") ?? [];
  return {
    ...options,
    ...Object.fromEntries(set.map((name) => [name, true])),
    ...(container && { container }),
    ...(info.subresource === "exec" && command.length > 0 && { command }),
  };
}
