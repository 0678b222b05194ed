/** Which object of a cluster owns a resource. */
import type { Resource } from "../../machinery/cluster/contract.ts";
import { parseRequestInfo } from "../http/request-info.ts";

/** `main` is ClusterStore, `events` EventStore; both are named after the cluster. */
export type Shard = "main" | "events";

/** Events are many, nobody waits for them, and nothing else depends on them: they must not queue before what matters. */
export const shardFor = (resource: Resource): Shard => (resource === "events" ? "events" : "main");

const EVENT_GROUPS: ReadonlySet<string> = new Set(["", "events.k8s.io"]);

/** Where a request goes. Almost none is for events, which is found out without looking closer. */
export function shardOfUrl(url: string): Shard {
  const query = url.indexOf("?");
  const percent = url.indexOf("%");
  const isEscaped = percent >= 0 && (query < 0 || percent < query);
  if (!isEscaped && !url.includes("/events")) return "main";
  const start = url.indexOf("/", url.indexOf("//") + 2);
  if (start < 0) return "main";
  try {
    const info = parseRequestInfo("GET", url.slice(start, query < 0 ? undefined : query), undefined);
    return info.isResource && info.resource === "events" && EVENT_GROUPS.has(info.group) ? "events" : "main";
  } catch (error) {
    // Not percent-encoded UTF-8: the store says so.
    if (error instanceof URIError) return "main";
    throw error;
  }
}
