/** What a claim asks for: a PersistentVolumeClaim's spec, also inside pods and StatefulSets. */
import { type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1123Label, dns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages, checkAnnotations, checkLabels, checkOneOf, checkPresent } from "../common/checks.ts";
import { checkPositiveQuantity } from "../common/quantities.ts";
import { checkSelector } from "../common/selectors.ts";
import { checkAccessModes, VOLUME_MODES } from "./access-modes.ts";
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from "./v1-types.ts";

export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= "Filesystem";
}

function checkDataSource(errors: FieldError[], source: TypedObjectReference, path: string): void {
  checkPresent(errors, source.name, `${path}.name`);
  checkPresent(errors, source.kind, `${path}.kind`);
  const group = source.apiGroup ?? "";
  if (group === "" && source.kind !== "PersistentVolumeClaim") {
    const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(invalid(path, source.kind, detail));
  }
  if (group !== "") addMessages(errors, `${path}.apiGroup`, group, dns1123Subdomain(group));
  if (source.namespace) addMessages(errors, `${path}.namespace`, source.namespace, dns1123Label(source.namespace));
}

function checkClassName(errors: FieldError[], name: string | undefined, path: string): void {
  if (name) addMessages(errors, path, name, dns1123Subdomain(name));
}

/** The older field says what the newer says, or nothing. */
function checkSourcesAgree(
  errors: FieldError[],
  dataSource: TypedLocalObjectReference,
  dataSourceRef: TypedObjectReference,
  path: string,
): void {
  if (dataSourceRef.namespace) {
    const detail = "may not be specified when dataSourceRef.namespace is specified";
    errors.push(invalid(path, `${path}.dataSource`, detail));
  } else if (
    dataSource.apiGroup !== dataSourceRef.apiGroup ||
    dataSource.kind !== dataSourceRef.kind ||
    dataSource.name !== dataSourceRef.name
  ) {
    errors.push(invalid(path, `${path}.dataSource`, "must match dataSourceRef"));
  }
}

export function checkClaimSpec(errors: FieldError[], spec: PersistentVolumeClaimSpec, path: string): void {
  const at = `${path}.accessModes`;
  if (!spec.accessModes?.length) errors.push(required(at, "at least 1 access mode is required"));
  checkSelector(errors, spec.selector, `${path}.selector`);
  checkAccessModes(errors, spec.accessModes, at);
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) errors.push(required(`${path}.resources[storage]`));
  else checkPositiveQuantity(errors, storage, `${path}.resources[storage]`);
  checkClassName(errors, spec.storageClassName, `${path}.storageClassName`);
  if (spec.volumeMode !== undefined) checkOneOf(errors, spec.volumeMode, `${path}.volumeMode`, VOLUME_MODES);
  const { dataSource, dataSourceRef } = spec;
  if (dataSource) checkDataSource(errors, dataSource, `${path}.dataSource`);
  if (dataSourceRef) checkDataSource(errors, dataSourceRef, `${path}.dataSourceRef`);
  if (dataSource && dataSourceRef) checkSourcesAgree(errors, dataSource, dataSourceRef, path);
  checkClassName(errors, spec.volumeAttributesClassName, `${path}.volumeAttributesClassName`);
}

/** The template of a claim inside a pod: only labels and annotations of its metadata are used. */
export function checkClaimTemplate(errors: FieldError[], template: PersistentVolumeClaimTemplate, path: string): void {
  const metadata = template.metadata ?? {};
  checkAnnotations(errors, metadata.annotations, `${path}.metadata.annotations`);
  checkLabels(errors, metadata.labels, `${path}.metadata.labels`);
  for (const field of Object.keys(metadata)) {
    const value = metadata[field as keyof typeof metadata];
    if (field !== "annotations" && field !== "labels" && value !== undefined && value !== null) {
      errors.push(fieldForbidden(`${path}.metadata.${field}`, "cannot be set"));
    }
  }
  checkClaimSpec(errors, template.spec, `${path}.spec`);
}
