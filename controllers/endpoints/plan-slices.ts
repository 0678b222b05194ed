import type { Node, Pod, Service } from "../../kinds/core/v1-types.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { generateName } from "../../machinery/meta/random.ts";
import type { Status } from "../../machinery/meta/status.ts";
import type { Action, EventDraft, Plan } from "../runner/controller.ts";
import { controllerReference, createOp, deleteOp, mergeDifference, patchOp } from "../runner/ops.ts";
import { ENDPOINT_SLICES } from "../view/resources.ts";
import { controllerOf } from "../view/view.ts";
import { fillSlices } from "./fill-slices.ts";
import { endpointKey, endpointPorts, podEndpoint, portsKey } from "./pod-endpoint.ts";
import { isHeadless, isOfFamily, mayServe, TRIGGER_TIME, triggerTime } from "./service-pods.ts";
import { planHints, wantsTopologyHints } from "./topology-hints.ts";

const SERVICE_NAME = "kubernetes.io/service-name";
export const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
export const CONTROLLER = "endpointslice-controller.k8s.io";
const HEADLESS = "service.kubernetes.io/headless";

export interface SeenService {
  service: Service;
  /** Pods its selector matches. */
  pods: readonly Pod[];
  node(name: string): Node | undefined;
  /** Slices labelled with its name, managed by this controller. */
  slices: readonly EndpointSlice[];
  /** Each zone's share of the cluster's CPU; undefined when unknown. For services that want topology hints. */
  zoneShares?(): ReadonlyMap<string, number> | undefined;
  random: () => number;
}

/** What a slice should be. */
interface Wanted {
  addressType: EndpointSlice["addressType"];
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

/** Decides which EndpointSlices of one service are made, changed and deleted. */
export function planEndpointSlices(seen: SeenService): Plan {
  const { service } = seen;
  const families = familiesOf(service);
  const existing = seen.slices.filter(({ metadata }) => !metadata.deletionTimestamp);
  const actions = existing
    .filter(({ addressType }) => !families.includes(addressType))
    .map((slice): Action => ({ op: deleteOp(ENDPOINT_SLICES, slice) }));
  const events: EventDraft[] = [];
  for (const family of families) {
    const ofFamily = existing.filter(({ addressType }) => addressType === family);
    const groups = wantedGroups(seen, family);
    const event = setHints(seen, { family, groups, existing: ofFamily });
    if (event) events.push(event);
    actions.push(...planFamily(seen, { family, groups, existing: ofFamily }));
  }
  return { actions, ...(events.length > 0 && { events }) };
}

/** Gives endpoints the hints of topology-aware routing, if the service wants them. @returns what there is to tell */
function setHints({ service, zoneShares }: SeenService, { family, groups, existing }: Family): EventDraft | undefined {
  const before = new Map<string, string>();
  for (const { endpoints } of existing) {
    for (const endpoint of endpoints ?? []) {
      const zone = endpoint.hints?.forZones?.[0]?.name;
      if (zone !== undefined) before.set(endpointKey(endpoint), zone);
    }
  }
  const about = (type: EventDraft["type"], reason: string, message: string): EventDraft => {
    return { about: service, type, reason, message: `${message}, addressType: ${family}` };
  };
  if (!wantsTopologyHints(service)) {
    if (before.size === 0 || service.spec?.trafficDistribution) return undefined;
    return about("Warning", "TopologyAwareHintsDisabled", "Topology Aware Hints has been disabled");
  }
  const endpoints = [...groups.values()].flatMap((group) => group.endpoints);
  for (const endpoint of endpoints) delete endpoint.hints;
  const hints = planHints({
    endpoints,
    shares: zoneShares?.(),
    before: (endpoint) => before.get(endpointKey(endpoint)),
  });
  if (!hints.ok) return about("Warning", "TopologyAwareHintsDisabled", hints.problem);
  for (const [endpoint, zone] of hints.zones) endpoint.hints = { forZones: [{ name: zone }] };
  if (before.size > 0) return undefined;
  return about("Normal", "TopologyAwareHintsEnabled", "Topology Aware Hints has been enabled");
}

function familiesOf({ spec }: Service): EndpointSlice["addressType"][] {
  if (spec?.ipFamilies?.length) return spec.ipFamilies as EndpointSlice["addressType"][];
  const address = spec?.clusterIP;
  return [address && address !== "None" && isOfFamily(address, "IPv6") ? "IPv6" : "IPv4"];
}

type Groups = ReadonlyMap<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>;

interface Family {
  family: EndpointSlice["addressType"];
  groups: Groups;
  /** Its slices. */
  existing: readonly EndpointSlice[];
}

function planFamily(seen: SeenService, { family, groups, existing }: Family): Action[] {
  const { service } = seen;
  const isOurs = (slice: EndpointSlice) => controllerOf(slice)?.uid === service.metadata.uid;
  const remove = existing.filter((slice) => !isOurs(slice));
  const update: { slice: EndpointSlice; wanted: Wanted }[] = [];
  const create: Wanted[] = [];

  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of existing.filter(isOurs)) push(byPorts, portsKey(slice.ports ?? []), slice);
  for (const [key, slices] of byPorts) if (!groups.has(key)) remove.push(...slices);
  for (const [key, { ports, endpoints }] of groups) {
    const filled = fillSlices(byPorts.get(key) ?? [], endpoints);
    remove.push(...filled.remove);
    create.push(...filled.create.map((endpoints) => ({ addressType: family, ports, endpoints })));
    for (const { slice, endpoints } of filled.update) {
      update.push({ slice, wanted: { addressType: family, ports: slice.ports ?? [], endpoints } });
    }
    // Labels follow the service's even where endpoints stay.
    for (const slice of filled.unchanged) {
      if (!deepEqual(slice.metadata.labels, labelsOf(service))) update.push({ slice, wanted: wantedOf(slice) });
    }
  }

