/** Where a persistent volume's data lies: one source of many. */
import { type FieldError, fieldForbidden, required } from "../../machinery/meta/field-error.ts";
import { checkLabel, checkPresent, checkSubdomain } from "../common/checks.ts";
import { checkNoBacksteps } from "../common/paths.ts";
import { checkHostPath } from "./pod-template/volumes.ts";
import { checkCsiDriverName, SHARED_SOURCES } from "./pod-template/volumes-legacy.ts";
import type { CSIPersistentVolumeSource, PersistentVolumeSpec, SecretReference } from "./v1-types.ts";

const SECRETS = [
  "controllerPublishSecretRef",
  "controllerExpandSecretRef",
  "nodePublishSecretRef",
  "nodeExpandSecretRef",
] as const;

function checkSecret(errors: FieldError[], secret: SecretReference | undefined, path: string): void {
  if (!secret) return;
  if (checkPresent(errors, secret.name, `${path}.name`)) checkSubdomain(errors, secret.name, `${path}.name`);
  if (checkPresent(errors, secret.namespace, `${path}.namespace`)) {
    checkLabel(errors, secret.namespace, `${path}.namespace`);
  }
}

function checkCsi(errors: FieldError[], source: CSIPersistentVolumeSource, path: string): void {
  checkCsiDriverName(errors, source.driver, `${path}.driver`);
  checkPresent(errors, source.volumeHandle, `${path}.volumeHandle`);
  for (const field of SECRETS) checkSecret(errors, source[field], `${path}.${field}`);
}

/** The fields of a spec that are sources; the others say how the volume is used. */
const SOURCES = new Set([...Object.keys(SHARED_SOURCES), "hostPath", "local", "csi"]);

function checkSource(errors: FieldError[], spec: PersistentVolumeSpec, field: string, path: string): void {
  if (field === "hostPath" && spec.hostPath) checkHostPath(errors, spec.hostPath, path);
  else if (field === "csi" && spec.csi) checkCsi(errors, spec.csi, path);
  else if (field === "local" && spec.local) {
    if (checkPresent(errors, spec.local.path, `${path}.path`)) {
      checkNoBacksteps(errors, spec.local.path, `${path}.path`);
    }
  } else {
    const source = spec[field as keyof PersistentVolumeSpec] as unknown as { [field: string]: unknown };
    SHARED_SOURCES[field]?.(errors, source, path);
  }
}

export function checkVolumeSource(errors: FieldError[], spec: PersistentVolumeSpec, path: string): void {
  let count = 0;
  for (const field of Object.keys(spec)) {
    if (!SOURCES.has(field) || spec[field as keyof PersistentVolumeSpec] === undefined) continue;
    const at = `${path}.${field}`;
    if (count++ > 0) errors.push(fieldForbidden(at, "may not specify more than 1 volume type"));
    else checkSource(errors, spec, field, at);
  }
  if (count === 0) errors.push(required(path, "must specify a volume type"));
}

/** The sources alone, without what says how the volume is used. */
export function volumeSource(spec: PersistentVolumeSpec): { [field: string]: unknown } {
  const source: { [field: string]: unknown } = {};
  for (const field of Object.keys(spec)) {
    if (SOURCES.has(field)) source[field] = spec[field as keyof PersistentVolumeSpec];
  }
  return source;
}
