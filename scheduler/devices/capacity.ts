/**
 * How much of a device's capacity a request takes.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#consumable-capacity
 */
import type { Device, DeviceCapacity } from "../../kinds/generated/api/resource-v1.ts";
import { compareQuantities, formatBytes, formatMilli, parseQuantity } from "../../machinery/meta/quantity.ts";

type Requests = { readonly [name: string]: string };

/** Whether the device has as much as is asked for; what it does not have at all cannot be asked for. */
export function hasCapacity({ capacity = {} }: Device, requests: Requests): boolean {
  return Object.entries(requests).every(([name, wanted]) => {
    const there = Object.hasOwn(capacity, name) ? capacity[name] : undefined;
    return there !== undefined && compareQuantities(wanted, there.value) <= 0;
  });
}

/** What a request takes of each capacity of a device that many may share; undefined: its policy does not allow that. */
export function consumption({ capacity = {} }: Device, requests: Requests): Map<string, bigint> | undefined {
  const taken = new Map<string, bigint>();
  for (const [name, each] of Object.entries(capacity)) {
    const amount = amountOf(each, Object.hasOwn(requests, name) ? requests[name] : undefined);
    if (amount === undefined) return undefined;
    taken.set(name, amount);
  }
  return taken;
}

function amountOf({ value, requestPolicy }: DeviceCapacity, wanted: string | undefined): bigint | undefined {
  const whole = parseQuantity(value);
  if (!requestPolicy) return wanted === undefined ? whole : parseQuantity(wanted);
  const { validValues = [], validRange, default: standard } = requestPolicy;
  const amount = parseQuantity(wanted ?? standard ?? value);
  if (validValues.length > 0)
    return validValues
      .map(parseQuantity)
      .filter((valid) => valid >= amount)
      .sort(ascending)[0];
  if (!validRange) return amount;
  const least = parseQuantity(validRange.min);
  const most = validRange.max === undefined ? whole : parseQuantity(validRange.max);
  if (amount > most) return undefined;
  if (amount <= least) return least;
  const step = validRange.step === undefined ? 0n : parseQuantity(validRange.step);
  if (step <= 0n) return amount;
  const rounded = least + ((amount - least + step - 1n) / step) * step;
  return rounded > most ? undefined : rounded;
}

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Nano units as a quantity, in the suffixes of another. */
export const amountText = (nanos: bigint, like: string): string =>
  like.endsWith("i") && nanos % 1_000_000_000n === 0n
    ? formatBytes(nanos / 1_000_000_000n)
    : formatMilli((nanos + 999_999n) / 1_000_000n);
