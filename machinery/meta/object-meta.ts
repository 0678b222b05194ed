/**
 * Validation of metadata, common to all kinds.
 * Source: k8s.io/apimachinery/pkg/api/validation (rules and messages).
 */
import { deepEqual } from "./equality.ts";
import { type FieldError, fieldForbidden, invalid, required, tooLong } from "./field-error.ts";
import { dns1123Label, dns1123Subdomain, qualifiedName } from "./names.ts";
import type { ObjectMeta, OwnerReference } from "./object.ts";
import { labelsErrors } from "./selector.ts";

/** Keys and values of all annotations together. */
const MAX_ANNOTATION_BYTES = 256 * 1024;
const MAX_MANAGER_BYTES = 128;
const MAX_SUBRESOURCE_BYTES = 256;
const STANDARD_FINALIZERS = new Set(["kubernetes", "orphan", "foregroundDeletion"]);
const encoder = new TextEncoder();

const byteLength = (text: string): number => encoder.encode(text).byteLength;

export interface ObjectMetaRules {
  namespaced: boolean;
  /** Messages about a name, as from meta/names.ts. Default: DNS-1123 subdomain. */
  nameErrors?: ((name: string) => string[]) | undefined;
}

/** Rules for metadata of an object about to be created (name already generated). */
export function objectMetaErrors(meta: ObjectMeta, { namespaced, nameErrors }: ObjectMetaRules): FieldError[] {
  const check = nameErrors ?? dns1123Subdomain;
  const errors: FieldError[] = [];
  if (meta.generateName) {
    // Something follows the prefix, so that it may end in a dash.
    const probe = meta.generateName.replace(/-$/, "a");
    for (const message of check(probe)) errors.push(invalid("metadata.generateName", meta.generateName, message));
  }
  if (!meta.name) errors.push(required("metadata.name", "name or generateName is required"));
  else for (const message of check(meta.name)) errors.push(invalid("metadata.name", meta.name, message));
  if (!namespaced) {
    if (meta.namespace) errors.push(fieldForbidden("metadata.namespace", "not allowed on this type"));
  } else if (!meta.namespace) {
    errors.push(required("metadata.namespace"));
  } else {
    for (const message of dns1123Label(meta.namespace)) {
      errors.push(invalid("metadata.namespace", meta.namespace, message));
    }
  }
  errors.push(...sharedErrors(meta));
  return errors;
}

/** What holds of metadata at creation and at every update. */
function sharedErrors(meta: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if ((meta.generation ?? 0) < 0) {
    errors.push(invalid("metadata.generation", meta.generation, "must be greater than or equal to 0"));
  }
  if (meta.labels) errors.push(...labelsErrors(meta.labels, "metadata.labels"));
  if (meta.annotations) errors.push(...annotationsErrors(meta.annotations, "metadata.annotations"));
  if (meta.ownerReferences) errors.push(...ownerReferencesErrors(meta.ownerReferences));
  if (meta.finalizers) errors.push(...finalizersErrors(meta.finalizers));
  if (meta.managedFields) errors.push(...managedFieldsErrors(meta.managedFields));
  return errors;
}

export function annotationsErrors(annotations: { [key: string]: string }, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    // The rule is that of label keys, but capitals are allowed in the prefix.
    for (const message of qualifiedName(key.toLowerCase())) errors.push(invalid(path, key, message));
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > MAX_ANNOTATION_BYTES) errors.push(tooLong(path, MAX_ANNOTATION_BYTES));
  return errors;
}

function ownerReferencesErrors(references: readonly OwnerReference[]): FieldError[] {
  const path = "metadata.ownerReferences";
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    const { apiVersion = "", kind = "", name = "", uid = "" } = reference as Partial<OwnerReference>;
    if (apiVersion === "" || apiVersion.endsWith("/")) {
      errors.push(invalid(`${path}.apiVersion`, apiVersion, "version must not be empty"));
    }
    if (kind === "") errors.push(invalid(`${path}.kind`, kind, "must not be empty"));
    if (name === "") errors.push(invalid(`${path}.name`, name, "must not be empty"));
    if (uid === "") errors.push(invalid(`${path}.uid`, uid, "must not be empty"));
    if (apiVersion === "v1" && kind === "Event") {
      errors.push(invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (!reference.controller) continue;
    const current = `${kind}/${name}`;
    if (controller === undefined) {
      controller = current;
    } else {
      errors.push(
        invalid(
          path,
          references,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`,
        ),
      );
    }
  }
  return errors;
}

function finalizersErrors(finalizers: readonly string[]): FieldError[] {
  const path = "metadata.finalizers";
  const errors: FieldError[] = [];
  for (const [i, finalizer] of finalizers.entries()) {
    for (const message of qualifiedName(finalizer)) errors.push(invalid(path, finalizer, message));
    if (!finalizer.includes("/") && !STANDARD_FINALIZERS.has(finalizer)) {
      errors.push(
        invalid(`${path}[${i}]`, finalizer, "name is neither a standard finalizer name nor is it fully qualified"),
      );
    }
  }
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(invalid(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  }
  return errors;
}

function managedFieldsErrors(entries: NonNullable<ObjectMeta["managedFields"]>): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, entry] of entries.entries()) {
    const path = `metadata.managedFields[${i}]`;
    if (entry.operation !== "Apply" && entry.operation !== "Update") {
      errors.push(invalid(`${path}.operation`, entry.operation ?? "", "must be `Apply` or `Update`"));
    }
    if (entry.fieldsType && entry.fieldsType !== "FieldsV1") {
      errors.push(invalid(`${path}.fieldsType`, entry.fieldsType, "must be `FieldsV1`"));
    }
    errors.push(...fieldManagerErrors(entry.manager ?? "", `${path}.manager`));
    if (byteLength(entry.subresource ?? "") > MAX_SUBRESOURCE_BYTES) {
      errors.push(tooLong(`${path}.subresource`, MAX_SUBRESOURCE_BYTES));
    }
  }
  return errors;
}

const NOT_PRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

/** Of the query parameter fieldManager, and of managedFields. */
export function fieldManagerErrors(manager: string, path: string): FieldError[] {
  if (byteLength(manager) > MAX_MANAGER_BYTES) return [tooLong(path, MAX_MANAGER_BYTES)];
  const bad = NOT_PRINTABLE.exec(manager);
  if (!bad) return [];
  const code = bad[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  const position = byteLength(manager.slice(0, bad.index));
  return [invalid(path, manager, `invalid character U+${code} (at position ${position})`)];
}

const IMMUTABLE_FIELDS = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/**
 * Rules for metadata of an update. Server-set fields that `next` leaves out count as unchanged: the verb fills them in.
 */
export function objectMetaUpdateErrors(next: ObjectMeta, prev: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (prev.deletionTimestamp !== undefined) {
    const known = new Set(prev.finalizers);
    const added = (next.finalizers ?? []).filter((finalizer) => !known.has(finalizer)).sort();
    if (added.length > 0) {
      const list = added.map((finalizer) => JSON.stringify(finalizer)).join(", ");
      errors.push(
        fieldForbidden(
          "metadata.finalizers",
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
        ),
      );
    }
  }
  if (next.generation !== undefined && next.generation < (prev.generation ?? 0)) {
    errors.push(invalid("metadata.generation", next.generation, "must not be decremented"));
  }
  for (const field of IMMUTABLE_FIELDS) {
    if (next[field] !== undefined && !deepEqual(next[field], prev[field])) {
      errors.push(invalid(`metadata.${field}`, next[field], "field is immutable"));
    }
  }
  errors.push(...sharedErrors(next));
  return errors;
}
