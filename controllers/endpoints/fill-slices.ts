import type { Endpoint } from "../../kinds/discovery/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { endpointKey } from "./pod-endpoint.ts";

/** Upstream's --max-endpoints-per-slice. */
export const MAX_ENDPOINTS = 100;

export interface Filled<S> {
  /** Existing slices whose endpoints change. */
  update: { slice: S; endpoints: Endpoint[] }[];
  /** Endpoints of slices to be made. */
  create: Endpoint[][];
  /** Existing slices that end up empty. */
  remove: S[];
  unchanged: S[];
}

/**
 * Spreads the wanted endpoints of one set of ports over slices with as few writes as possible: what is there stays
 * where it is; slices that change anyway are filled up first; what is left goes into one other slice if it fits, else
 * into new ones. Slices are never rebalanced.
 */
export function fillSlices<S extends { endpoints?: Endpoint[] }>(
  existing: readonly S[],
  wanted: readonly Endpoint[],
  maxEndpoints = MAX_ENDPOINTS,
): Filled<S> {
  const missing = new Map(wanted.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const filled: Filled<S> = { update: [], create: [], remove: [], unchanged: [] };
  for (const slice of existing) {
    const before = slice.endpoints ?? [];
    const endpoints: Endpoint[] = [];
    let changed = false;
    for (const endpoint of before) {
      const key = endpointKey(endpoint);
      const next = missing.get(key);
      if (!next) continue;
      // Found here: it needs no other place.
      missing.delete(key);
      endpoints.push(next);
      changed ||= !deepEqual(endpoint, next);
    }
    if (!changed && endpoints.length === before.length) filled.unchanged.push(slice);
    else if (endpoints.length === 0) filled.remove.push(slice);
    else filled.update.push({ slice, endpoints });
  }

  const rest = [...missing.values()];
  for (const { endpoints } of [...filled.update].sort((a, b) => b.endpoints.length - a.endpoints.length)) {
    endpoints.push(...rest.splice(0, Math.max(0, maxEndpoints - endpoints.length)));
  }
  while (rest.length > 0) {
    const room = rest.length < maxEndpoints ? fullestWithRoom(filled.unchanged, rest.length, maxEndpoints) : undefined;
    if (room) {
      filled.unchanged.splice(filled.unchanged.indexOf(room), 1);
      filled.update.push({ slice: room, endpoints: [...(room.endpoints ?? []), ...rest.splice(0)] });
    } else {
      filled.create.push(rest.splice(0, maxEndpoints));
    }
  }
  return filled;
}

function fullestWithRoom<S extends { endpoints?: Endpoint[] }>(
  slices: readonly S[],
  count: number,
  maxEndpoints: number,
): S | undefined {
  let best: S | undefined;
  for (const slice of slices) {
    const size = slice.endpoints?.length ?? 0;
    if (size + count <= maxEndpoints && size > (best?.endpoints?.length ?? -1)) best = slice;
  }
  return best;
}
