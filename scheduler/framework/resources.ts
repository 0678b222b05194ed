/**
 * Resource amounts as numbers in columns: cpu in thousandths, everything else in whole units (bytes, devices).
 */
import { milliValue, wholeValue } from "../../machinery/meta/quantity.ts";

export const CPU = 0;
export const MEMORY = 1;
export const EPHEMERAL_STORAGE = 2;
export const PODS = 3;

/** Gives each resource name a column; the first four are fixed, others come as they are met. */
export class ResourceColumns {
  readonly #columns = new Map<string, number>();
  readonly names: string[] = [];

  constructor() {
    for (const name of ["cpu", "memory", "ephemeral-storage", "pods"]) this.of(name);
  }

  of(name: string): number {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    const column = this.names.length;
    this.#columns.set(name, column);
    this.names.push(name);
    return column;
  }
}

export const amountOf = (name: string, quantity: string): number =>
  name === "cpu" ? milliValue(quantity) : wholeValue(quantity);
