/** PersistentVolumeClaim. Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/ */
import { type FieldError, fieldForbidden, required } from "../../machinery/meta/field-error.ts";
import { checkNonNegativeQuantity, compareTexts, showQuantity } from "../common/quantities.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { checkImmutable, same, without } from "../common/same.ts";
import { keepStatus, onlyStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { accessModesText } from "./access-modes.ts";
import { checkClaimSpec, defaultClaimSpec } from "./claim-spec.ts";
import { CLASS_ANNOTATION } from "./persistent-volume.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "./v1-types.ts";

function defaults(next: PersistentVolumeClaim): PersistentVolumeClaim {
  next.spec ??= {};
  defaultClaimSpec(next.spec);
  next.status ??= {};
  next.status.phase ||= "Pending";
  return next;
}

/** The older field knows these two kinds only; others are dropped from it without a word. */
const isOlderSource = ({ apiGroup = "", kind }: { apiGroup?: string; kind: string }): boolean =>
  (apiGroup === "" && kind === "PersistentVolumeClaim") ||
  (apiGroup === "snapshot.storage.k8s.io" && kind === "VolumeSnapshot");

/** dataSource and dataSourceRef say the same, whichever of them was set. */
function unifySources(spec: PersistentVolumeClaimSpec): void {
  if (spec.dataSourceRef?.namespace) return;
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSource) spec.dataSource = { ...spec.dataSourceRef };
}

const SIZE = "spec.resources.requests.storage";
const CHANGEABLE = ["volumeName", "storageClassName", "volumeAttributesClassName", "resources"];

/** What has to stay as it was. */
function changedBeyond(next: PersistentVolumeClaim, prev: PersistentVolumeClaim): boolean {
  const [now, before] = [next.spec, prev.spec];
  if (!same(without(now, CHANGEABLE), without(before, CHANGEABLE))) return true;
  // The binder names the volume, once.
  if (before.volumeName && now.volumeName !== before.volumeName) return true;
  const hadNoClass = before.storageClassName === undefined && !prev.metadata.annotations?.[CLASS_ANNOTATION];
  // A claim that waits for a class may be given one, as long as nothing is bound.
  if (now.storageClassName !== before.storageClassName && !(hadNoClass && !before.volumeName)) {
    const moved = prev.metadata.annotations?.[CLASS_ANNOTATION];
    if (before.storageClassName !== undefined || moved === undefined || now.storageClassName !== moved) return true;
  }
  if (prev.status?.phase !== "Bound") return !same(now.resources, before.resources);
  const rest = (spec: PersistentVolumeClaimSpec): object => ({
    ...spec.resources,
    requests: without(spec.resources?.requests ?? {}, ["storage"]),
  });
  return !same(rest(now), rest(before));
}

function updateErrors(next: PersistentVolumeClaim, prev: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  if (changedBeyond(next, prev)) {
    const exceptions = "resources.requests and volumeAttributesClassName for bound claims";
    errors.push(fieldForbidden("spec", `spec is immutable after creation except ${exceptions}`));
  }
  const size = next.spec.resources?.requests?.storage;
  if (compareTexts(size, prev.spec.resources?.requests?.storage) < 0) {
    const have = prev.status?.capacity?.storage;
    if (compareTexts(size, have) <= 0) errors.push(fieldForbidden(SIZE, "field can not be less than status.capacity"));
  }
  checkImmutable(errors, next.spec.volumeMode, prev.spec.volumeMode, "volumeMode");
  if (prev.spec.volumeAttributesClassName && !next.spec.volumeAttributesClassName) {
    const to = next.spec.volumeAttributesClassName === undefined ? "nil" : "an empty string";
    const detail = `update from non-nil value to ${to} is forbidden`;
    errors.push(fieldForbidden("spec.volumeAttributesClassName", detail));
  }
  return errors;
}

function statusErrors(next: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  if (!next.spec.accessModes?.length) errors.push(required("Spec.accessModes"));
  for (const field of ["capacity", "allocatedResources"] as const) {
    const amounts = next.status?.[field] ?? {};
    for (const name of Object.keys(amounts)) {
      checkNonNegativeQuantity(errors, amounts[name] ?? "", `status.${field}[${name}]`);
    }
  }
  return errors;
}

function row(object: PersistentVolumeClaim, nowMs: number): Cell[] {
  const { spec, status, metadata } = object;
  const bound = Boolean(spec.volumeName);
  return [
    nameOf(object),
    metadata.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
    spec.volumeName ?? "",
    bound ? showQuantity(status?.capacity?.storage) : "",
    bound ? accessModesText(status?.accessModes) : "",
    metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? "",
    spec.volumeAttributesClassName ?? "<unset>",
    age(object, nowMs),
    spec.volumeMode ?? "<unset>",
  ];
}

export const persistentVolumeClaim: Strategy<PersistentVolumeClaim> = {
  defaults,
  prepareForCreate(next) {
    next.status = { phase: "Pending" };
    const { spec } = next;
    if (spec.dataSource && !spec.dataSourceRef && !isOlderSource(spec.dataSource)) delete spec.dataSource;
    unifySources(spec);
    return next;
  },
  prepareForUpdate(next, prev) {
    keepStatus(next, prev);
    // A client that knows only one of the two fields must not seem to change the other.
    if (prev.spec.dataSource && prev.spec.dataSourceRef) unifySources(next.spec);
    return next;
  },
  subresources: { status: { prepareForUpdate: onlyStatus, validateUpdate: statusErrors } },
  validate({ spec }) {
    const errors: FieldError[] = [];
    checkClaimSpec(errors, spec, "spec");
    return errors;
  },
  validateUpdate: updateErrors,
  row,
};
