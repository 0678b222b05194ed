import type {
  EndpointAddress,
  EndpointPort,
  EndpointSubset,
  Endpoints,
  Pod,
  Service,
} from "../../kinds/core/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { Action, EventDraft, Plan } from "../runner/controller.ts";
import { createOp, deleteOp, mergeDifference, patchOp } from "../runner/ops.ts";
import { ENDPOINTS } from "../view/resources.ts";
import { isReady } from "../workload/pods.ts";
import {
  addressesOf,
  hostnameUnder,
  isHeadless,
  isOfFamily,
  mayServe,
  podPort,
  TRIGGER_TIME,
  triggerTime,
} from "./service-pods.ts";

const HEADLESS = "service.kubernetes.io/headless";
export const MANAGED_BY = "endpoints.kubernetes.io/managed-by";
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
/** Most addresses of one Endpoints; what is beyond is left out, not-ready ones first. */
export const MAX_ADDRESSES = 1_000;

export interface SeenEndpoints {
  /** Undefined when there is none: then its Endpoints go. */
  service: Service | undefined;
  pods: readonly Pod[];
  endpoints: Endpoints | undefined;
}

/** Decides what becomes of the Endpoints of one service. */
export function planEndpoints({ service, pods, endpoints }: SeenEndpoints): Plan {
  if (!service) return endpoints ? { actions: [{ op: deleteOp(ENDPOINTS, endpoints) }] } : { actions: [] };
  const { subsets, truncated } = limit(subsetsOf(service, pods));
  const before = endpoints?.metadata.annotations ?? {};
  const labels = labelsOf(service);
  if (
    endpoints &&
    deepEqual(endpoints.subsets ?? [], subsets) &&
    deepEqual(endpoints.metadata.labels ?? {}, labels) &&
    (before[OVER_CAPACITY] === "truncated") === truncated
  ) {
    return { actions: [] };
  }
  const trigger = triggerTime(service, pods, before[TRIGGER_TIME]);
  const annotations = {
    ...(trigger && { [TRIGGER_TIME]: trigger }),
    ...(truncated && { [OVER_CAPACITY]: "truncated" }),
  };
  if (!endpoints) {
    const { name = "", namespace = "" } = service.metadata;
    const metadata = { name, namespace, labels, ...(Object.keys(annotations).length > 0 && { annotations }) };
    const made = { apiVersion: "v1", kind: "Endpoints", metadata, subsets };
    return {
      actions: [
        { op: createOp(ENDPOINTS, made), ...failing(made, "FailedToCreateEndpoint", "create endpoint for service") },
      ],
    };
  }
  const own = { [TRIGGER_TIME]: null, [OVER_CAPACITY]: null, ...annotations };
  const labelChanges = mergeDifference(endpoints.metadata.labels ?? {}, labels);
  const metadata = { annotations: own, ...(labelChanges && { labels: labelChanges }) };
  const op = patchOp(ENDPOINTS, endpoints, { metadata, subsets });
  return { actions: [{ op, ...failing(endpoints, "FailedToUpdateEndpoint", "update endpoint") }] };
}

/** Tells of a write that failed, unless just because somebody else was faster. */
const failing = (about: EventDraft["about"], reason: string, what: string): Pick<Action, "failureEvent"> => ({
  failureEvent({ message = "", reason: why }) {
    if (why === "Conflict" || why === "AlreadyExists") return undefined;
    const { namespace, name } = about.metadata;
    return { about, type: "Warning", reason, message: `Failed to ${what} ${namespace}/${name}: ${message}` };
  },
});

function labelsOf(service: Service): { [key: string]: string } {
  const labels = { ...service.metadata.labels };
  delete labels[HEADLESS];
  labels[MANAGED_BY] = "endpoint-controller";
  if (isHeadless(service)) labels[HEADLESS] = "";
  return labels;
}

interface Group {
  ports: EndpointPort[];
  addresses: Map<string, { address: EndpointAddress; ready: boolean }>;
}

