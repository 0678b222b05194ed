/** What of a claim may change after it was made. */
import { type FieldError, fieldForbidden, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { qualifiedName } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import { checkAmount, compareTexts } from "../common/quantities.ts";
import { checkImmutable, same } from "../common/same.ts";
import { CLASS_ANNOTATION } from "./persistent-volume.ts";
import { isNative } from "./pod-template/resource-names.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "./v1-types.ts";

const SIZE = "spec.resources.requests.storage";
const ATTRIBUTES = "spec.volumeAttributesClassName";

const annotatedClass = ({ metadata }: PersistentVolumeClaim): string | undefined =>
  metadata.annotations?.[CLASS_ANNOTATION];

/** The class moves from where it stood before 1.6 to its field. */
function movesClass(next: PersistentVolumeClaim, prev: PersistentVolumeClaim): boolean {
  const old = annotatedClass(prev);
  const kept = annotatedClass(next);
  return (
    old !== undefined &&
    prev.spec.storageClassName === undefined &&
    next.spec.storageClassName === old &&
    (kept === undefined || kept === old)
  );
}

/** A claim without a class may be given one, once. */
function findsClass(next: PersistentVolumeClaim, prev: PersistentVolumeClaim): boolean {
  const { storageClassName: chosen } = next.spec;
  const old = annotatedClass(prev);
  return chosen !== undefined && prev.spec.storageClassName === undefined && (old === undefined || chosen === old);
}

/** The spec as it would be without the changes that are allowed. */
function withoutAllowed(next: PersistentVolumeClaim, prev: PersistentVolumeClaim): PersistentVolumeClaimSpec {
  const { spec } = prev;
  const result = { ...next.spec };
  const restore = <K extends keyof PersistentVolumeClaimSpec>(field: K): void => {
    if (spec[field] === undefined) delete result[field];
    else result[field] = spec[field];
  };
  // The binder names the volume.
  if (!spec.volumeName) restore("volumeName");
  if (movesClass(next, prev) || findsClass(next, prev)) restore("storageClassName");
  if (next.status?.phase !== "Bound") return result;
  const storage = spec.resources?.requests?.storage;
  const requests = result.resources?.requests;
  if (requests && storage !== undefined) result.resources = { ...result.resources, requests: { ...requests, storage } };
  restore("volumeAttributesClassName");
  return result;
}

export function claimChangeErrors(next: PersistentVolumeClaim, prev: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  const [kept = "", old = ""] = [annotatedClass(next), annotatedClass(prev)];
  if (kept !== old && !movesClass(next, prev)) {
    errors.push(invalid(`metadata.annotations.${CLASS_ANNOTATION}`, kept, "field is immutable"));
  }
  if (!same(withoutAllowed(next, prev), prev.spec)) {
    const exceptions = "resources.requests and volumeAttributesClassName for bound claims";
    errors.push(fieldForbidden("spec", `spec is immutable after creation except ${exceptions}`));
  }
  const size = next.spec.resources?.requests?.storage;
  const isSmaller = compareTexts(size, prev.spec.resources?.requests?.storage) < 0;
  if (isSmaller && compareTexts(size, prev.status?.capacity?.storage) <= 0) {
    errors.push(fieldForbidden(SIZE, "field can not be less than status.capacity"));
  }
  checkImmutable(errors, next.spec.volumeMode, prev.spec.volumeMode, "volumeMode");
  // A class of attributes that was applied cannot be undone.
  const { volumeAttributesClassName: attributes } = next.spec;
  if (
    !attributes &&
    attributes !== prev.spec.volumeAttributesClassName &&
    prev.status?.currentVolumeAttributesClassName
  ) {
    const to = attributes === undefined ? "nil" : "empty string";
    const detail = `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`;
    errors.push(fieldForbidden(ATTRIBUTES, detail));
  }
  return errors;
}

const RESIZE_STATES = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
  "NodeResizePending",
];

/** What is resized: of the resources without a domain only storage. */
function checkResource(errors: FieldError[], name: string, path: string): boolean {
  const messages = qualifiedName(name);
  addMessages(errors, path, name, messages);
  if (messages.length > 0) return false;
  if (!isNative(name) || name === "storage") return true;
  errors.push(notSupported(path, name, ["storage"]));
  return false;
}

export function claimStatusErrors({ spec, status = {} }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec.accessModes?.length) errors.push(required("Spec.accessModes"));
  const { capacity = {}, allocatedResourceStatuses: states = {}, allocatedResources: amounts = {} } = status;
  for (const name of Object.keys(capacity)) checkAmount(errors, capacity[name] ?? "", `status.capacity[${name}]`);
  for (const name of Object.keys(states)) {
    const path = "status.allocatedResourceStatuses";
    checkResource(errors, name, path);
    // The message names the resource, as upstream's does.
    if (!RESIZE_STATES.includes(states[name] ?? "")) errors.push(notSupported(path, name, RESIZE_STATES));
  }
  for (const name of Object.keys(amounts)) {
    const path = "status.allocatedResources";
    if (checkResource(errors, name, path)) checkAmount(errors, amounts[name] ?? "", `${path}[${name}]`);
  }
  return errors;
}
