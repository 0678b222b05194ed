/** Where a persistent volume's data lies: one source of many. */
import { type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { checkLabel, checkPresent, checkSubdomain } from "../common/checks.ts";
import { checkNoBacksteps } from "../common/paths.ts";
import { checkHostPath, sourcePath, surplusPath } from "./pod-template/volumes.ts";
import {
  checkCsiDriverName,
  checkIscsiLength,
  persistentIscsi,
  SHARED_SOURCES,
} from "./pod-template/volumes-legacy.ts";
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

/** The fields of a spec that are sources, in the order in which upstream looks for a second one. */
const SOURCES = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
];

function checkSource(errors: FieldError[], spec: PersistentVolumeSpec, field: string, path: string): void {
  if (field === "hostPath" && spec.hostPath) checkHostPath(errors, spec.hostPath, path);
  else if (field === "csi" && spec.csi) checkCsi(errors, spec.csi, path);
  else if (field === "local" && spec.local) {
    if (checkPresent(errors, spec.local.path, `${path}.path`)) {
      checkNoBacksteps(errors, spec.local.path, `${path}.path`);
    }
  } else {
    const source = spec[field as keyof PersistentVolumeSpec] as unknown as { [field: string]: unknown };
    const check = field === "iscsi" ? persistentIscsi : SHARED_SOURCES[field];
    check?.(errors, source, path);
    if (field === "azureFile" && source.secretNamespace === "") errors.push(required(`${path}.secretNamespace`));
    if (field === "cinder" || field === "storageos") checkSecretNamespace(errors, source.secretRef, path);
    if (field === "glusterfs") checkEndpointsNamespace(errors, source.endpointsNamespace, path);
  }
}

/** Persistent volumes lie in no namespace, so what they refer to has to say its own. */
function checkSecretNamespace(errors: FieldError[], ref: unknown, path: string): void {
  if (ref) checkPresent(errors, (ref as SecretReference).namespace, `${path}.secretRef.namespace`);
}

function checkEndpointsNamespace(errors: FieldError[], namespace: unknown, path: string): void {
  const at = `${path}.endpointsNamespace`;
  if (namespace === "") {
    errors.push(invalid(at, "", "if the endpointnamespace is set, it must be a valid namespace name"));
  } else if (namespace !== undefined) checkLabel(errors, namespace as string, at);
}

export function checkVolumeSource(
  errors: FieldError[],
  spec: PersistentVolumeSpec,
  { path, name }: { path: string; name: string },
): void {
  const found = SOURCES.filter((field) => spec[field as keyof PersistentVolumeSpec] !== undefined);
  found.forEach((field, i) => {
    if (i === 0) checkSource(errors, spec, field, `${path}.${sourcePath(field)}`);
    else errors.push(fieldForbidden(`${path}.${surplusPath(field)}`, "may not specify more than 1 volume type"));
  });
  if (found.length === 0) errors.push(required(path, "must specify a volume type"));
  if (!spec.iscsi || found[0] !== "iscsi") return;
  checkIscsiLength(errors, spec.iscsi, { name, path: `${path}.iscsi.targetportal`, shown: spec.iscsi.targetPortal });
}

/** The sources alone, without what says how the volume is used. */
export function volumeSource(spec: PersistentVolumeSpec): { [field: string]: unknown } {
  const source: { [field: string]: unknown } = {};
  for (const field of Object.keys(spec)) {
    if (SOURCES.includes(field)) source[field] = spec[field as keyof PersistentVolumeSpec];
  }
  return source;
}
