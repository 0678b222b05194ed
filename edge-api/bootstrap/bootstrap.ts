/** Makes what a cluster must have and does not: at its first start, and whatever has been deleted since. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import { MASTERS_GROUP } from "../access/identity.ts";
import { DEFAULT_ROLES } from "../access/rbac/default-roles.ts";
import { create } from "../verbs/create.ts";
import { decodeKind } from "../verbs/decode.ts";
import type { Caller, Environment, Target } from "../verbs/environment.ts";
import { SYSTEM_OBJECTS } from "./objects.ts";
import { reconcileRole } from "./reconcile-role.ts";

const CALLER: Caller = {
  identity: { user: "system:apiserver", groups: [MASTERS_GROUP] },
  dryRun: false,
  warn: (message) => {
    throw new Error(`bootstrap object is not clean: ${message}`);
  },
};

/**
 * To be called in a transaction. Writes nothing when all is there. An object that cannot be made, because of what
 * somebody has done to the data, keeps nobody from starting the cluster to repair it.
 */
export function bootstrap(env: Environment, report: (error: unknown, context: string) => void): void {
  for (const object of [...SYSTEM_OBJECTS, ...DEFAULT_ROLES]) {
    try {
      env.store.transaction(() => {
        if (createMissing(env, object) || !object.apiVersion.startsWith("rbac.")) return;
        reconcileRole(env, object, CALLER);
      });
    } catch (error) {
      report(error, `bootstrap of ${object.kind} ${object.metadata.name}`);
    }
  }
}

/** Whether it was missing. */
function createMissing(env: Environment, object: KubeObject): boolean {
  const target = targetOf(env, object);
  const key = { resource: target.kind.storage, namespace: target.namespace, name: target.name };
  if (env.store.get(key)) return false;
  const decoded = decodeKind(env, structuredClone(object), target.kind, {
    fieldValidation: "Warn",
    warn: CALLER.warn,
  });
  create(env, { target: { ...target, name: "" }, caller: CALLER, object: decoded });
  return true;
}

export function targetOf(env: Environment, { apiVersion, kind: kindName, metadata }: KubeObject): Target {
  const kind = env.registry.findKind(apiVersion, kindName);
  if (!kind) throw new Error(`bootstrap: no kind ${apiVersion} ${kindName}`);
  return { kind, namespace: metadata.namespace ?? "", name: metadata.name ?? "", subresource: "" };
}
