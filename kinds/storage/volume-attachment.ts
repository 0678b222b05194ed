/**
 * VolumeAttachment.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/
 */
import { type FieldError, fieldForbidden, required, tooLong } from "../../machinery/meta/field-error.ts";
import { checkPresent, checkRange, checkSubdomain, MAX_INT32 } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import { checkInlineVolume } from "../core/persistent-volume.ts";
import { checkCsiDriverName } from "../core/pod-template/volumes-legacy.ts";
import type { Strategy } from "../kind.ts";
import type { VolumeAttachment, VolumeError } from "./v1-types.ts";

const VOLUME_NAME = "spec.source.persistentVolumeName";
const MAX_MESSAGE = 1024;
const MAX_METADATA = 256 * 1024;
const EXACTLY_ONE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

function specErrors({ spec }: VolumeAttachment): FieldError[] {
  const errors: FieldError[] = [];
  checkPresent(errors, spec.attacher, "spec.attacher");
  const { inlineVolumeSpec, persistentVolumeName: name } = spec.source;
  if (inlineVolumeSpec && name !== undefined) errors.push(fieldForbidden("spec.source", EXACTLY_ONE));
  else if (name === "") errors.push(required(VOLUME_NAME, "must specify non empty persistentVolumeName"));
  else if (inlineVolumeSpec) checkInlineVolume(errors, inlineVolumeSpec, "spec.source.inlineVolumeSpec");
  else if (name === undefined) errors.push(required("spec.source", EXACTLY_ONE));
  checkSubdomain(errors, spec.nodeName ?? "", "spec.nodeName");
  return errors;
}

function checkError(errors: FieldError[], error: VolumeError | undefined, path: string): void {
  if (!error) return;
  // Upstream's message names the other limit.
  if ((error.message ?? "").length > MAX_MESSAGE) errors.push(tooLong(`${path}.message`, MAX_METADATA));
  const code = error.errorCode;
  if (code !== undefined) checkRange(errors, code, `${path}.errorCode`, 0, MAX_INT32);
}

function statusErrors({ status }: VolumeAttachment): FieldError[] {
  const errors: FieldError[] = [];
  const entries = Object.entries(status?.attachmentMetadata ?? {});
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size > MAX_METADATA) errors.push(tooLong("status.attachmentMetadata", MAX_METADATA));
  checkError(errors, status?.attachError, "status.attachError");
  checkError(errors, status?.detachError, "status.detachError");
  return errors;
}

export const volumeAttachment: Strategy<VolumeAttachment> = {
  allowUnconditionalUpdate: false,
  defaults(next) {
    next.spec ??= {} as VolumeAttachment["spec"];
    next.spec.source ??= {};
    return next;
  },
  ...separateStatus<VolumeAttachment>({
    keepsMetadata: true,
    initial: () => ({ attached: false }),
    check: statusErrors,
  }),
  validate: specErrors,
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    if (spec.attacher) checkCsiDriverName(errors, spec.attacher, "spec.attacher");
    const name = spec.source.persistentVolumeName;
    if (name) checkSubdomain(errors, name, VOLUME_NAME);
    return errors;
  },
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
