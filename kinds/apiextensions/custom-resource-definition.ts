/**
 * CustomResourceDefinition. Schemas are checked where custom resources are.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1035Label, dns1123Subdomain } from "../../machinery/meta/names.ts";
import { checkPresent, checkRequiredOneOf } from "../common/checks.ts";
import { nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { keepStatus, onlyStatusNoMetadata } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from "./v1-types.ts";

function defaults(next: CustomResourceDefinition): CustomResourceDefinition {
  next.spec ??= {} as CustomResourceDefinition["spec"];
  const { spec } = next;
  spec.names ??= {} as CustomResourceDefinitionNames;
  spec.names.singular ||= (spec.names.kind ?? "").toLowerCase();
  if (spec.names.kind) spec.names.listKind ||= `${spec.names.kind}List`;
  spec.conversion ??= { strategy: "None" };
  return next;
}

function checkNames(errors: FieldError[], names: CustomResourceDefinitionNames): void {
  const path = "spec.names";
  for (const field of ["plural", "singular", "kind", "listKind"] as const) {
    checkPresent(errors, names[field], `${path}.${field}`);
  }
  for (const field of ["plural", "singular"] as const) {
    const value = names[field];
    if (value) checkJoined(errors, value, `${path}.${field}`, dns1035Label(value));
  }
  for (const field of ["kind", "listKind"] as const) {
    const value = names[field] ?? "";
    const messages = value === "" ? [] : dns1035Label(value.toLowerCase());
    if (messages.length === 0) continue;
    const detail = `may have mixed case, but should otherwise match: ${messages.join(",")}`;
    errors.push(invalid(`${path}.${field}`, value, detail));
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

/** One error with all messages in it. */
function checkJoined(errors: FieldError[], value: string, path: string, messages: readonly string[]): void {
  if (messages.length > 0) errors.push(invalid(path, value, messages.join(",")));
}

function checkVersions(errors: FieldError[], versions: CustomResourceDefinition["spec"]["versions"]): void {
  const path = "spec.versions";
  versions.forEach(({ name = "", schema }, i) => {
    checkJoined(errors, name, `${path}[${i}].name`, dns1035Label(name));
    if (!schema?.openAPIV3Schema) {
      errors.push(required(`${path}[${i}].schema.openAPIV3Schema`, "schemas are required"));
    }
  });
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(invalid(path, versions, "must contain unique version names"));
  }
  if (versions.filter((version) => version.storage).length !== 1) {
    errors.push(invalid(path, versions, "must have exactly one version marked as storage version"));
  }
}

function validate(next: CustomResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const { spec, metadata } = next;
  const name = metadata.name ?? "";
  if (name !== `${spec.names.plural ?? ""}.${spec.group ?? ""}`) {
    errors.push(invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (checkPresent(errors, spec.group, "spec.group")) {
    checkJoined(errors, spec.group, "spec.group", dns1123Subdomain(spec.group));
    if (!spec.group.includes("."))
      errors.push(invalid("spec.group", spec.group, "should be a domain with at least one dot"));
  }
  checkRequiredOneOf(errors, spec.scope, "spec.scope", ["Cluster", "Namespaced"]);
  checkVersions(errors, spec.versions ?? []);
  checkNames(errors, spec.names);
  if (spec.preserveUnknownFields) {
    errors.push(invalid("spec.preserveUnknownFields", true, "must be false in order to use defaults in the schema"));
  }
  return errors;
}

export const customResourceDefinition: Strategy<CustomResourceDefinition> = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults,
  prepareForCreate(next) {
    const stored = (next.spec.versions ?? []).filter((version) => version.storage).map((version) => version.name);
    next.status = { conditions: [], acceptedNames: { plural: "", kind: "" }, storedVersions: stored };
    return next;
  },
  prepareForUpdate(next, prev) {
    keepStatus(next, prev);
    const stored = next.status?.storedVersions ?? [];
    const added = (next.spec.versions ?? [])
      .filter((version) => version.storage && !stored.includes(version.name))
      .map((version) => version.name);
    // Once a version has been stored in, it stays listed until its objects have been migrated.
    if (added.length > 0) next.status = { ...next.status, storedVersions: [...stored, ...added] };
    return next;
  },
  subresources: { status: { prepareForUpdate: onlyStatusNoMetadata } },
  validate,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    const established = prev.status?.conditions?.some(
      ({ type, status }) => type === "Established" && status === "True",
    );
    checkImmutable(errors, next.spec.group, prev.spec.group, "spec.group");
    checkImmutable(errors, next.spec.names.plural, prev.spec.names.plural, "spec.names.plural");
    if (established) {
      checkImmutable(errors, next.spec.scope, prev.spec.scope, "spec.scope");
      checkImmutable(errors, next.spec.names.kind, prev.spec.names.kind, "spec.names.kind");
    }
    return errors;
  },
  row: (object) => [nameOf(object), object.metadata.creationTimestamp ?? null],
};
