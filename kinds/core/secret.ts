/** Secret. Source: https://kubernetes.io/docs/concepts/configuration/secret/ */
import { type FieldError, fieldForbidden, invalid, required, tooLong } from "../../machinery/meta/field-error.ts";
import { configMapKey } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable, same } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import { base64Bytes, decodeBase64, encodeBase64, MAX_DATA_BYTES } from "./data.ts";
import type { Secret } from "./v1-types.ts";

const SERVICE_ACCOUNT = "kubernetes.io/service-account.name";

/** Text that clients write for convenience; only `data` is kept. */
function foldStringData(secret: Secret): void {
  if (secret.stringData) {
    secret.data ??= {};
    for (const key of Object.keys(secret.stringData)) {
      secret.data[key] = encodeBase64(secret.stringData[key] as string);
    }
  }
  delete secret.stringData;
}

/** The text must be a JSON object; what is wrong with it is not told, for it is secret. */
function checkJson(errors: FieldError[], data: { [key: string]: string }, key: string): void {
  const value = data[key];
  const path = `data[${key}]`;
  if (value === undefined) {
    errors.push(required(path));
    return;
  }
  try {
    const parsed: unknown = JSON.parse(decodeBase64(value));
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return;
    const type = Array.isArray(parsed) ? "array" : typeof parsed === "boolean" ? "bool" : typeof parsed;
    const detail = `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
    if (parsed !== null) errors.push(invalid(path, "<secret contents redacted>", detail));
  } catch {
    // The parser's own words would quote the secret.
    errors.push(invalid(path, "<secret contents redacted>", "invalid character in JSON text"));
  }
}

function checkType(errors: FieldError[], { type, data = {}, metadata }: Secret): void {
  const need = (key: string): void => {
    if (!Object.hasOwn(data, key)) errors.push(required(`data[${key}]`));
  };
  switch (type) {
    case "kubernetes.io/service-account-token":
      if (!metadata.annotations?.[SERVICE_ACCOUNT]) {
        errors.push(required(`metadata.annotations[${SERVICE_ACCOUNT}]`));
      }
      break;
    case "kubernetes.io/dockercfg":
      checkJson(errors, data, ".dockercfg");
      break;
    case "kubernetes.io/dockerconfigjson":
      checkJson(errors, data, ".dockerconfigjson");
      break;
    case "kubernetes.io/basic-auth":
      if (!Object.hasOwn(data, "username") && !Object.hasOwn(data, "password")) {
        need("username");
        need("password");
      }
      break;
    case "kubernetes.io/ssh-auth":
      if (!data["ssh-privatekey"]) errors.push(required("data[ssh-privatekey]"));
      break;
    case "kubernetes.io/tls":
      need("tls.crt");
      need("tls.key");
      break;
  }
}

function validate(next: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(next.data ?? {})) {
    addMessages(errors, `data[${key}]`, key, configMapKey(key));
    bytes += base64Bytes(value);
  }
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong("data", MAX_DATA_BYTES));
  checkType(errors, next);
  return errors;
}

export const secret: Strategy<Secret> = {
  defaults(next) {
    foldStringData(next);
    next.type ||= "Opaque";
    return next;
  },
  validate,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.type, prev.type, "type");
    if (!prev.immutable) return errors;
    const detail = "field is immutable when `immutable` is set";
    if (!next.immutable) errors.push(fieldForbidden("immutable", detail));
    if (!same(next.data, prev.data)) errors.push(fieldForbidden("data", detail));
    return errors;
  },
  selectableFields: ({ type }) => ({ type: type ?? "" }),
  row: (object, nowMs) => [
    nameOf(object),
    object.type ?? "",
    Object.keys(object.data ?? {}).length,
    age(object, nowMs),
  ],
};
