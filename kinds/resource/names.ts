/** Names of drivers, pools, devices and their attributes. Messages are upstream's. */
import { type FieldError, invalid, required, tooLong } from "../../machinery/meta/field-error.ts";
import { cIdentifier, dns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import { checkCsiDriverName } from "../core/pod-template/volumes-legacy.ts";

const MAX_POOL_NAME = 253;
const MAX_ID = 32;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The rules are those of CSI drivers. */
export const checkDriverName = checkCsiDriverName;

export function checkPoolName(errors: FieldError[], name: string | undefined, path: string): void {
  if (!name) {
    errors.push(required(path));
    return;
  }
  if (name.length > MAX_POOL_NAME) {
    errors.push(tooLong(path, MAX_POOL_NAME));
    return;
  }
  for (const part of name.split("/")) addMessages(errors, path, part, dns1123Subdomain(part));
}

export function checkUuid(errors: FieldError[], uid: string, path: string): void {
  if (UUID.test(uid)) return;
  const detail =
    uid.length === 36
      ? "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters"
      : `error validating uid: invalid UUID length: ${uid.length}`;
  errors.push(invalid(path, uid, detail));
}

function checkIdentifier(errors: FieldError[], id: string, path: string): void {
  if (id.length > MAX_ID) errors.push(tooLong(path, MAX_ID));
  addMessages(errors, path, id, cIdentifier(id));
}

/** `model` or `example.com/model` */
export function checkAttributeName(errors: FieldError[], name: string, path: string): void {
  const parts = name.split("/");
  const [first = "", second = ""] = parts;
  if (parts.length === 1) checkIdentifier(errors, first, path);
  else if (parts.length > 2) errors.push(invalid(path, name, "must not contain more than one slash"));
  else {
    if (first === "") errors.push(invalid(path, "", "the domain must not be empty"));
    else checkDriverName(errors, first, path);
    if (second === "") errors.push(invalid(path, "", "the name must not be empty"));
    else checkIdentifier(errors, second, path);
  }
}

export function checkFullAttributeName(errors: FieldError[], name: string, path: string): void {
  checkAttributeName(errors, name, path);
  if (!name.includes("/")) {
    errors.push(invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash"));
  }
}
