/**
 * Cluster IPs: one IPAddress object (networking.k8s.io/v1) for each that is taken, made and deleted in the transaction
 * that writes the service. So nothing can leak, and two services cannot have one address.
 */
import type { IPAddress } from "../../../kinds/networking/v1-types.ts";
import { formatTime } from "../../../machinery/clock.ts";
import type { ObjectMeta } from "../../../machinery/meta/object.ts";
import type { Environment } from "../environment.ts";
import { encodeObject, parseObject } from "../object-text.ts";
import { candidates, canonicalAddress, type Family, rangeHolds } from "./address-range.ts";
import type { ServiceNetwork } from "./service-network.ts";

export const IP_ADDRESSES = "ipaddresses.networking.k8s.io";
const MANAGER = "ipallocator.k8s.io";
/** Looked up one by one; after that many the names of all are read at once. */
const MAX_PROBES = 32;

const keyOf = (name: string) => ({ resource: IP_ADDRESSES, namespace: "", name });

/** A free address. Undefined when all are taken. */
export function pickAddress(env: Environment, { ranges }: ServiceNetwork, family: Family): string | undefined {
  let probes = 0;
  let taken: Set<string> | undefined;
  for (const range of ranges) {
    if (range.family !== family) continue;
    for (const address of candidates(range, env.random)) {
      if (++probes > MAX_PROBES) taken ??= namesOf(env);
      const isTaken = taken ? taken.has(address) : env.store.get(keyOf(address)) !== undefined;
      if (!isTaken) return address;
    }
  }
  return undefined;
}

function namesOf(env: Environment): Set<string> {
  const names = new Set<string>();
  for (const { name } of env.store.list({ resource: IP_ADDRESSES })) names.add(name);
  return names;
}

/** Why a service that asks for this address cannot have it, in upstream's words. */
export function addressProblem(env: Environment, { ranges }: ServiceNetwork, address: string): string | undefined {
  if (!ranges.some((range) => rangeHolds(range, address)))
    return "the provided network does not match the current range";
  const name = canonicalAddress(address);
  return name !== undefined && env.store.get(keyOf(name)) ? "provided IP is already allocated" : undefined;
}

/** Takes an address for a service. @throws StoreError when somebody has it */
export function claimAddress(env: Environment, address: string, { namespace = "", name = "" }: ObjectMeta): void {
  const kind = env.registry.findStorage(IP_ADDRESSES);
  const key = keyOf(canonicalAddress(address) ?? address);
  if (!kind) throw new Error(`no kind is stored as ${IP_ADDRESSES}`);
  const object: IPAddress = {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: {
      name: key.name,
      uid: env.uuid(),
      creationTimestamp: formatTime(env.clock.now()),
      labels: {
        "ipaddress.kubernetes.io/ip-family": address.includes(":") ? "IPv6" : "IPv4",
        "ipaddress.kubernetes.io/managed-by": MANAGER,
      },
    },
    spec: { parentRef: { group: "", resource: "services", namespace, name } },
  };
  env.store.create(key, (revision) => encodeObject(object, kind, revision));
}

/** Gives an address back; one that nobody has, or another service, is let be. */
export function releaseAddress(env: Environment, address: string, service: ObjectMeta): void {
  const key = keyOf(canonicalAddress(address) ?? address);
  const row = env.store.get(key);
  const kind = env.registry.findStorage(IP_ADDRESSES);
  if (!row || !kind) return;
  const object = parseObject(row.value) as IPAddress;
  const parent = object.spec.parentRef;
  if (parent?.name !== service.name || (parent?.namespace ?? "") !== (service.namespace ?? "")) return;
  env.store.delete(key, row.revision, (revision) => encodeObject(object, kind, revision));
}
