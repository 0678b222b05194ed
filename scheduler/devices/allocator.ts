/**
 * Finds devices for claims on a node: the first that satisfy everything, going back where a choice leads nowhere.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import type { AllocationResult, ResourceClaim } from "../../kinds/generated/api/resource-v1.ts";
import { parseQuantity } from "../../machinery/meta/quantity.ts";
import type { SelectableNode } from "../framework/node-selector.ts";
import { NodeAllocationError } from "./allocation-error.ts";
import { consumption, hasCapacity } from "./capacity.ts";
import { type Constraint, constraintOf } from "./constraints.ts";
import type { PoolDevice, Pools } from "./pools.ts";
import { allocationResult, type Given } from "./result.ts";
import type { Selectors } from "./selectors.ts";
import { isTolerated } from "./taints.ts";
import { Taken } from "./taken.ts";
import { type ClassLookup, type Wish, wishesOf } from "./wishes.ts";

/** Of resource.k8s.io: a claim's allocation has no more devices than this. */
const MAX_RESULTS = 32;
/** Devices tried on one node before it is given up: the search may need exponentially many. About 50 ms. */
const MAX_TRIES = 50_000;
/** On all nodes together: a pod that is hard to place must not keep the others waiting. */
const MAX_TRIES_EVERYWHERE = 250_000;
const MIN_TRIES_EVERYWHERE = 5_000;

/** What is left to be tried for one pod, on whichever node. */
export interface SearchBudget {
  tries: number;
  /** A node had to be given up. */
  isExceeded?: boolean;
}

/**
 * For another look at the same pod: half as much as before where that was not enough. Whoever has many pods that
 * cannot be placed is looked at after each change, and each look costs.
 */
export class SearchBudgets {
  #limit = MAX_TRIES_EVERYWHERE;
  #last: SearchBudget | undefined;

