/** PersistentVolumeClaim. Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/ */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { showQuantity } from "../common/quantities.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { keepStatus, onlyStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { accessModesText } from "./access-modes.ts";
import { checkClaimSpec, defaultClaimSpec } from "./claim-spec.ts";
import { claimChangeErrors, claimStatusErrors } from "./claim-update.ts";
import { CLASS_ANNOTATION } from "./persistent-volume.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "./v1-types.ts";

function defaults(next: PersistentVolumeClaim): PersistentVolumeClaim {
  next.spec ??= {};
  defaultClaimSpec(next.spec);
  next.status ??= {};
  next.status.phase ||= "Pending";
  return next;
}

/** The older field knows these two kinds only. */
const isOlderSource = ({ apiGroup = "", kind }: { apiGroup?: string; kind: string }): boolean =>
  (apiGroup === "" && kind === "PersistentVolumeClaim") ||
  (apiGroup === "snapshot.storage.k8s.io" && kind === "VolumeSnapshot");

/** dataSource and dataSourceRef say the same, whichever of them was set. Changes `spec`. */
function unifySources(spec: PersistentVolumeClaimSpec, prev: PersistentVolumeClaimSpec | undefined): void {
  // Sources in other namespaces are behind a gate that is off (CrossNamespaceVolumeDataSource).
  if (spec.dataSourceRef?.namespace && !prev?.dataSourceRef) delete spec.dataSourceRef;
  // Clients that know the older field only have always had other kinds dropped from it without a word.
  const isNew = spec.dataSource && !spec.dataSourceRef && !prev?.dataSource;
  if (isNew && spec.dataSource && !isOlderSource(spec.dataSource)) delete spec.dataSource;
  if (spec.dataSourceRef?.namespace) return;
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSource) {
    const { namespace: _none, ...source } = spec.dataSourceRef;
    spec.dataSource = source;
  }
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
    unifySources(next.spec, undefined);
    return next;
  },
  prepareForUpdate(next, prev) {
    unifySources(next.spec, prev.spec);
    return keepStatus(next, prev);
  },
  subresources: { status: { prepareForUpdate: onlyStatus, validateUpdate: claimStatusErrors } },
  validate({ spec }) {
    const errors: FieldError[] = [];
    checkClaimSpec(errors, spec, "spec");
    return errors;
  },
  validateUpdate: claimChangeErrors,
  row,
};
