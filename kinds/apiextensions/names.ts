/**
 * The names of a custom resource, asked for and accepted.
 * Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation.
 */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { dns1035Label } from "../../machinery/meta/names.ts";
import { checkPresent } from "../common/checks.ts";
import type { CustomResourceDefinitionNames } from "./v1-types.ts";

/** One error with all messages in it. */
export function checkJoined(
  errors: FieldError[],
  value: string,
  path: string,
  messages: readonly string[],
  lead = "",
): void {
  if (messages.length > 0) errors.push(invalid(path, value, lead + messages.join(",")));
}

/** What a spec must name; a status may lack all of it. */
export function checkNamesPresent(errors: FieldError[], names: CustomResourceDefinitionNames, path: string): void {
  for (const field of ["plural", "singular", "kind", "listKind"] as const) {
    checkPresent(errors, names[field], `${path}.${field}`);
  }
}

export function checkNames(errors: FieldError[], names: CustomResourceDefinitionNames, path: string): void {
  for (const field of ["plural", "singular"] as const) {
    const value = names[field];
    if (value) checkJoined(errors, value, `${path}.${field}`, dns1035Label(value));
  }
  const lead = "may have mixed case, but should otherwise match: ";
  for (const field of ["kind", "listKind"] as const) {
    const value = names[field];
    if (value) checkJoined(errors, value, `${path}.${field}`, dns1035Label(value.toLowerCase()), lead);
  }
  names.shortNames?.forEach((name, i) => {
    checkJoined(errors, name, `${path}.shortNames[${i}]`, dns1035Label(name));
  });
  if (names.kind && names.kind === names.listKind) {
    errors.push(invalid(`${path}.listKind`, names.listKind, "kind and listKind may not be the same"));
  }
  names.categories?.forEach((name, i) => {
    checkJoined(errors, name, `${path}.categories[${i}]`, dns1035Label(name));
  });
}