  next(): SearchBudget {
    const half = Math.max(MIN_TRIES_EVERYWHERE, Math.floor(this.#limit / 2));
    this.#limit = this.#last?.isExceeded ? half : MAX_TRIES_EVERYWHERE;
    this.#last = { tries: this.#limit };
    return this.#last;
  }
}

export class AllocationTooLong extends Error {
  override name = "AllocationTooLong";
}

export interface AllocationInput {
  pools: Pools;
  /** By claims that are allocated, everywhere. */
  taken: Taken;
  classOf: ClassLookup;
  selectors: Selectors;
  /** Absent: this node's limit is the only one. */
  budget?: SearchBudget | undefined;
}

/** Claims with what they ask for, found out once for all nodes. */
export interface PreparedClaim {
  claim: ResourceClaim;
  requests: Wish[][];
}

/** @throws AllocationError */
export const prepareClaims = (claims: readonly ResourceClaim[], classOf: ClassLookup): PreparedClaim[] =>
  claims.map((claim) => ({ claim, requests: wishesOf(claim, classOf) }));

/**
 * An allocation for each claim, in their order; undefined: the node cannot have all of them.
 *
 * @throws AllocationError when something is wrong with a claim or a class; NodeAllocationError when it is with a pool;
 *   AllocationTooLong
 */
export function allocate(
  claims: readonly PreparedClaim[],
  node: SelectableNode,
  input: AllocationInput,
): AllocationResult[] | undefined {
  const search = new Search(claims, node, input);
  if (!search.run()) {
    // Told only now: there may have been enough in other pools.
    if (input.pools.all.some(({ invalid, reaches }) => invalid !== undefined && reaches(node)))
      throw new NodeAllocationError("invalid resource pools were encountered");
    return undefined;
  }
  return claims.map(({ claim }, i) => allocationResult(claim, search.given[i]!, node));
}

class Search {
  readonly given: Given[][];
  readonly #claims: readonly PreparedClaim[];
  readonly #node: SelectableNode;
  readonly #input: AllocationInput;
  readonly #devices: readonly PoolDevice[];
  readonly #constraints: readonly Constraint[][];
  /** Beside what others have taken. */
  readonly #taking = new Taken();
  readonly #all = new Map<Wish, PoolDevice[]>();
  /** Of these, what may be given: not of pools that are being updated, or that are invalid. */
  readonly #usable: readonly PoolDevice[];
  /** Of these, what others have not taken whole. */
  readonly #free: readonly PoolDevice[];
  readonly #budget: SearchBudget;
  readonly #leastLeft: number;

  constructor(claims: readonly PreparedClaim[], node: SelectableNode, input: AllocationInput) {
    this.#claims = claims;
    this.#node = node;
    this.#input = input;
    this.#devices = input.pools.devicesFor(node);
    this.#usable = this.#devices.filter(({ pool }) => !pool.isIncomplete && pool.invalid === undefined);
    this.#free = this.#usable.filter(({ id, device }) => device.allowMultipleAllocations || !input.taken.has(id));
    this.#budget = input.budget ?? { tries: MAX_TRIES };
    this.#leastLeft = Math.max(0, this.#budget.tries - MAX_TRIES);
    this.given = claims.map(() => []);
    this.#constraints = claims.map(({ claim }) => (claim.spec.devices?.constraints ?? []).map(constraintOf));
  }

  run(): boolean {
    return this.#request(0, 0);
  }

  #request(claim: number, request: number): boolean {
    const wishes = this.#claims[claim]?.requests;
    if (!wishes) return true;
    if (request >= wishes.length) return this.#request(claim + 1, 0);
    return wishes[request]!.some((wish) => this.#devicesOf(wish, { claim, request, had: 0, from: 0 }));
  }

  /** @param place `had`: devices the wish has already; `from`: where to look on */
  #devicesOf(wish: Wish, place: { claim: number; request: number; had: number; from: number }): boolean {
    const { claim, request, had, from } = place;
    const all = wish.count === "all" ? this.#allOf(wish, claim) : undefined;
    const count = wish.count === "all" ? all!.length : wish.count;
    if (all && count === 0) return false;
    if (had >= count) return this.#request(claim, request + 1);
    if (this.given[claim]!.length + count - had > MAX_RESULTS) return false;
    const candidates = all ?? (wish.adminAccess ? this.#usable : this.#free);
    const end = all ? from + 1 : candidates.length;
    for (let i = from; i < end; i++) {
      const placed = candidates[i]!;
      if (--this.#budget.tries < this.#leastLeft) {
        this.#budget.isExceeded = true;
        throw new AllocationTooLong("too many choices");
      }
      const giveBack = this.#take(wish, placed, claim);
      if (!giveBack) continue;
      // The order within a request makes no difference: devices before this one need not be looked at again.
      const next = placed.device.allowMultipleAllocations && !all ? i : i + 1;
      if (this.#devicesOf(wish, { claim, request, had: had + 1, from: next })) return true;
      giveBack();
    }
    return false;
  }

  /** Everything of the kind that the node can reach. */
  #allOf(wish: Wish, claim: number): PoolDevice[] {
    const known = this.#all.get(wish);
    if (known) return known;
    for (const pool of this.#input.pools.all) {
      const { isIncomplete, invalid, driver, name } = pool;
      const state = isIncomplete ? "being updated" : invalid === undefined ? undefined : "invalid";
      if (state === undefined || !pool.reaches(this.#node)) continue;
      const { metadata } = this.#claims[claim]!.claim;
      const whose = `claim ${metadata.namespace}/${metadata.name}, request ${wish.name}`;
      throw new NodeAllocationError(
        `${whose}: asks for all devices, but resource pool ${driver}/${name} is currently ${state}`,
      );
    }
    const all = this.#devices.filter((placed) => this.#isSelected(wish, placed));
    this.#all.set(wish, all);
    return all;
  }

  #isSelected({ selectors }: Wish, { device, pool }: PoolDevice): boolean {
    return selectors.every((selector) => this.#input.selectors.matches(device, pool.driver, selector));
  }

  /** Takes a device for a wish; returns how to give it back, undefined when it cannot be had. */
  #take(wish: Wish, placed: PoolDevice, claim: number): (() => void) | undefined {
    const { id, device } = placed;
    const isShared = device.allowMultipleAllocations ?? false;
    const given = this.given[claim]!;
    if (wish.adminAccess ? given.some((each) => each.placed === placed) : !isShared && this.#isTaken(id)) {
      return undefined;
    }
    if (!this.#isSelected(wish, placed) || !isTolerated(device, wish.tolerations)) return undefined;
    if (!hasCapacity(device, wish.capacity)) return undefined;
    const consumed = isShared && !wish.adminAccess ? consumption(device, wish.capacity) : new Map<string, bigint>();
    if (!consumed || !this.#hasLeft(placed, consumed)) return undefined;
    const isCounted = !wish.adminAccess;
    if (isCounted && !this.#taking.hasCountersFor(placed, this.#input.taken)) return undefined;
    const constraints = this.#constraints[claim]!;
    const refusing = constraints.findIndex((constraint) => !constraint.add(wish, placed));
    const added = refusing < 0 ? constraints : constraints.slice(0, refusing);
    if (refusing >= 0) {
      for (const constraint of added) constraint.remove(wish);
      return undefined;
    }
    const count = (sign: 1n | -1n): void => {
      if (isCounted) this.#taking.addCounters(placed, sign);
      for (const [name, amount] of consumed) this.#taking.addCapacity(id, name, sign * amount);
    };
    count(1n);
    const takesDevice = isCounted && !isShared;
    if (takesDevice) this.#taking.take(id);
    given.push({ wish, placed, ...(isShared && !wish.adminAccess && { consumed }) });
    return () => {
      given.pop();
      if (takesDevice) this.#taking.giveBack(id);
      count(-1n);
      for (const constraint of added) constraint.remove(wish);
    };
  }

  #isTaken(id: string): boolean {
    return this.#input.taken.has(id) || this.#taking.has(id);
  }

  #hasLeft({ id, device }: PoolDevice, consumed: ReadonlyMap<string, bigint>): boolean {
    const { taken } = this.#input;
    for (const [name, amount] of consumed) {
      const used = taken.capacityOf(id, name) + this.#taking.capacityOf(id, name);
      if (used + amount > parseQuantity(device.capacity?.[name]?.value ?? "0")) return false;
    }
    return true;
  }
}
