/** Connections are looked at by admission as writes are: policies may say who runs what in whose containers. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Target } from "../../verbs/environment.ts";
import type { RequestContext } from "../context.ts";
import { callerOf } from "../request.ts";

/** Subresources that are spoken with over a connection. Logs are only read. */
const CONNECTED: ReadonlySet<string> = new Set(["attach", "exec", "portforward", "proxy"]);
const SWITCHES = ["stdin", "stdout", "stderr", "tty"];

/** @throws ApiError for what a policy refuses */
export function admitConnection(context: RequestContext, { kind, namespace, name, subresource }: Target): void {
  if (!CONNECTED.has(subresource)) return;
  const object = connectionOptions(kind.subresources[subresource]?.kind ?? kind.kind, context) as unknown as KubeObject;
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
}

/** PodExecOptions and the like, as the query and the path say them. */
function connectionOptions(kind: string, { query, info }: RequestContext): object {
  const options = { kind, apiVersion: "v1" };
  if (info.subresource === "proxy") {
    const path = (info.rest && `/${info.rest}`) + (info.path.endsWith("/") ? "/" : "");
    return path === "" ? options : { ...options, path };
  }
  if (info.subresource === "portforward") {
    const ports = (query?.getAll("ports") ?? []).flatMap((text) => text.split(",")).map(Number);
    return ports.length === 0 ? options : { ...options, ports };
  }
  const set = SWITCHES.filter((name) => query?.get(name) === "true" || query?.get(name) === "1");
  const container = query?.get("container");
  const command = query?.getAll("command") ?? [];
  return {
    ...options,
    ...Object.fromEntries(set.map((name) => [name, true])),
    ...(container && { container }),
    ...(info.subresource === "exec" && command.length > 0 && { command }),
  };
}
