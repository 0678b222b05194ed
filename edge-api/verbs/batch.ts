/** Many writes at once, as the controllers and the scheduler send them. */
import type { WriteOp, WriteOptions, WriteResult } from "../../machinery/cluster/contract.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ApiError, badRequest, methodNotAllowed, type Status } from "../../machinery/meta/status.ts";
import { AUTHENTICATED_GROUP, type Identity, serviceAccountIdentity, serviceAccountOf } from "../access/identity.ts";
import { bind } from "./binding.ts";
import { create } from "./create.ts";
import { decodeKind } from "./decode.ts";
import { remove } from "./delete.ts";
import { deleteBatch } from "./delete-collection.ts";
import type { DeleteOptions } from "./deletion.ts";
import type { Caller, Environment, Outcome, Target } from "./environment.ts";
import { isUnexpected, statusOf } from "./errors.ts";
import { evict } from "./eviction.ts";
import { parseObject } from "./object-text.ts";
import { decodePatched, patch } from "./patch.ts";
import { SCALE, type Scale, setScale } from "./scale.ts";
import { update } from "./update.ts";

const ignore = (): void => undefined;

/** The identity of a program's user name: that of a service account, which needs not exist. */
export function actorIdentity(actor: string): Identity {
  const account = serviceAccountOf(actor);
  return account ? serviceAccountIdentity(account) : { user: actor, groups: [AUTHENTICATED_GROUP] };
}

/** The program that upstream runs under a user name: what field managers are called when nobody says. */
function programOf(actor: string): string {
  if (actor.startsWith("system:serviceaccount:kube-system:")) return "kube-controller-manager";
  if (actor.startsWith("system:node:")) return "kubelet";
  return actor.slice(actor.lastIndexOf(":") + 1);
}

/**
 * Does the ops in order, each all-or-nothing by itself; to be called inside one transaction. Programs are trusted:
 * they are admitted and validated like anybody, not authorized.
 *
 * @param report told of errors that are not part of the API
 */
export function writeBatch(
  env: Environment,
  actor: string,
  ops: readonly WriteOp[],
  report: (error: unknown, context: string) => void,
): WriteResult[] {
  const callers = new Map<string, Caller>();
  const callerFor = (user: string, { options }: WriteOp): Caller => {
    const fieldManager = options?.fieldManager ?? programOf(user);
    const key = `${user} ${fieldManager}`;
    const known = callers.get(key);
    if (known) return known;
    const caller: Caller = { identity: actorIdentity(user), dryRun: false, warn: ignore, fieldManager };
    callers.set(key, caller);
    return caller;
  };
  const results: WriteResult[] = [];
  for (const op of ops) {
    const needed = op.needs === undefined ? undefined : results[op.needs];
    if (needed && !needed.ok) {
      results.push(needed);
      continue;
    }
    const user = op.actor ?? actor;
    try {
      const { text, stored } = env.store.transaction(() => write(env, callerFor(user, op), op));
      results.push({ ok: true, object: resultOf(stored ?? text, op) });
    } catch (error) {
      if (isUnexpected(error))
        report(error, `write by ${user}: ${op.verb} ${op.resource} ${op.namespace}/${nameOf(op)}`);
      const kind = env.registry.findStorage(op.resource);
      const subject = { group: kind?.group ?? "", resource: kind?.plural ?? op.resource, name: nameOf(op) };
      results.push({ ok: false, status: statusOf(error, subject) });
    }
  }
  return results;
}

function resultOf(text: string, { options }: WriteOp): KubeObject {
  const object = parseObject(text);
  if (options?.returns !== "metadata") return object;
  return { apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata };
}

function nameOf(op: WriteOp): string {
  if (op.verb === "deletecollection") return "";
  return op.verb === "create"
    ? (op.name ?? (op.object.metadata as { name?: string } | undefined)?.name ?? "")
    : op.name;
}

function write(env: Environment, caller: Caller, op: WriteOp): Outcome {
  const kind = env.registry.findStorage(op.resource);
  if (!kind) throw new ApiError(404, "NotFound", "the server could not find the requested resource", {});
  const target: Target = {
    kind,
    namespace: kind.namespaced ? op.namespace : "",
    name: nameOf(op),
    subresource: ("subresource" in op && op.subresource) || "",
  };
  const decoding = { fieldValidation: "Ignore" as const, warn: ignore };
  switch (op.verb) {
    case "create": {
      if (target.subresource !== "") return createSubresource(env, { target, caller, object: op.object });
      const object = decodeKind(env, copied(op.object), kind, decoding);
      return create(env, { target, caller, object });
    }
    case "update":
      return update(env, { target, caller, transform: () => decodeKind(env, copied(op.object), kind, decoding) });
    case "patch":
      if (target.subresource === "scale") {
        const change = { type: op.patchType, patch: op.patch };
        const transform = (live: Scale) => ({
          scale: decodePatched(env, live, change, { shape: SCALE, decoding }) as Scale,
        });
        return setScale(env, { target, caller, transform });
      }
      return patch(env, {
        target,
        caller,
        decoding,
        patch: { type: op.patchType, patch: op.patch },
        preconditions: { ...meantFor(op), ...op.options?.preconditions },
      });
    case "delete":
      return remove(env, { target, caller, options: deleteOptionsOf(op.options) });
    case "deletecollection":
      return removeAll(env, { target, caller, options: deleteOptionsOf(op.options) });
  }
}

/** A program's patch that names a uid is not for another object of the same name: that is a conflict like any other. */
function meantFor({ patch }: Extract<WriteOp, { verb: "patch" }>): { uid?: string } {
  const { uid } = ((patch as { metadata?: { uid?: unknown } } | undefined)?.metadata ?? {}) as { uid?: unknown };
  return typeof uid === "string" && uid !== "" ? { uid } : {};
}

const deleteOptionsOf = ({
  propagationPolicy,
  gracePeriodSeconds,
  preconditions,
}: WriteOptions = {}): DeleteOptions => ({
  ...(propagationPolicy && { propagationPolicy }),
  ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
  ...(preconditions && { preconditions }),
});

function removeAll(
  env: Environment,
  { target, caller, options }: { target: Target; caller: Caller; options: DeleteOptions },
): Outcome {
  const selectors = { labelSelector: null, fieldSelector: null };
  let after: { namespace: string; name: string } | undefined;
  do {
    after = deleteBatch(env, { target, caller, options, selectors, after }).next;
  } while (after);
  const status: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 200 };
  return { code: 200, text: JSON.stringify(status) };
}

function createSubresource(
  env: Environment,
  { target, caller, object }: { target: Target; caller: Caller; object: { [key: string]: unknown } },
): Outcome {
  const place = `${target.kind.storage}/${target.subresource}`;
  if (place === "pods/binding") return bind(env, { target, caller, binding: object as KubeObject });
  if (place === "pods/eviction") return evict(env, { target, caller, eviction: object as KubeObject });
  if (Object.hasOwn(target.kind.subresources, target.subresource))
    throw methodNotAllowed({ group: target.kind.group, resource: place, name: target.name }, "create");
  throw badRequest(`no subresource ${place}`);
}

/** Ops come over RPC and are ours; in one process (tests) they may still be the caller's. */
const copied = (object: { [key: string]: unknown }): unknown => structuredClone(object);
