/** What devices of one claim must have in common, or must not. */
import type { Device, DeviceAttribute, DeviceConstraint } from "../../kinds/generated/api/resource-v1.ts";
import type { PoolDevice } from "./pools.ts";
import type { Wish } from "./wishes.ts";

export interface Constraint {
  /** Takes note of a device; false: it may not be there. Each success is undone by `remove`, the last first. */
  add(wish: Wish, placed: PoolDevice): boolean;
  remove(wish: Wish): void;
}

export function constraintOf({ requests = [], matchAttribute, distinctAttribute }: DeviceConstraint): Constraint {
  const concerns = ({ name, parent }: Wish): boolean =>
    requests.length === 0 || requests.includes(name) || requests.includes(parent);
  const attribute = matchAttribute ?? distinctAttribute ?? "";
  const values: string[] = [];
  return {
    add(wish, placed) {
      if (!concerns(wish)) return true;
      const value = attributeText(placed, attribute);
      if (value === undefined) return false;
      const isFine = matchAttribute === undefined ? !values.includes(value) : values.every((each) => each === value);
      if (isFine) values.push(value);
      return isFine;
    },
    remove(wish) {
      if (concerns(wish)) values.pop();
    },
  };
}

/** Kind and value of an attribute as text; undefined: the device does not have it. */
function attributeText({ device, pool }: PoolDevice, name: string): string | undefined {
  const attribute = attributeOf(device, name) ?? attributeOf(device, withoutDomain(name, pool.driver));
  if (!attribute) return undefined;
  const [value] = Object.entries(attribute);
  return value && JSON.stringify(value);
}

const attributeOf = ({ attributes = {} }: Device, name: string): DeviceAttribute | undefined =>
  Object.hasOwn(attributes, name) ? attributes[name] : undefined;

const withoutDomain = (name: string, driver: string): string =>
  name.startsWith(`${driver}/`) ? name.slice(driver.length + 1) : "";
