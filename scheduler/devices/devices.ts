/** Claims on devices, classes and slices, with what is assumed of claims until the API shows it. */
import type {
  AllocationResult,
  DeviceClass,
  ResourceClaim,
  ResourceSlice,
} from "../../kinds/generated/api/resource-v1.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { Pools } from "./pools.ts";
import { Selectors } from "./selectors.ts";
import { Taken } from "./taken.ts";

/** What is about to be written of a claim. */
export interface Assumed {
  uid: string;
  allocation: AllocationResult;
}

export class Devices {
  readonly classes = new Map<string, DeviceClass>();
  readonly selectors = new Selectors();
  readonly #claims = new Map<string, ResourceClaim>();
  readonly #slices = new Map<string, ResourceSlice>();
  readonly #assumed = new Map<string, Assumed>();
  #pools: Pools | undefined;
  #taken: Taken | undefined;
  #version = 0;

  /** Changes with everything here. */
  get version(): number {
    return this.#version;
  }

  /** As the API has it. */
  claim(key: string): ResourceClaim | undefined {
    return this.#claims.get(key);
  }

  /** Whether an allocation of the claim is being written. */
  isAssumed(key: string): boolean {
    return this.#assumed.has(key);
  }

  get pools(): Pools {
    this.#pools ??= new Pools(this.#slices.values());
    return this.#pools;
  }

  get taken(): Taken {
    if (this.#taken) return this.#taken;
    const taken = new Taken();
    for (const key of this.#claims.keys()) {
      const allocation = this.#allocationOf(key);
      if (allocation) taken.addAllocation(allocation, this.pools);
    }
    this.#taken = taken;
    return taken;
  }

  setClaim(key: string, claim: ResourceClaim | undefined): void {
    const before = this.#allocationOf(key);
    if (claim) this.#claims.set(key, claim);
    else this.#claims.delete(key);
    const assumed = this.#assumed.get(key);
    // The API shows what was assumed, or another claim.
    if (assumed && (claim?.metadata.uid !== assumed.uid || claim.status?.allocation)) this.#assumed.delete(key);
    this.#changed(before, this.#allocationOf(key));
  }

  setClass(name: string, deviceClass: DeviceClass | undefined): void {
    if (deviceClass) this.classes.set(name, deviceClass);
    else this.classes.delete(name);
    this.#version++;
  }

  setSlice(name: string, slice: ResourceSlice | undefined): void {
    if (slice) this.#slices.set(name, slice);
    else this.#slices.delete(name);
    this.#pools = undefined;
    this.#taken = undefined;
    this.#version++;
  }

  assume(key: string, assumed: Assumed): void {
    const before = this.#allocationOf(key);
    this.#assumed.set(key, assumed);
    this.#changed(before, this.#allocationOf(key));
  }

  /** Undoes `assume`. */
  forget(key: string, { uid }: Assumed): void {
    const before = this.#allocationOf(key);
    if (this.#assumed.get(key)?.uid === uid) this.#assumed.delete(key);
    this.#changed(before, this.#allocationOf(key));
  }

  #allocationOf(key: string): AllocationResult | undefined {
    const claim = this.#claims.get(key);
    return claim && (this.#assumed.get(key)?.allocation ?? claim.status?.allocation);
  }

  /** What is added is added; only where something is given back is all added up anew. */
  #changed(before: AllocationResult | undefined, after: AllocationResult | undefined): void {
    this.#version++;
    if (!this.#taken || deepEqual(before?.devices?.results, after?.devices?.results)) return;
    if (!before && after) this.#taken.addAllocation(after, this.pools);
    else this.#taken = undefined;
  }
}