/** Subsets in canonical form: ports with the same addresses together, everything sorted. */
function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const tolerateUnready = service.spec?.publishNotReadyAddresses === true;
  const byPort = new Map<string, { port: EndpointPort | undefined; addresses: Group["addresses"] }>();
  for (const pod of pods) {
    if (!mayServe(pod, { includeTerminating: tolerateUnready })) continue;
    const address = addressOf(service, pod);
    if (!address) continue;
    for (const port of portsOf(service, pod)) {
      const key = port ? [port.name, port.port, port.protocol, port.appProtocol].join("/") : "";
      const entry = byPort.get(key) ?? { port, addresses: new Map() };
      byPort.set(key, entry);
      entry.addresses.set(address.targetRef?.uid ?? address.ip, { address, ready: tolerateUnready || isReady(pod) });
    }
  }
  const groups = new Map<string, Group>();
  for (const { port, addresses } of byPort.values()) {
    const key = [...addresses.keys()].sort().join();
    const group = groups.get(key) ?? { ports: [], addresses };
    groups.set(key, group);
    if (port) group.ports.push(port);
  }
  return [...groups.values()].map(toSubset).sort((a, b) => compareText(textOf(a), textOf(b)));
}

function toSubset({ ports, addresses }: Group): EndpointSubset {
  const all = [...addresses.values()].sort((a, b) => compareText(a.address.ip, b.address.ip));
  const ready = all.filter((entry) => entry.ready).map(({ address }) => address);
  const notReady = all.filter((entry) => !entry.ready).map(({ address }) => address);
  ports.sort((a, b) => compareText(`${a.name ?? ""}/${a.port}`, `${b.name ?? ""}/${b.port}`));
  return {
    ...(ready.length > 0 && { addresses: ready }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ...(ports.length > 0 && { ports }),
  };
}

/** The pod's address of the service's first family. */
function addressOf(service: Service, pod: Pod): EndpointAddress | undefined {
  const clusterIP = service.spec?.clusterIP ?? "";
  const family = service.spec?.ipFamilies?.[0] ?? (clusterIP.includes(":") ? "IPv6" : "IPv4");
  const ip = addressesOf(pod).find((address) => isOfFamily(address, family));
  if (!ip) return undefined;
  const hostname = hostnameUnder(service, pod);
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  return {
    ip,
    ...(hostname && { hostname }),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}

/** A headless service may have no ports: then one undefined stands for the address alone. */
function portsOf(service: Service, pod: Pod): (EndpointPort | undefined)[] {
  const servicePorts = service.spec?.ports ?? [];
  if (servicePorts.length === 0) return service.spec?.clusterIP === "None" ? [undefined] : [];
  return servicePorts.flatMap((servicePort) => {
    const port = podPort(servicePort, pod);
    if (port === undefined) return [];
    const { name, protocol = "TCP", appProtocol } = servicePort;
    return [{ ...(name && { name }), port, protocol, ...(appProtocol && { appProtocol }) }];
  });
}

const countOf = (lists: readonly (EndpointAddress[] | undefined)[]): number =>
  lists.reduce((sum, list) => sum + (list?.length ?? 0), 0);

/**
 * At most MAX_ADDRESSES in all: ready ones first, not ready ones if there is room. Of each subset as large a part as of
 * the others, as upstream cuts them.
 */
function limit(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const ready = countOf(subsets.map(({ addresses }) => addresses));
  const notReady = countOf(subsets.map(({ notReadyAddresses }) => notReadyAddresses));
  if (ready + notReady <= MAX_ADDRESSES) return { subsets, truncated: false };
  const onlyReady = ready > MAX_ADDRESSES;
  const room = onlyReady ? MAX_ADDRESSES : MAX_ADDRESSES - ready;
  let left = room;
  const part = (list: EndpointAddress[] | undefined, of: number): EndpointAddress[] | undefined => {
    const count = Math.min(left, Math.ceil(((list?.length ?? 0) / of) * room));
    left -= count;
    return list?.slice(0, count);
  };
  const limited = subsets.map(({ addresses, notReadyAddresses, ports }): EndpointSubset => {
    const kept = onlyReady ? part(addresses, ready) : addresses;
    const keptNotReady = onlyReady ? undefined : part(notReadyAddresses, notReady);
    return {
      ...(kept?.length && { addresses: kept }),
      ...(keptNotReady?.length && { notReadyAddresses: keptNotReady }),
      ...(ports && { ports }),
    };
  });
  return {
    subsets: limited.filter(({ addresses, notReadyAddresses }) => addresses || notReadyAddresses),
    truncated: true,
  };
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const textOf = (subset: EndpointSubset): string => JSON.stringify(subset);
