import type { FieldError } from "../../machinery/meta/field-error.ts";

/** An invalid value that the message does not repeat. */
export const invalidUnshown = (field: string, detail: string): FieldError => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${detail}`,
});
