/** Checks of file paths in pods and volumes. */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";

export function checkNoBacksteps(errors: FieldError[], value: string, path: string): void {
  if (value.includes("..") && value.split("/").includes("..")) {
    errors.push(invalid(path, value, "must not contain '..'"));
  }
}

/** Relative, and never above where it starts. */
export function checkDescendingPath(errors: FieldError[], value: string, path: string): void {
  if (value.startsWith("/")) errors.push(invalid(path, value, "must be a relative path"));
  checkNoBacksteps(errors, value, path);
}

/** A descending path that does not begin with "..", which the atomic writer of volumes keeps for itself. */
export function checkVolumeFilePath(errors: FieldError[], value: string, path: string): void {
  checkDescendingPath(errors, value, path);
  if (value.startsWith("..") && !value.startsWith("../")) {
    errors.push(invalid(path, value, "must not start with '..'"));
  }
}
