/** What a real node makes of EndpointSlices: endpoints that exist in name only take no traffic. */
import type { Endpoint, EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import type { Informer } from "../contracts.ts";
import { isSimulatedIp } from "./plan-node.ts";

/** What stands on no node is somebody's own entry, and means the address it says. */
const isReal = ({ addresses, nodeName }: Endpoint): boolean => !nodeName || !isSimulatedIp(addresses[0]);

/** The slice without its endpoints on simulated nodes; the very same object where it has none. Pure. */
export function realEndpoints(slice: EndpointSlice): EndpointSlice {
  const { endpoints } = slice;
  return !endpoints || endpoints.every(isReal) ? slice : { ...slice, endpoints: endpoints.filter(isReal) };
}

/** The same cache, seen without simulated endpoints: a service of real and simulated pods leads to the real ones. */
export function withRealEndpoints(slices: Informer<EndpointSlice>): Informer<EndpointSlice> {
  const seen = (slice: EndpointSlice | undefined): EndpointSlice | undefined => slice && realEndpoints(slice);
  return {
    synced: slices.synced,
    hasSynced: () => slices.hasSynced(),
    get: (key) => seen(slices.get(key)),
    *values() {
      for (const slice of slices.values()) yield realEndpoints(slice);
    },
    onChange: (listener) => slices.onChange((key, now, before) => listener(key, seen(now), seen(before))),
    stop: () => slices.stop(),
  };
}
