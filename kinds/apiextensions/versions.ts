/**
 * The versions of a custom resource. What all of them have in common upstream lifts to the spec while it validates,
 * and its errors name it there: a definition of one version has its columns at "spec.additionalPrinterColumns".
 * Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation and its v1 conversions.
 */
import { type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1035Label } from "../../machinery/meta/names.ts";
import { checkPresent } from "../common/checks.ts";
import { same } from "../common/same.ts";
import { checkJoined } from "./names.ts";
import { checkSelectableFields, selectsAsBefore } from "./selectable-fields.ts";
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from "./v1-types.ts";

type Version = CustomResourceDefinitionVersion;

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
const MAX_WARNING_BYTES = 256;
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

function checkDeprecationWarning(errors: FieldError[], { deprecated, deprecationWarning }: Version, at: string): void {
  if (deprecationWarning === undefined) return;
  const path = `${at}.deprecationWarning`;
  const wrong = (detail: string): number => errors.push(invalid(path, deprecationWarning, detail));
  if (!deprecated) {
    wrong("can only be set for deprecated versions");
    return;
  }
  const bytes = (text: string): number => new TextEncoder().encode(text).length;
  if (bytes(deprecationWarning) > MAX_WARNING_BYTES) wrong("must be <= 256 characters long");
  if (deprecationWarning === "") wrong("must not be an empty string");
  const found = UNPRINTABLE.exec(deprecationWarning);
  if (found) {
    const index = bytes(deprecationWarning.slice(0, found.index));
    wrong(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`);
  }
}

/** A path of names after dots. What begins with none of `roots` is elsewhere. */
function checkPath(errors: FieldError[], value: string, path: string, roots: readonly string[], where: string): void {
  if (!value.startsWith(".")) errors.push(invalid(path, value, "must be a simple json path starting with ."));
  else if (!roots.some((root) => value.startsWith(root))) {
    errors.push(invalid(path, value, `should be a json path under ${where}`));
  }
}

function checkSubresources(errors: FieldError[], { scale }: CustomResourceSubresources, at: string): void {
  if (!scale) return;
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  if (checkPresent(errors, specReplicasPath, `${at}.scale.specReplicasPath`)) {
    checkPath(errors, specReplicasPath, `${at}.scale.specReplicasPath`, [".spec."], ".spec");
  }
  if (checkPresent(errors, statusReplicasPath, `${at}.scale.statusReplicasPath`)) {
    checkPath(errors, statusReplicasPath, `${at}.scale.statusReplicasPath`, [".status."], ".status");
  }
  if (labelSelectorPath) {
    const roots = [".spec.", ".status."];
    checkPath(errors, labelSelectorPath, `${at}.scale.labelSelectorPath`, roots, "either .spec or .status");
  }
}

function checkColumn(errors: FieldError[], column: CustomResourceColumnDefinition, path: string): void {
  const { name, type, format, jsonPath } = column;
  checkPresent(errors, name, `${path}.name`);
  const types = `must be one of ${COLUMN_TYPES.join(",")}`;
  if (checkPresent(errors, type, `${path}.type`, types) && !COLUMN_TYPES.includes(type)) {
    errors.push(invalid(`${path}.type`, type, types));
  }
  if (format && !COLUMN_FORMATS.includes(format)) {
    errors.push(invalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(",")}`));
  }
  if (checkPresent(errors, jsonPath, `${path}.JSONPath`)) checkPath(errors, jsonPath, `${path}.JSONPath`, ["."], "");
}

/** Checks of the parts of a version that may be lifted, in upstream's order. Each pushes errors for one version. */
type Part = (errors: FieldError[], version: Version, at: string) => void;

const parts = (prev: readonly Version[] | undefined): { [field in keyof Version]?: Part } => ({
  schema(errors, { schema }, at) {
    if (!schema?.openAPIV3Schema?.nullable) return;
    errors.push(fieldForbidden(`${at}.openAPIV3Schema.nullable`, "nullable cannot be true at the root"));
  },
  subresources(errors, { subresources }, at) {
    if (subresources) checkSubresources(errors, subresources, at);
  },
  additionalPrinterColumns(errors, { additionalPrinterColumns }, at) {
    additionalPrinterColumns?.forEach((column, i) => {
      checkColumn(errors, column, `${at}[${i}]`);
    });
  },
  selectableFields(errors, version, at) {
    const { selectableFields = [], schema } = version;
    if (selectableFields.length === 0 || !schema?.openAPIV3Schema) return;
    checkSelectableFields(errors, selectableFields, schema.openAPIV3Schema, at, selectsAsBefore(version, prev));
  },
});

const LIFTED: { readonly [field: string]: string } = { schema: "validation" };

/** `lifted` gets what is wrong with what all versions share, which comes after the names. */
export function checkVersions(
  errors: FieldError[],
  lifted: FieldError[],
  versions: readonly Version[],
  prev: readonly Version[] | undefined,
): void {
  const path = "spec.versions";
  versions.forEach(({ schema }, i) => {
    if (schema?.openAPIV3Schema) return;
    errors.push(required(`${path}[${i}].schema.openAPIV3Schema`, "schemas are required"));
  });
  const [first] = versions;
  const checks = Object.entries(parts(prev)) as [keyof Version, Part][];
  const isShared = ([field]: [keyof Version, Part]): boolean =>
    versions.every((version) => same(version[field], first?.[field]));
  const separate = checks.filter((check) => !isShared(check));
  versions.forEach((version, i) => {
    const at = `${path}[${i}]`;
    checkJoined(errors, version.name ?? "", `${at}.name`, dns1035Label(version.name ?? ""));
    checkDeprecationWarning(errors, version, at);
    for (const [field, check] of separate) check(errors, version, `${at}.${field}`);
  });
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(invalid(path, versions, "must contain unique version names"));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(invalid(path, versions, "must have exactly one version marked as storage version"));
  }
  if (!first) return;
  // Go's `spec.version`, which v1 shows no longer, is the first version's name.
  if (first.name) checkJoined(errors, first.name, "spec.version", dns1035Label(first.name));
  for (const [field, check] of checks) {
    if (!separate.some(([name]) => name === field)) check(lifted, first, `spec.${LIFTED[field] ?? field}`);
  }
}

/** Versions in which objects are stored, or once were. */
export function checkStoredVersions(
  errors: FieldError[],
  stored: readonly string[],
  versions: readonly Version[],
): void {
  const path = "status.storedVersions";
  if (stored.length === 0) {
    errors.push(invalid(path, stored, "must have at least one stored version"));
    return;
  }
  for (const { name, storage } of versions) {
    if (storage && !stored.includes(name)) errors.push(invalid(path, stored, `must have the storage version ${name}`));
  }
  stored.forEach((name, i) => {
    if (versions.some((version) => version.name === name)) return;
    const detail = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    errors.push(invalid(`${path}[${i}]`, name, detail));
  });
}
