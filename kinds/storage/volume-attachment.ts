/**
 * VolumeAttachment.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/
 */
import { type FieldError, fieldForbidden, required } from "../../machinery/meta/field-error.ts";
import { checkSubdomain } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import { checkCsiDriverName } from "../core/pod-template/volumes-legacy.ts";
import type { Strategy } from "../kind.ts";
import type { VolumeAttachment } from "./v1-types.ts";

const EXACTLY_ONE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

function validate({ spec }: VolumeAttachment): FieldError[] {
  const errors: FieldError[] = [];
  checkCsiDriverName(errors, spec.attacher, "spec.attacher");
  const { inlineVolumeSpec, persistentVolumeName } = spec.source;
  if (inlineVolumeSpec && persistentVolumeName !== undefined) errors.push(fieldForbidden("spec.source", EXACTLY_ONE));
  else if (persistentVolumeName !== undefined) {
    const path = "spec.source.persistentVolumeName";
    if (persistentVolumeName === "") errors.push(required(path, "must specify non empty persistentVolumeName"));
    else checkSubdomain(errors, persistentVolumeName, path);
  } else if (!inlineVolumeSpec) errors.push(required("spec.source", EXACTLY_ONE));
  checkSubdomain(errors, spec.nodeName ?? "", "spec.nodeName");
  return errors;
}

export const volumeAttachment: Strategy<VolumeAttachment> = {
  allowUnconditionalUpdate: false,
  defaults(next) {
    next.spec ??= {} as VolumeAttachment["spec"];
    next.spec.source ??= {};
    return next;
  },
  ...separateStatus<VolumeAttachment>({ keepsMetadata: true, initial: () => ({ attached: false }) }),
  validate,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec, prev.spec, "spec");
    return errors;
  },
  row: (object, nowMs) => [
    nameOf(object),
    object.spec.attacher ?? "",
    object.spec.source.persistentVolumeName ?? "",
    object.spec.nodeName ?? "",
    object.status?.attached ?? false,
    age(object, nowMs),
  ],
};
