/** Whether a device is what an expression asks for: `device.attributes["gpu.example.com"].model == "big"`. */
import type { Device } from "../../kinds/generated/api/resource-v1.ts";
import { compileDeviceExpression } from "../../kinds/resource/device-expressions.ts";
import { type Compiled, compilationFailure } from "../../machinery/cel/compile.ts";
import { quantityOf } from "../../machinery/cel/functions/quantity.ts";
import { parseSemver } from "../../machinery/cel/functions/semver.ts";
import { EntryMap, type MapValue, type Value } from "../../machinery/cel/values.ts";
import { AllocationError } from "./allocation-error.ts";

const MAX_KEPT = 1_000;

const NOTHING = new EntryMap();

/** By domain; a domain that is not there has nothing, but can be asked. */
class Domains implements MapValue {
  readonly isMap = true;
  readonly #domains = new EntryMap();

  set(domain: string, id: string, value: Value): void {
    let inner = this.#domains.get(domain) as EntryMap | undefined;
    if (!inner) {
      inner = new EntryMap();
      this.#domains.add(domain, inner);
    }
    if (inner.get(id) === undefined) inner.add(id, value);
  }

  get size(): number {
    return this.#domains.size;
  }

  get(key: Value): Value {
    return this.#domains.get(key) ?? NOTHING;
  }

  keys(): Iterable<Value> {
    return this.#domains.keys();
  }
}

/** An attribute named without a domain is of the driver's. */
function qualified(name: string, driver: string): [domain: string, id: string] {
  const slash = name.indexOf("/");
  return slash < 0 ? [driver, name] : [name.slice(0, slash), name.slice(slash + 1)];
}

function attributesOf({ attributes = {} }: Device, driver: string): Domains {
  const domains = new Domains();
  for (const [name, { bool, int, string, version }] of Object.entries(attributes)) {
    const value = bool ?? string ?? (int === undefined ? undefined : BigInt(int)) ?? (version && parseSemver(version));
    if (value === undefined || value === "")
      throw new AllocationError(`attribute ${name}: unsupported attribute value`);
    domains.set(...qualified(name, driver), value);
  }
  return domains;
}

function capacityOf({ capacity = {} }: Device, driver: string): Domains {
  const domains = new Domains();
  for (const [name, { value }] of Object.entries(capacity)) domains.set(...qualified(name, driver), quantityOf(value));
  return domains;
}

export class Selectors {
  readonly #programs = new Map<string, Compiled>();
  /** What was found out, for as long as the device is as it is. */
  readonly #found = new WeakMap<Device, Map<string, boolean | AllocationError>>();

  /** @param whose "class gpu", for what is wrong. @throws AllocationError */
  matches(device: Device, driver: string, { expression, whose }: { expression: string; whose: string }): boolean {
    let found = this.#found.get(device);
    if (!found) {
      found = new Map();
      this.#found.set(device, found);
    }
    let verdict = found.get(expression);
    if (verdict === undefined) {
      verdict = this.#evaluate(device, driver, { expression, whose });
      found.set(expression, verdict);
    }
    if (typeof verdict === "object") throw verdict;
    return verdict;
  }

  #evaluate(
    device: Device,
    driver: string,
    { expression, whose }: { expression: string; whose: string },
  ): boolean | AllocationError {
    const compiled = this.#compile(expression);
    if (!compiled.ok) return new AllocationError(`${whose}: CEL compile error: ${compilationFailure(compiled.errors)}`);
    try {
      const input = {
        driver,
        allowMultipleAllocations: device.allowMultipleAllocations ?? false,
        attributes: attributesOf(device, driver),
        capacity: capacityOf(device, driver),
      };
      const outcome = compiled.program.evaluate({ device: input });
      if (!outcome.ok) return new AllocationError(`${whose}: CEL runtime error: ${outcome.error}`);
      if (typeof outcome.value === "boolean") return outcome.value;
      return new AllocationError(`${whose}: CEL runtime error: the result could not be converted to bool`);
    } catch (error) {
      if (error instanceof AllocationError) return error;
      throw error;
    }
  }

  #compile(expression: string): Compiled {
    const known = this.#programs.get(expression);
    if (known) return known;
    if (this.#programs.size >= MAX_KEPT) this.#programs.clear();
    const compiled = compileDeviceExpression(expression);
    this.#programs.set(expression, compiled);
    return compiled;
  }
}
