import type { Service } from "../../kinds/core/v1-types.ts";
import type { IPAddress, ServiceCIDR } from "../../kinds/networking/v1-types.ts";
import { formatIp, parseIp } from "../../machinery/meta/ip.ts";
import { type Controller, type EventDraft, keyOf, NOTHING, type Plan, splitKey } from "../runner/controller.ts";
import { deleteOp } from "../runner/ops.ts";
import { IP_ADDRESSES, SERVICE_CIDRS, SERVICES } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { createdMs } from "../workload/pods.ts";
import { holds } from "./ranges.ts";
import { isAllocated } from "./service-cidr.ts";

const ADDRESS = "address:";
const SERVICE = "service:";
/** An address younger than this may be of a service that is just being made. */
export const GRACE_MS = 60_000;

/**
 * Looks for service addresses that belong to nobody, and for services whose addresses lie in no range. The API server
 * writes both together, so there are none but those that somebody has made by hand, or left by deleting a range.
 */
export const serviceIpRepairController: Controller = {
  name: "service-ip-repair-controller",
  eventSource: "ipallocator-repair-controller",
  watches: {
    [IP_ADDRESSES]: ({ type, object }) => (type === "deleted" ? undefined : [ADDRESS + object.metadata.name]),
    [SERVICES]: ({ type, object }, view) =>
      type === "deleted" ? addressesOf(object as Service, view) : [SERVICE + keyOf(object)],
    [SERVICE_CIDRS]: ({ type }, view) => (type === "deleted" ? everyService(view) : undefined),
  },
  plan(key, view, { nowMs }) {
    if (key.startsWith(ADDRESS)) {
      const address = view.ipAddresses.get("", key.slice(ADDRESS.length));
      if (!address) return NOTHING;
      const { namespace = "", name = "" } = address.spec.parentRef ?? {};
      return planAddress({ address, service: view.services.get(namespace, name), nowMs });
    }
    const { namespace, name } = splitKey(key.slice(SERVICE.length));
    const service = view.services.get(namespace, name);
    return service ? planService(service, [...view.serviceCidrs.values()]) : NOTHING;
  },
};

function* everyService(view: View): Generator<string> {
  for (const service of view.services.values()) yield SERVICE + keyOf(service);
}

function* addressesOf(service: Service, view: View): Generator<string> {
  for (const text of clusterIps(service)) {
    const name = canonical(text);
    if (name !== undefined && view.ipAddresses.get("", name)) yield ADDRESS + name;
  }
}

const clusterIps = ({ spec }: Service): string[] => {
  const all = spec?.clusterIPs?.length ? spec.clusterIPs : [spec?.clusterIP ?? ""];
  return spec?.type === "ExternalName" ? [] : all.filter((text) => text !== "" && text !== "None");
};

function canonical(text: string): string | undefined {
  const ip = parseIp(text);
  return ip && formatIp(ip);
}

/** Deletes an allocated address that no service has. */
export function planAddress(options: { address: IPAddress; service: Service | undefined; nowMs: number }): Plan {
  const { address, service, nowMs } = options;
  if (!isAllocated(address) || address.metadata.deletionTimestamp) return NOTHING;
  const { group, resource } = address.spec.parentRef ?? {};
  const isService = !group && resource === "services";
  const isHeld = service && clusterIps(service).some((text) => canonical(text) === address.metadata.name);
  if (isService && isHeld) return NOTHING;
  const atMs = createdMs(address) + GRACE_MS;
  if (isService && nowMs < atMs) return { actions: [], againAtMs: atMs };
  return { actions: [{ op: deleteOp(IP_ADDRESSES, address) }] };
}

/** Tells of a service whose address nobody would give it now. */
export function planService(service: Service, cidrs: readonly ServiceCIDR[]): Plan {
  const events: EventDraft[] = [];
  for (const text of clusterIps(service)) {
    const ip = parseIp(text);
    const family = text.includes(":") ? "IPv6" : "IPv4";
    if (!ip || cidrs.some((cidr) => holds(cidr, ip))) continue;
    const message = `Cluster IP [${family}]: ${text} is not within any configured Service CIDR; please recreate service`;
    events.push({ about: service, type: "Warning", reason: "ClusterIPOutOfRange", message });
  }
  return events.length > 0 ? { actions: [], events } : NOTHING;
}
