/** Makes what a cluster must have and does not: at its first start, and whatever has been deleted since. */

import type { ServiceCIDR } from "../../kinds/networking/v1-types.ts";
import { aggregatedRules } from "../../kinds/rbac/aggregation.ts";
import type { ClusterRole, PolicyRule } from "../../kinds/rbac/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { MASTERS_GROUP } from "../access/identity.ts";
import { CLUSTER_ROLES } from "../access/rbac/binding-index.ts";
import { defaultRoles } from "../access/rbac/defaults/index.ts";
import { fromStorage } from "../verbs/convert.ts";
import { create } from "../verbs/create.ts";
import { decodeKind } from "../verbs/decode.ts";
import { remove } from "../verbs/delete.ts";
import { type Caller, type Environment, keyOf, type Target } from "../verbs/environment.ts";
import { update } from "../verbs/update.ts";
import { isAutomanaged, localApiServices } from "./api-services.ts";
import { type ClusterFacts, type Published, type PublishedMap, publishedMaps, tokenTracking } from "./config-maps.ts";
import { SYSTEM_OBJECTS } from "./objects.ts";
import { planReconciliation } from "./reconcile-role.ts";
import { DEFAULT_CIDR, planServiceCidrStatus } from "./service-cidr.ts";

const CALLER: Caller = {
  identity: { user: "system:apiserver", groups: [MASTERS_GROUP] },
  dryRun: false,
  fieldManager: "kube-apiserver",
  warn: (message) => {
    throw new Error(`bootstrap object is not clean: ${message}`);
  },
};

/**
 * To be called in a transaction. Writes nothing when all is there. An object that cannot be made, because of what
 * somebody has done to the data, keeps nobody from starting the cluster to repair it.
 */
export function bootstrap(
  env: Environment,
  report: (error: unknown, context: string) => void,
  facts?: ClusterFacts,
): void {
  const attempt = (work: () => void, context: string): void => {
    try {
      env.store.transaction(work);
    } catch (error) {
      report(error, `bootstrap of ${context}`);
    }
  };
  const ensure = (object: KubeObject): void => {
    const target = targetOf(env, object);
    if (env.store.get(keyOf(target))) return;
    attempt(() => make(env, target, object), `${object.kind} ${object.metadata.name}`);
  };
  for (const object of SYSTEM_OBJECTS) ensure(object);
  const services = localApiServices(env.registry);
  for (const object of services) ensure(object);
  attempt(() => forgetApiServices(env, services), "APIServices");
  attempt(() => settleServiceCidr(env), "the default ServiceCIDR's status");
  for (const object of defaultRoles(env.registry))
    attempt(() => reconcile(env, object), `${object.kind} ${object.metadata.name}`);
  attempt(() => aggregate(env), "aggregated roles");
  if (!facts) return;
  ensure(tokenTracking(facts));
  for (const one of publishedMaps(facts)) attempt(() => publish(env, one), `ConfigMap ${one.map.metadata.name}`);
}

/** Those of versions that were served once. */
function forgetApiServices(env: Environment, served: readonly KubeObject[]): void {
  const kind = env.registry.findKind("apiregistration.k8s.io/v1", "APIService");
  if (!kind) return;
  const names = new Set(served.map(({ metadata }) => metadata.name));
  for (const row of [...env.store.list({ resource: kind.storage })]) {
    const object = fromStorage(row.value, kind);
    if (!isAutomanaged(object) || names.has(object.metadata.name)) continue;
    remove(env, { target: targetOf(env, object), caller: CALLER, options: {} });
  }
}

/** Other keys of the map are others'. */
function publish(env: Environment, { map: wanted, readers }: Published): void {
  const target = targetOf(env, wanted);
  const row = env.store.get(keyOf(target));
  if (!row) {
    make(env, target, wanted);
    for (const object of readers) {
      const reader = targetOf(env, object);
      if (!env.store.get(keyOf(reader))) make(env, reader, object);
    }
    return;
  }
  const { data = {} } = fromStorage(row.value, target.kind) as Partial<PublishedMap>;
  if (Object.entries(wanted.data).every(([key, text]) => data[key] === text)) return;
  const transform = (live: KubeObject | undefined): KubeObject => ({ ...live!, data: { ...data, ...wanted.data } });
  update(env, { target, caller: CALLER, isPatch: true, transform });
}

function make(env: Environment, target: Target, object: KubeObject): void {
  const decoded = decodeKind(env, structuredClone(object), target.kind, {
    fieldValidation: "Warn",
    warn: CALLER.warn,
  });
  create(env, { target: { ...target, name: "" }, caller: CALLER, object: decoded });
}

function reconcile(env: Environment, wanted: KubeObject): void {
  const target = targetOf(env, wanted);
  const row = env.store.get(keyOf(target));
  if (!row) {
    make(env, target, wanted);
    return;
  }
  const plan = planReconciliation(fromStorage(row.value, target.kind), wanted);
  if (plan.do === "update") update(env, { target, caller: CALLER, isPatch: true, transform: () => plan.object });
  if (plan.do !== "recreate") return;
  remove(env, { target, caller: CALLER, options: {} });
  make(env, target, wanted);
}

function settleServiceCidr(env: Environment): void {
  const target = { ...targetOf(env, DEFAULT_CIDR), subresource: "status" };
  const row = env.store.get(keyOf(target));
  const status = row && planServiceCidrStatus(fromStorage(row.value, target.kind) as ServiceCIDR, env.clock.now());
  if (status) update(env, { target, caller: CALLER, isPatch: true, transform: (live) => ({ ...live!, status }) });
}

/** Roles that gather others' rules have them from the first moment on; afterwards they are a controller's business. */
function aggregate(env: Environment): void {
  const kind = env.registry.findStorage(CLUSTER_ROLES);
  if (!kind) return;
  const roles = [...env.store.list({ resource: CLUSTER_ROLES })].map((row) => fromStorage(row.value, kind));
  for (const [name, rules] of settledRules(roles as ClusterRole[])) {
    const target: Target = { kind, namespace: "", name, subresource: "" };
    update(env, { target, caller: CALLER, isPatch: true, transform: (live) => ({ ...live!, rules }) });
  }
}

/** Roles gather from roles that gather: at most this deep. */
const MAX_ROUNDS = 10;

/** What must change for every role to have all it gathers. Pure. */
function settledRules(given: readonly ClusterRole[]): Map<string, PolicyRule[]> {
  const roles = given.map((role) => ({ ...role }));
  const changes = new Map<string, PolicyRule[]>();
  for (let round = 0, changed = true; changed && round < MAX_ROUNDS; round++) {
    changed = false;
    for (const role of roles) {
      const rules = aggregatedRules(role, roles);
      if (!rules || deepEqual(rules, role.rules ?? [])) continue;
      role.rules = rules;
      changes.set(role.metadata.name ?? "", rules);
      changed = true;
    }
  }
  return changes;
}

export function targetOf(env: Environment, { apiVersion, kind: kindName, metadata }: KubeObject): Target {
  const kind = env.registry.findKind(apiVersion, kindName);
  if (!kind) throw new Error(`bootstrap: no kind ${apiVersion} ${kindName}`);
  return { kind, namespace: metadata.namespace ?? "", name: metadata.name ?? "", subresource: "" };
}
