/**
 * What the cluster's own programs write, in batches and not as requests: told in the audit log as the requests that
 * upstream's programs would make. Each write is told once, when it is done.
 */
import type { Kind, Registry } from "../../../kinds/kind.ts";
import type { WriteOp, WriteResult } from "../../../machinery/cluster/contract.ts";
import type { Services } from "../../http/context.ts";
import type { RequestInfo } from "../../http/request-info.ts";
import { actorIdentity } from "../../verbs/batch.ts";
import { auditEvent } from "./event.ts";
import type { AuditLog } from "./log.ts";
import { withoutManagedFields } from "./managed-fields.ts";
import { decide } from "./policy.ts";
import { AuditTrail } from "./trail.ts";

export interface Batch {
  actor: string;
  ops: readonly WriteOp[];
  results: readonly WriteResult[];
  receivedAtMs: number;
  nowMs: number;
}

/** Does the writes, and tells of them when they are to be told of. */
export async function auditedBatch(
  { audit, env }: Pick<Services, "audit" | "env">,
  { actor, ops }: Pick<Batch, "actor" | "ops">,
  write: () => Promise<WriteResult[]>,
): Promise<WriteResult[]> {
  if (!audit) return write();
  const receivedAtMs = env.clock.now();
  const results = await write();
  auditBatch(audit, env, { actor, ops, results, receivedAtMs, nowMs: env.clock.now() });
  return results;
}

export function auditBatch(
  log: AuditLog,
  { registry, uuid }: { registry: Registry; uuid(): string },
  { actor, ops, results, receivedAtMs, nowMs }: Batch,
): void {
  for (const [i, op] of ops.entries()) {
    const kind = registry.findStorage(op.resource);
    const result = results[i];
    if (!kind || !result) continue;
    const info = infoOf(op, kind);
    const identity = actorIdentity(op.actor ?? actor);
    const decision = decide(log.policy, info, identity);
    if (decision.level === "None" || decision.omitStages.has("ResponseComplete")) continue;
    const trail = new AuditTrail({
      auditId: uuid(),
      requestUri: info.path,
      info,
      identity,
      userAgent: undefined,
      sourceIps: [],
      receivedAtMs,
      decision,
    });
    if ("object" in op) trail.sawBody(op.object);
    else if ("patch" in op) trail.sawBody(op.patch);
    trail.code = result.ok ? (op.verb === "create" ? 201 : 200) : (result.status.code ?? 500);
    const response = result.ok ? result.object : result.status;
    if (!result.ok || decision.level === "RequestResponse")
      trail.responseObject = decision.omitManagedFields ? withoutManagedFields(response) : response;
    log.write(auditEvent(trail, "ResponseComplete", nowMs));
  }
}

function infoOf(op: WriteOp, { group, version, plural, namespaced }: Kind): RequestInfo {
  const namespace = namespaced ? op.namespace : "";
  const subresource = ("subresource" in op && op.subresource) || "";
  const name = (op.verb !== "deletecollection" && op.name) || "";
  const path = [
    group === "" ? "/api" : `/apis/${group}`,
    version,
    ...(namespace ? ["namespaces", namespace] : []),
    plural,
    ...(name ? [name] : []),
    ...(subresource ? [subresource] : []),
  ].join("/");
  return {
    isResource: true,
    verb: op.verb,
    path,
    group,
    version,
    namespace,
    resource: plural,
    name,
    subresource,
    rest: "",
  };
}
