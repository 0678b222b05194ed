/**
 * Cluster IPs: one IPAddress object (networking.k8s.io/v1) for each that is taken, made and deleted in the transaction
 * that writes the service. So nothing can leak, and two services cannot have one address.
 */
import { formatTime } from "../../../machinery/clock.ts";
import type { KubeObject, ObjectMeta } from "../../../machinery/meta/object.ts";
import type { Environment } from "../environment.ts";
import { encodeObject, parseObject } from "../object-text.ts";

/** Of all services; see ARCHITECTURE.md, "Addresses". */
export const SERVICE_CIDR = "10.96.0.0/16";
const BASE = (10 << 24) | (96 << 16);
const SIZE = 65_536;
/** The lower part is handed out only when the upper is full, so that fixed addresses seldom meet given ones. */
const RESERVED = 256;
const RESOURCE = "ipaddresses.networking.k8s.io";

const toText = (offset: number): string => {
  const value = BASE + offset;
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
};

function toOffset(address: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (!match) return undefined;
  const octets = match.slice(1).map(Number);
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0) - BASE;
  return value > 0 && value < SIZE - 1 ? value : undefined;
}

const keyOf = (address: string) => ({ resource: RESOURCE, namespace: "", name: address });

/** A free address, at random from the upper range, else the first that is free. Undefined when all are taken. */
export function pickAddress(env: Environment): string | undefined {
  const upper = SIZE - 1 - RESERVED;
  for (let attempt = 0; attempt < 32; attempt++) {
    const address = toText(RESERVED + Math.floor(env.random() * upper));
    if (!env.store.get(keyOf(address))) return address;
  }
  const start = Math.floor(env.random() * upper);
  for (let i = 0; i < upper; i++) {
    const address = toText(RESERVED + ((start + i) % upper));
    if (!env.store.get(keyOf(address))) return address;
  }
  for (let offset = 1; offset < RESERVED; offset++) {
    if (!env.store.get(keyOf(toText(offset)))) return toText(offset);
  }
  return undefined;
}

/** Takes an address for a service. Returns what is wrong with it, in upstream's words, or undefined. */
export function claimAddress(env: Environment, address: string, service: ObjectMeta): string | undefined {
  if (toOffset(address) === undefined)
    return `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${SERVICE_CIDR}`;
  if (env.store.get(keyOf(address))) return "provided IP is already allocated";
  const kind = env.registry.findStorage(RESOURCE);
  if (!kind) throw new Error(`no kind is stored as ${RESOURCE}`);
  const object: KubeObject = {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: {
      name: address,
      uid: env.uuid(),
      creationTimestamp: formatTime(env.clock.now()),
      labels: {
        "ipaddress.kubernetes.io/ip-family": "IPv4",
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
      },
    },
    spec: {
      parentRef: { group: "", resource: "services", namespace: service.namespace ?? "", name: service.name ?? "" },
    },
  };
  env.store.create(keyOf(address), (revision) => encodeObject(object, kind, revision));
  return undefined;
}

/** Gives an address back; one that nobody has is let be. */
export function releaseAddress(env: Environment, address: string): void {
  const row = env.store.get(keyOf(address));
  const kind = env.registry.findStorage(RESOURCE);
  if (!row || !kind) return;
  const object = parseObject(row.value);
  env.store.delete(keyOf(address), row.revision, (revision) => encodeObject(object, kind, revision));
}
