/**
 * Devices by pool, as drivers publish them in ResourceSlices: of each pool the slices of the latest generation.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import type { NodeSelector } from "../../kinds/core/v1-types.ts";
import type { Device, ResourceSlice } from "../../kinds/generated/api/resource-v1.ts";
import { parseQuantity } from "../../machinery/meta/quantity.ts";
import { compileTerms, type NodeMatcher, type SelectableNode } from "../framework/node-selector.ts";

export interface Pool {
  driver: string;
  name: string;
  /** Some of its slices are not there yet. */
  isIncomplete: boolean;
  /** Why nothing may be taken from it. */
  invalid: string | undefined;
  /** Counter set → counter → nano units. */
  counters: ReadonlyMap<string, ReadonlyMap<string, bigint>>;
  /** Whether the node can reach any part of it. */
  reaches(node: SelectableNode): boolean;
}

export interface PoolDevice {
  /** driver/pool/device */
  id: string;
  pool: Pool;
  slice: ResourceSlice;
  device: Device;
  /** Those with less are tried first. */
  place: number;
}

export const deviceId = (place: { driver: string; pool: string; device: string }): string =>
  `${place.driver}/${place.pool}/${place.device}`;

export class Pools {
  /** By node: devices that only this node has. */
  readonly #local = new Map<string, PoolDevice[]>();
  readonly #shared: { device: PoolDevice; reachableFrom: NodeMatcher | undefined }[] = [];
  readonly #byId = new Map<string, PoolDevice>();
  readonly #pools: Pool[] = [];

  constructor(slices: Iterable<ResourceSlice>) {
    for (const group of groupsOf(slices)) this.#add(group);
  }

  /** Devices a node can reach, pool by pool: those that need not be made ready first, then by name. */
  devicesFor(node: SelectableNode): readonly PoolDevice[] {
    const local = this.#local.get(node.name) ?? [];
    const shared = this.#shared.flatMap(({ device, reachableFrom }) => ((reachableFrom?.(node) ?? true) ? device : []));
    return shared.length === 0 ? local : [...local, ...shared].sort((a, b) => a.place - b.place);
  }

  byId(id: string): PoolDevice | undefined {
    return this.#byId.get(id);
  }

  get all(): readonly Pool[] {
    return this.#pools;
  }

  #add(slices: readonly ResourceSlice[]): void {
    const [{ spec }] = slices as [ResourceSlice];
    const names = slices.flatMap(({ spec: { devices = [] } }) => devices.map(({ name }) => name));
    const known = new Set<string>();
    const twice = names.find((name) => known.size === known.add(name).size);
    const pool: Pool = {
      driver: spec.driver,
      name: spec.pool.name,
      isIncomplete: slices.length < spec.pool.resourceSliceCount,
      invalid: twice !== undefined ? `duplicate device name ${twice}` : undefined,
      counters: countersOf(slices),
      reaches: (node) => slices.some((slice) => placesOf(slice).some((place) => isReachable(place, node))),
    };
    this.#pools.push(pool);
    for (const slice of slices) {
      for (const device of slice.spec.devices ?? []) this.#addDevice(pool, slice, device);
    }
  }

  #addDevice(pool: Pool, slice: ResourceSlice, device: Device): void {
    const id = deviceId({ driver: pool.driver, pool: pool.name, device: device.name });
    const placed: PoolDevice = { id, pool, slice, device, place: this.#byId.size };
    this.#byId.set(id, placed);
    const { nodeName, nodeSelector, allNodes } = slice.spec.perDeviceNodeSelection ? device : slice.spec;
    if (nodeName) {
      const there = this.#local.get(nodeName);
      if (there) there.push(placed);
      else this.#local.set(nodeName, [placed]);
    } else if (nodeSelector || allNodes) {
      const reachableFrom = nodeSelector && compileTerms(nodeSelector.nodeSelectorTerms);
      this.#shared.push({ device: placed, reachableFrom });
    }
  }
}

interface Place {
  nodeName?: string;
  nodeSelector?: NodeSelector;
  allNodes?: boolean;
}

const placesOf = ({ spec }: ResourceSlice): readonly Place[] =>
  spec.perDeviceNodeSelection ? (spec.devices ?? []) : [spec];

const isReachable = ({ nodeName, nodeSelector, allNodes }: Place, node: SelectableNode): boolean =>
  allNodes ||
  (nodeName !== undefined && nodeName === node.name) ||
  (nodeSelector !== undefined && compileTerms(nodeSelector.nodeSelectorTerms)(node));

const needsReadying = ({ spec }: ResourceSlice): boolean =>
  spec.devices?.some(({ bindingConditions = [] }) => bindingConditions.length > 0) ?? false;

/**
 * The slices of each pool's latest generation, in the order of their names. Pools and slices with devices that must be
 * made ready first come last.
 */
function groupsOf(slices: Iterable<ResourceSlice>): ResourceSlice[][] {
  const groups = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const { driver, pool } = slice.spec;
    const key = `${driver}/${pool.name}`;
    const group = groups.get(key);
    const latest = group?.[0]?.spec.pool.generation ?? Number.NEGATIVE_INFINITY;
    if (pool.generation > latest) groups.set(key, [slice]);
    else if (pool.generation === latest) group?.push(slice);
  }
  const byName = (a: ResourceSlice, b: ResourceSlice): number =>
    (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
  const lastOf = <T>(items: readonly T[], isLast: (item: T) => boolean): T[] => [
    ...items.filter((item) => !isLast(item)),
    ...items.filter(isLast),
  ];
  const ordered = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group.sort(byName));
  return lastOf(ordered, (group) => group.some(needsReadying)).map((group) => lastOf(group, needsReadying));
}

function countersOf(slices: readonly ResourceSlice[]): Pool["counters"] {
  const sets = new Map<string, ReadonlyMap<string, bigint>>();
  for (const { spec } of slices) {
    for (const { name, counters } of spec.sharedCounters ?? []) {
      sets.set(name, new Map(Object.entries(counters).map(([counter, { value }]) => [counter, parseQuantity(value)])));
    }
  }
  return sets;
}
