/** How volumes may be mounted. */
import { type FieldError, fieldForbidden } from "../../machinery/meta/field-error.ts";
import { checkOneOf } from "../common/checks.ts";

export const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"] as const;
export const VOLUME_MODES = ["Block", "Filesystem"] as const;

const SHORT: { [mode: string]: string } = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

/** `RWO,ROX`, in kubectl's order, each once. */
export const accessModesText = (modes: readonly string[] | undefined): string =>
  Object.keys(SHORT)
    .filter((mode) => modes?.includes(mode))
    .map((mode) => SHORT[mode])
    .join(",");

export function checkAccessModes(errors: FieldError[], modes: readonly string[] | undefined, path: string): void {
  for (const mode of modes ?? []) checkOneOf(errors, mode, path, ACCESS_MODES);
  const known = (modes ?? []).filter((mode) => (ACCESS_MODES as readonly string[]).includes(mode));
  if (known.includes("ReadWriteOncePod") && known.some((mode) => mode !== "ReadWriteOncePod")) {
    errors.push(fieldForbidden(path, "may not use ReadWriteOncePod with other access modes"));
  }
}
