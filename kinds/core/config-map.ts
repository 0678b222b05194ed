/** ConfigMap. Source: https://kubernetes.io/docs/concepts/configuration/configmap/ */
import { type FieldError, fieldForbidden, invalid, tooLong, WHOLE_OBJECT } from "../../machinery/meta/field-error.ts";
import { configMapKey } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import { base64Bytes, MAX_DATA_BYTES, utf8Bytes } from "./data.ts";
import type { ConfigMap } from "./v1-types.ts";

function validate({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    addMessages(errors, `data[${key}]`, key, configMapKey(key));
    if (Object.hasOwn(binaryData, key)) {
      errors.push(invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    }
    bytes += utf8Bytes(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    addMessages(errors, `binaryData[${key}]`, key, configMapKey(key));
    bytes += base64Bytes(value);
  }
  // The whole object is meant, so there is no path.
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong(WHOLE_OBJECT, MAX_DATA_BYTES));
  return errors;
}

export const configMap: Strategy<ConfigMap> = {
  validate,
  validateUpdate(next, prev) {
    if (!prev.immutable) return [];
    const errors: FieldError[] = [];
    const detail = "field is immutable when `immutable` is set";
    if (!next.immutable) errors.push(fieldForbidden("immutable", detail));
    if (!same(next.data, prev.data)) errors.push(fieldForbidden("data", detail));
    if (!same(next.binaryData, prev.binaryData)) errors.push(fieldForbidden("binaryData", detail));
    return errors;
  },
  row: (object, nowMs) => [
    nameOf(object),
    Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length,
    age(object, nowMs),
  ],
};