  // A service without endpoints keeps one empty slice, to tell it from one that nobody has looked at.
  if (existing.length === remove.length && create.length === 0) {
    const placeholder: Wanted = { addressType: family, ports: [], endpoints: [] };
    const only = remove.length === 1 ? remove[0] : undefined;
    if (only && isOurs(only) && isAlready(only, placeholder, service)) return [];
    create.push(placeholder);
  }
  // What is to be deleted and what is to be made come together in one update.
  while (create.length > 0) {
    const at = remove.findIndex(isOurs);
    if (at < 0) break;
    update.push({ slice: remove.splice(at, 1)[0]!, wanted: create.pop()! });
  }
  const isNew = service.metadata.deletionTimestamp === undefined;
  const write = (op: WriteOp, what: string): Action => ({
    op,
    failureEvent: (status) => failed(service, what, status),
  });
  return [
    ...(isNew ? create : []).map((wanted) =>
      write(createOp(ENDPOINT_SLICES, newSlice(seen, wanted)), "create EndpointSlice"),
    ),
    ...update.map(({ slice, wanted }) =>
      write(
        patchOp(ENDPOINT_SLICES, slice, changes(seen, slice, wanted)),
        `update ${slice.metadata.name} EndpointSlice`,
      ),
    ),
    ...remove.map((slice) => write(deleteOp(ENDPOINT_SLICES, slice), `delete ${slice.metadata.name} EndpointSlice`)),
  ];
}

/** Told of the service, unless a write failed just because somebody else was faster. */
function failed(
  { apiVersion, kind, metadata }: Service,
  what: string,
  { message, reason }: Status,
): EventDraft | undefined {
  if (reason === "Conflict" || reason === "AlreadyExists") return undefined;
  const service = `Service ${metadata.namespace}/${metadata.name}`;
  return {
    about: { apiVersion, kind, metadata },
    type: "Warning",
    reason: "FailedToUpdateEndpointSlices",
    message: `Error updating Endpoint Slices for ${service}: failed to ${what} for ${service}: ${message ?? ""}`,
  };
}

/** The endpoints there should be, by the ports they share. */
function wantedGroups({ service, pods, node }: SeenService, family: string): Groups {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    if (!mayServe(pod, { includeTerminating: true })) continue;
    const itsNode = node(pod.spec.nodeName ?? "");
    // A pod whose node is gone will be collected; traffic to it would be lost.
    if (!itsNode && service.spec?.publishNotReadyAddresses !== true) continue;
    const endpoint = podEndpoint({ pod, service, node: itsNode, family });
    if (!endpoint) continue;
    const ports = endpointPorts(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key);
    if (group) group.endpoints.push(endpoint);
    else groups.set(key, { ports, endpoints: [endpoint] });
  }
  return groups;
}

function labelsOf(service: Service): { [key: string]: string } {
  const labels = { ...service.metadata.labels };
  delete labels[HEADLESS];
  labels[SERVICE_NAME] = service.metadata.name ?? "";
  labels[MANAGED_BY] = CONTROLLER;
  if (isHeadless(service)) labels[HEADLESS] = "";
  return labels;
}

const wantedOf = ({ addressType, ports = [], endpoints = [] }: EndpointSlice): Wanted => ({
  addressType,
  ports,
  endpoints,
});

const isAlready = (slice: EndpointSlice, wanted: Wanted, service: Service): boolean =>
  deepEqual(wantedOf(slice), wanted) && deepEqual(slice.metadata.labels, labelsOf(service));

function newSlice({ service, pods, random }: SeenService, wanted: Wanted) {
  const base = `${service.metadata.name}-`;
  const trigger = triggerTime(service, pods, undefined);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: base,
      name: generateName(base, random),
      namespace: service.metadata.namespace ?? "",
      labels: labelsOf(service),
      ...(trigger && { annotations: { [TRIGGER_TIME]: trigger } }),
      ownerReferences: [controllerReference(service)],
    },
    ...wanted,
  };
}

function changes({ service, pods }: SeenService, slice: EndpointSlice, { ports, endpoints }: Wanted) {
  const { labels, annotations } = slice.metadata;
  const trigger = triggerTime(service, pods, annotations?.[TRIGGER_TIME]);
  const labelChanges = mergeDifference(labels ?? {}, labelsOf(service));
  return {
    metadata: { annotations: { [TRIGGER_TIME]: trigger ?? null }, ...(labelChanges && { labels: labelChanges }) },
    endpoints,
    ...(!deepEqual(slice.ports ?? [], ports) && { ports }),
  };
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
