/**
 * Services get cluster IPs and node ports when they are made, and give them back when they go or no longer need them.
 * What is taken is planned before validation, as upstream does, and written together with the service.
 */
import { pluralizeClusterIp, prepareServiceUpdate } from "../../../kinds/core/service-prepare.ts";
import type { Service } from "../../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { claimAddress, releaseAddress } from "../allocation/cluster-ips.ts";
import { claimPort, releasePort } from "../allocation/node-ports.ts";
import { addressesOf, planAddresses } from "../allocation/plan-addresses.ts";
import { planPorts, portsOf } from "../allocation/plan-ports.ts";
import type { Environment } from "../environment.ts";
import { encodeObject, parseObject } from "../object-text.ts";
import type { StorageHooks } from "./hooks.ts";

const ENDPOINTS = "endpoints";

const idOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

export const serviceHooks: StorageHooks = {
  planCreate(next, env) {
    const service = next as Service;
    pluralizeClusterIp(service);
    plan(service, undefined, env);
  },
  planUpdate(next, prev, env) {
    prepareServiceUpdate(next as Service, prev as Service);
    plan(next as Service, prev as Service, env);
  },
  beforeCreate(next, env) {
    settle(env, next as Service, undefined);
  },
  beforeUpdate(next, prev, env) {
    settle(env, next as Service, prev as Service);
  },
  afterDelete(prev, env) {
    settle(env, undefined, prev as Service);
    deleteEndpoints(env, prev);
  },
};

function plan(next: Service, prev: Service | undefined, env: Environment): void {
  planAddresses(env, next, prev);
  planPorts(env, next, prev);
}

/** Has the store hold for a service what it holds now, and no longer what it held before. */
function settle(env: Environment, next: Service | undefined, prev: Service | undefined): void {
  const service = (next ?? prev)!;
  const [addresses, before] = [next ? addressesOf(next) : [], prev ? addressesOf(prev) : []];
  for (const address of before) if (!addresses.includes(address)) releaseAddress(env, address, service.metadata);
  for (const address of addresses) if (!before.includes(address)) claimAddress(env, address, service.metadata);
  const [ports, had] = [next ? portsOf(next) : new Set<number>(), prev ? portsOf(prev) : new Set<number>()];
  for (const port of had) if (!ports.has(port)) releasePort(env, port, idOf(service));
  for (const port of ports) if (!had.has(port)) claimPort(env, port, idOf(service));
}

/** So that a new service of the same name does not begin with the old one's endpoints. */
function deleteEndpoints(env: Environment, { metadata }: KubeObject): void {
  const key = { resource: ENDPOINTS, namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
  const row = env.store.get(key);
  const kind = env.registry.findStorage(ENDPOINTS);
  if (!row || !kind) return;
  const object = parseObject(row.value);
  if (object.metadata.finalizers?.length) return;
  env.store.delete(key, row.revision, (revision) => encodeObject(object, kind, revision));
}
