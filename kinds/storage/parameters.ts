/** What classes of storage hand to their driver. */
import { type FieldError, invalid, tooLong } from "../../machinery/meta/field-error.ts";
import { qualifiedName } from "../../machinery/meta/names.ts";
import { addMessages, checkPresent, type StringMap } from "../common/checks.ts";

const MAX_COUNT = 512;
const MAX_BYTES = 256 * 1024;

export function checkParameters(errors: FieldError[], parameters: StringMap | undefined, path: string): void {
  if (!parameters) return;
  const keys = Object.keys(parameters);
  if (keys.length > MAX_COUNT) {
    errors.push(tooLong(path, MAX_COUNT));
    return;
  }
  let bytes = 0;
  for (const key of keys) {
    if (key === "") errors.push(invalid(path, key, "field can not be empty."));
    bytes += key.length + (parameters[key] ?? "").length;
  }
  if (bytes > MAX_BYTES) errors.push(tooLong(path, MAX_BYTES));
}

/** The driver or provisioner, in lower case a qualified name. */
export function checkProvisioner(errors: FieldError[], name: string | undefined, path: string): void {
  if (checkPresent(errors, name, path)) addMessages(errors, path, name, qualifiedName(name.toLowerCase()));
}
