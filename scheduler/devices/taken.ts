/** What is taken of devices: the devices themselves, counters that devices share, and capacity of those that many share. */
import type { AllocationResult } from "../../kinds/generated/api/resource-v1.ts";
import { parseQuantity } from "../../machinery/meta/quantity.ts";
import { deviceId, type PoolDevice, type Pools } from "./pools.ts";

/** Amounts by what they are of; in nano units. */
class Amounts {
  readonly #amounts = new Map<string, bigint>();

  of(key: string): bigint {
    return this.#amounts.get(key) ?? 0n;
  }

  add(key: string, amount: bigint): void {
    const next = this.of(key) + amount;
    if (next === 0n) this.#amounts.delete(key);
    else this.#amounts.set(key, next);
  }
}

export class Taken {
  readonly #devices = new Set<string>();
  readonly #counters = new Amounts();
  readonly #capacity = new Amounts();

  /** @param pools to know what counters an allocated device uses */
  addAllocation({ devices }: AllocationResult, pools: Pools): void {
    for (const result of devices?.results ?? []) {
      // Who only looks after a device takes nothing of it.
      if (result.adminAccess) continue;
      const id = deviceId(result);
      const placed = pools.byId(id);
      if (result.shareID === undefined) this.#devices.add(id);
      for (const [name, amount] of Object.entries(result.consumedCapacity ?? {})) {
        this.#capacity.add(`${id} ${name}`, parseQuantity(amount));
      }
      if (placed) this.addCounters(placed, 1n);
    }
  }

  has(id: string): boolean {
    return this.#devices.has(id);
  }

  take(id: string): void {
    this.#devices.add(id);
  }

  giveBack(id: string): void {
    this.#devices.delete(id);
  }

  capacityOf(id: string, name: string): bigint {
    return this.#capacity.of(`${id} ${name}`);
  }

  addCapacity(id: string, name: string, amount: bigint): void {
    this.#capacity.add(`${id} ${name}`, amount);
  }

  /** Whether the counters the device uses have enough left. */
  hasCountersFor(placed: PoolDevice, others: Taken): boolean {
    return countersOf(placed).every(({ key, set, counter, amount }) => {
      const there = placed.pool.counters.get(set)?.get(counter);
      return there !== undefined && this.#counters.of(key) + others.#counters.of(key) + amount <= there;
    });
  }

  addCounters(placed: PoolDevice, sign: 1n | -1n): void {
    for (const { key, amount } of countersOf(placed)) this.#counters.add(key, sign * amount);
  }
}

function countersOf({ pool, device }: PoolDevice): { key: string; set: string; counter: string; amount: bigint }[] {
  return (device.consumesCounters ?? []).flatMap(({ counterSet, counters }) =>
    Object.entries(counters).map(([counter, { value }]) => ({
      key: `${pool.driver}/${pool.name} ${counterSet} ${counter}`,
      set: counterSet,
      counter,
      amount: parseQuantity(value),
    })),
  );
}
