import type { EndpointAddress, EndpointSubset, Endpoints } from "../../kinds/core/v1-types.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { formatIp, parseIp } from "../../machinery/meta/ip.ts";
import type { Fields } from "../../machinery/meta/object.ts";
import { generateName } from "../../machinery/meta/random.ts";
import { portsKey } from "../endpoints/pod-endpoint.ts";
import { TRIGGER_TIME } from "../endpoints/service-pods.ts";
import type { Action, EventDraft, Plan } from "../runner/controller.ts";
import { controllerReference, createOp, deleteOp, mergeDifference, patchOp } from "../runner/ops.ts";
import { ENDPOINT_SLICES } from "../view/resources.ts";

const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const CONTROLLER = "endpointslicemirroring-controller.k8s.io";
const SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror";
const LEADER = "control-plane.alpha.kubernetes.io/leader";
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
/** Upstream's --mirroring-max-endpoints-per-subset. */
export const MAX_PER_SUBSET = 1_000;

export const isMirrored = ({ metadata }: EndpointSlice): boolean => metadata.labels?.[MANAGED_BY] === CONTROLLER;

/** Not where somebody says that they make slices themselves, nor where Endpoints serve as a lock. */
export const isMirrorable = ({ metadata: { labels, annotations } }: Endpoints): boolean =>
  labels?.[SKIP_MIRROR] !== "true" && annotations?.[LEADER] === undefined;

interface Wanted {
  addressType: "IPv4" | "IPv6";
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

/** Decides which slices mirror one Endpoints: one for each set of ports and address family. Undefined: all go. */
export function planMirror(seen: {
  endpoints: Endpoints | undefined;
  slices: readonly EndpointSlice[];
  random: () => number;
}): Plan {
  const { endpoints, slices, random } = seen;
  const { wanted, events } = endpoints ? mirrorOf(endpoints) : { wanted: [], events: [] };
  const free = slices.filter(({ metadata }) => !metadata.deletionTimestamp);
  const take = (isWanted: (slice: EndpointSlice) => boolean): EndpointSlice | undefined => {
    const at = free.findIndex(isWanted);
    return at < 0 ? undefined : free.splice(at, 1)[0];
  };
  const found = wanted.map((slice) => ({ slice, current: take((other) => keyOf(other) === keyOf(slice)) }));
  const actions: Action[] = [];
  for (const { slice, current = take(({ addressType }) => addressType === slice.addressType) } of found) {
    if (!endpoints) continue;
    const change = current && changeOf(current, endpoints, slice);
    if (change) actions.push({ op: patchOp(ENDPOINT_SLICES, current, change) });
    else if (!current && !endpoints.metadata.deletionTimestamp)
      actions.push({ op: createOp(ENDPOINT_SLICES, newSlice(endpoints, slice, random)) });
  }
  actions.push(...free.map((slice): Action => ({ op: deleteOp(ENDPOINT_SLICES, slice) })));
  // Told with the writes: what is only looked at again is no news.
  return { actions, ...(actions.length > 0 && events.length > 0 && { events }) };
}

const keyOf = ({ addressType, ports }: { addressType: string; ports?: EndpointPort[] }): string =>
  `${addressType} ${portsKey(ports ?? [])}`;

function mirrorOf(endpoints: Endpoints): { wanted: Wanted[]; events: EventDraft[] } {
  const wanted = new Map<string, Wanted>();
  let invalid = 0;
  let surplus = 0;
  for (const subset of endpoints.subsets ?? []) {
    let added = 0;
    for (const { address, ready } of addressesOf(subset)) {
      if (added === MAX_PER_SUBSET) {
        surplus++;
        continue;
      }
      const mirrored = toEndpoint(address, ready);
      if (!mirrored) {
        invalid++;
        continue;
      }
      added++;
      const { endpoint, addressType } = mirrored;
      const slice: Wanted = { addressType, ports: portsOf(subset), endpoints: [] };
      const known = wanted.get(keyOf(slice)) ?? slice;
      wanted.set(keyOf(slice), known);
      if (known.endpoints.length < MAX_PER_SUBSET) known.endpoints.push(endpoint);
    }
  }
  const events: EventDraft[] = [];
  const warn = (reason: string, message: string) => events.push({ about: endpoints, type: "Warning", reason, message });
  if (invalid > 0) warn("InvalidIPAddress", `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`);
  if (surplus > 0) {
    const skipped = invalid + surplus;
    warn(
      "TooManyAddressesToMirror",
      `A max of ${MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`,
    );
  }
  return { wanted: [...wanted.values()], events };
}

function* addressesOf({ addresses = [], notReadyAddresses = [] }: EndpointSubset) {
  for (const address of addresses) yield { address, ready: true };
  for (const address of notReadyAddresses) yield { address, ready: false };
}

function toEndpoint(
  { ip, hostname, nodeName, targetRef }: EndpointAddress,
  ready: boolean,
): { endpoint: Endpoint; addressType: Wanted["addressType"] } | undefined {
  const parsed = parseIp(ip);
  if (!parsed) return undefined;
  const endpoint: Endpoint = {
    addresses: [formatIp(parsed)],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(targetRef && { targetRef }),
    ...(nodeName && { nodeName }),
  };
  return { endpoint, addressType: ip.includes(":") ? "IPv6" : "IPv4" };
}

const portsOf = ({ ports = [] }: EndpointSubset): EndpointPort[] =>
  ports.map(({ name = "", port, protocol = "TCP", appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol && { appProtocol }),
  }));

function ownMetadata({ metadata }: Endpoints) {
  const { [TRIGGER_TIME]: _time, [LAST_APPLIED]: _applied, ...annotations } = metadata.annotations ?? {};
  const service = { "kubernetes.io/service-name": metadata.name ?? "", [MANAGED_BY]: CONTROLLER };
  return { labels: { ...metadata.labels, ...service }, annotations };
}

function newSlice(endpoints: Endpoints, slice: Wanted, random: () => number) {
  const { labels, annotations } = ownMetadata(endpoints);
  const base = `${endpoints.metadata.name}-`;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: base,
      name: generateName(base, random),
      namespace: endpoints.metadata.namespace ?? "",
      labels,
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ownerReferences: [controllerReference(endpoints)],
    },
    ...slice,
  };
}

/** The merge patch that makes a slice say what is wanted; undefined when it does. */
function changeOf(slice: EndpointSlice, endpoints: Endpoints, wanted: Wanted): Fields | undefined {
  const { labels, annotations } = ownMetadata(endpoints);
  const patch: Fields = {};
  const metadata = mergeDifference(
    { labels: slice.metadata.labels ?? {}, annotations: slice.metadata.annotations ?? {} },
    { labels, annotations },
  );
  if (metadata) patch.metadata = metadata;
  if (!deepEqual(slice.ports ?? [], wanted.ports)) patch.ports = wanted.ports;
  if (!deepEqual(slice.endpoints ?? [], wanted.endpoints)) patch.endpoints = wanted.endpoints;
  return Object.keys(patch).length > 0 ? patch : undefined;
}
