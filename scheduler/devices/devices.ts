/** Claims on devices, classes and slices, with what is assumed of claims until the API shows it. */
import type {
  AllocationResult,
  DeviceClass,
  ResourceClaim,
  ResourceSlice,
} from "../../kinds/generated/api/resource-v1.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { CLASS_PREFIX, classesByResource, EXTENDED_ANNOTATION } from "./extended-resources.ts";
import { Pools } from "./pools.ts";
import { Selectors } from "./selectors.ts";
import { Taken } from "./taken.ts";

/** What is about to be written of a claim. */
export interface Assumed {
  /** "": of a claim that is about to be made. */
  uid: string;
  allocation: AllocationResult;
}

export class Devices {
  readonly classes = new Map<string, DeviceClass>();
  readonly selectors = new Selectors();
  readonly #claims = new Map<string, ResourceClaim>();
  readonly #slices = new Map<string, ResourceSlice>();
  readonly #assumed = new Map<string, Assumed>();
  /** By the uid of a pod: the claim that was made for its extended resources. */
  readonly #extended = new Map<string, ResourceClaim>();
  #classesByResource: Map<string, string> | undefined;
  /** Told when other resources than before stand for devices. */
  onResourcesChanged: () => void = () => undefined;
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

  /** The claim that was made for a pod's extended resources in an earlier try. */
  extendedClaimOf(podUid: string): ResourceClaim | undefined {
    return this.#extended.get(podUid);
  }

  /** Name of the class that stands for an extended resource. */
  classFor(resource: string): string | undefined {
    if (this.classes.size === 0) return undefined;
    if (resource.startsWith(CLASS_PREFIX)) {
      const name = resource.slice(CLASS_PREFIX.length);
      return this.classes.has(name) ? name : undefined;
    }
    this.#classesByResource ??= classesByResource(this.classes.values());
    return this.#classesByResource.get(resource);
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
    for (const key of new Set([...this.#claims.keys(), ...this.#assumed.keys()])) {
      const allocation = this.#allocationOf(key);
      if (allocation) taken.addAllocation(allocation, this.pools);
    }
    this.#taken = taken;
    return taken;
  }

  setClaim(key: string, claim: ResourceClaim | undefined): void {
    const before = this.#allocationOf(key);
    this.#noteExtended(this.#claims.get(key), claim);
    if (claim) this.#claims.set(key, claim);
    else this.#claims.delete(key);
    const assumed = this.#assumed.get(key);
    // The API shows what was assumed, or another claim.
    const isOther = !claim || (assumed?.uid !== "" && claim.metadata.uid !== assumed?.uid);
    if (isOther || claim.status?.allocation) this.#assumed.delete(key);
    this.#changed(before, this.#allocationOf(key));
  }

  setClass(name: string, deviceClass: DeviceClass | undefined): void {
    const before = this.classes.get(name);
    if (deviceClass) this.classes.set(name, deviceClass);
    else this.classes.delete(name);
    this.#version++;
    this.#classesByResource = undefined;
    const isSame = before && deviceClass?.spec.extendedResourceName === before.spec.extendedResourceName;
    if (!isSame) this.onResourcesChanged();
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
    return this.#assumed.get(key)?.allocation ?? this.#claims.get(key)?.status?.allocation;
  }

  #noteExtended(before: ResourceClaim | undefined, claim: ResourceClaim | undefined): void {
    const owner = before && extendedOwner(before);
    if (owner !== undefined && this.#extended.get(owner) === before) this.#extended.delete(owner);
    const next = claim && extendedOwner(claim);
    if (claim && next !== undefined) this.#extended.set(next, claim);
  }

  /** What is added is added; only where something is given back is all added up anew. */
  #changed(before: AllocationResult | undefined, after: AllocationResult | undefined): void {
    this.#version++;
    if (!this.#taken || deepEqual(before?.devices?.results, after?.devices?.results)) return;
    if (!before && after) this.#taken.addAllocation(after, this.pools);
    else this.#taken = undefined;
  }
}

/** Uid of the pod a claim for extended resources was made for. */
const extendedOwner = ({ metadata }: ResourceClaim): string | undefined =>
  metadata.annotations?.[EXTENDED_ANNOTATION] === "true"
    ? metadata.ownerReferences?.find(({ controller }) => controller)?.uid
    : undefined;
