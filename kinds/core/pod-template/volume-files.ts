/** Files that volumes make of keys and fields. */
import { type FieldError, invalid, required } from "../../../machinery/meta/field-error.ts";
import { checkPresent } from "../../common/checks.ts";
import { checkVolumeFilePath } from "../../common/paths.ts";
import type { DownwardAPIVolumeFile, KeyToPath } from "../v1-types.ts";
import { checkFieldRef, checkResourceFieldRef, VOLUME_FIELDS } from "./field-refs.ts";

export function checkFileMode(errors: FieldError[], mode: number | undefined, path: string): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) {
    errors.push(invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive"));
  }
}

export function checkKeyToPath(errors: FieldError[], item: KeyToPath, path: string): void {
  checkPresent(errors, item.key, `${path}.key`);
  checkPresent(errors, item.path, `${path}.path`);
  checkVolumeFilePath(errors, item.path ?? "", `${path}.path`);
  checkFileMode(errors, item.mode, `${path}.mode`);
}

/** `path` is the list's: upstream's errors do not say which file. */
export function checkDownwardFile(errors: FieldError[], file: DownwardAPIVolumeFile, path: string): void {
  checkPresent(errors, file.path, `${path}.path`);
  checkVolumeFilePath(errors, file.path ?? "", `${path}.path`);
  if (file.fieldRef) {
    checkFieldRef(errors, file.fieldRef, `${path}.fieldRef`, VOLUME_FIELDS);
    if (file.resourceFieldRef) {
      errors.push(invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
    }
  } else if (file.resourceFieldRef) {
    checkResourceFieldRef(errors, file.resourceFieldRef, `${path}.resourceFieldRef`, { named: true });
  } else errors.push(required(path, "one of fieldRef and resourceFieldRef is required"));
  checkFileMode(errors, file.mode, `${path}.mode`);
}
