/** What is written of an allocation into the claim's status. */

import type { NodeSelector, NodeSelectorTerm } from "../../kinds/core/v1-types.ts";
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  ResourceClaim,
} from "../../kinds/generated/api/resource-v1.ts";
import { fnv32a } from "../../machinery/meta/hash.ts";
import type { SelectableNode } from "../framework/node-selector.ts";
import { amountText } from "./capacity.ts";
import type { PoolDevice } from "./pools.ts";
import type { Wish } from "./wishes.ts";

/** A device that a wish was given. */
export interface Given {
  wish: Wish;
  placed: PoolDevice;
  /** Of a device that many may share: how much of its capacity. */
  consumed?: ReadonlyMap<string, bigint>;
}

export function allocationResult(
  claim: ResourceClaim,
  given: readonly Given[],
  node: SelectableNode,
): AllocationResult {
  const nodeSelector = nodeSelectorOf(given, node);
  const config = configOf(claim, given);
  return {
    devices: {
      results: given.map((each, i) => resultOf(each, { claim, place: i })),
      ...(config.length > 0 && { config }),
    },
    ...(nodeSelector && { nodeSelector }),
  };
}

function resultOf(
  { wish, placed: { pool, device }, consumed }: Given,
  { claim, place }: { claim: ResourceClaim; place: number },
): DeviceRequestAllocationResult {
  const { bindingConditions = [], bindingFailureConditions = [] } = device;
  return {
    request: wish.name,
    driver: pool.driver,
    pool: pool.name,
    device: device.name,
    ...(wish.adminAccess && { adminAccess: true }),
    ...(wish.tolerations.length > 0 && { tolerations: [...wish.tolerations] }),
    ...(bindingConditions.length > 0 && { bindingConditions }),
    ...(bindingFailureConditions.length > 0 && { bindingFailureConditions }),
    ...(consumed && {
      shareID: shareId(`${claim.metadata.uid}/${pool.driver}/${pool.name}/${device.name}/${place}`),
      consumedCapacity: Object.fromEntries(
        [...consumed].map(([name, amount]) => [name, amountText(amount, device.capacity?.[name]?.value ?? "")]),
      ),
    }),
  };
}

/** A UUID that is another for every share. */
function shareId(seed: string): string {
  const hex = [0, 1, 2, 3].map((i) => fnv32a(`${i}/${seed}`).toString(16).padStart(8, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function configOf({ spec }: ResourceClaim, given: readonly Given[]): DeviceAllocationConfiguration[] {
  const wishes = [...new Set(given.map(({ wish }) => wish))];
  const ofClasses = wishes.flatMap(({ name, deviceClass }) =>
    (deviceClass.spec.config ?? []).map((config) => ({ ...config, source: "FromClass" as const, requests: [name] })),
  );
  const isMeant = (requests: readonly string[]): boolean =>
    requests.length === 0 || wishes.some(({ name, parent }) => requests.includes(name) || requests.includes(parent));
  const ofClaim = (spec.devices?.config ?? [])
    .filter(({ requests = [] }) => isMeant(requests))
    .map((config) => ({ ...config, source: "FromClaim" as const }));
  return [...ofClasses, ...ofClaim];
}

/** From which nodes all of the devices can be reached; undefined: from all. */
function nodeSelectorOf(given: readonly Given[], { name }: SelectableNode): NodeSelector | undefined {
  const merged: Required<NodeSelectorTerm> = { matchExpressions: [], matchFields: [] };
  for (const { placed } of given) {
    const { slice, device } = placed;
    const { nodeName, nodeSelector } = slice.spec.perDeviceNodeSelection ? device : slice.spec;
    if (nodeName || device.bindsToNode) {
      const matchFields = [{ key: "metadata.name", operator: "In" as const, values: [name] }];
      return { nodeSelectorTerms: [{ matchFields }] };
    }
    // Validation has it that there is one term.
    const [term] = nodeSelector?.nodeSelectorTerms ?? [];
    for (const part of ["matchExpressions", "matchFields"] as const) {
      for (const requirement of term?.[part] ?? []) {
        const isKnown = merged[part].some((known) => JSON.stringify(known) === JSON.stringify(requirement));
        if (!isKnown) merged[part].push(requirement);
      }
    }
  }
  const { matchExpressions, matchFields } = merged;
  if (matchExpressions.length + matchFields.length === 0) return undefined;
  const term = {
    ...(matchExpressions.length > 0 && { matchExpressions }),
    ...(matchFields.length > 0 && { matchFields }),
  };
  return { nodeSelectorTerms: [term] };
}
