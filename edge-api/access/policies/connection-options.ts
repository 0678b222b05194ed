/** What policies may make of the options of a connection, which no schema describes. Pure. */
import type { KubeObject } from "../../../machinery/meta/object.ts";

const isText = (value: unknown): boolean => typeof value === "string";
const isSwitch = (value: unknown): boolean => typeof value === "boolean";
const listOf = (isOne: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(isOne);

const FIELDS: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["kind", isText],
  ["apiVersion", isText],
  ["stdin", isSwitch],
  ["stdout", isSwitch],
  ["stderr", isSwitch],
  ["tty", isSwitch],
  ["container", isText],
  ["command", listOf(isText)],
  ["ports", listOf(Number.isInteger)],
  ["path", isText],
]);

/** @throws Error for what is not PodExecOptions, PodProxyOptions and the like */
export function checkedOptions(value: unknown): KubeObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("options must be an object");
  for (const [name, inner] of Object.entries(value)) {
    const fits = FIELDS.get(name);
    if (!fits) throw new Error(`unknown field "${name}"`);
    if (!fits(inner)) throw new Error(`invalid value for field "${name}"`);
  }
  return value as KubeObject;
}
