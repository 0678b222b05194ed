/** The pod's volumes. Sources that Kubernetes keeps for history's sake are in volumes-legacy.ts. */
import { duplicate, type FieldError, fieldForbidden, invalid, required } from "../../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../../machinery/meta/names.ts";
import { checkLabel, checkOneOf, checkPresent, checkRequiredOneOf } from "../../common/checks.ts";
import { checkNoBacksteps } from "../../common/paths.ts";
import { readQuantity } from "../../common/quantities.ts";
import { checkClaimTemplate } from "../claim-spec.ts";
import type { ConfigMapVolumeSource, HostPathVolumeSource, SecretVolumeSource, Volume } from "../v1-types.ts";
import { checkDownwardFile, checkFileMode, checkKeyToPath } from "./volume-files.ts";
import { checkIscsiLength, LEGACY_SOURCES } from "./volumes-legacy.ts";
import { checkProjected } from "./volumes-projected.ts";

export interface VolumeContext {
  /** Of a real pod; in templates there is none yet. */
  podName: string | undefined;
  isPod: boolean;
}

type SourceCheck = (errors: FieldError[], volume: Volume, path: string, context: VolumeContext) => void;

function checkItems(errors: FieldError[], source: SecretVolumeSource | ConfigMapVolumeSource, path: string): void {
  checkFileMode(errors, source.defaultMode, `${path}.defaultMode`);
  source.items?.forEach((item, i) => {
    checkKeyToPath(errors, item, `${path}.items[${i}]`);
  });
}

const HOST_PATH_TYPES = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

export function checkHostPath(errors: FieldError[], source: HostPathVolumeSource, path: string): void {
  if (!checkPresent(errors, source.path, `${path}.path`)) return;
  checkNoBacksteps(errors, source.path, `${path}.path`);
  if (source.type !== undefined) checkOneOf(errors, source.type, `${path}.type`, HOST_PATH_TYPES);
}

const SOURCES: { [field: string]: SourceCheck } = {
  emptyDir(errors, { emptyDir }, path) {
    if (emptyDir?.sizeLimit === undefined) return;
    const size = readQuantity(errors, emptyDir.sizeLimit, `${path}.sizeLimit`);
    if (size !== undefined && size < 0n) {
      errors.push(fieldForbidden(`${path}.sizeLimit`, "SizeLimit field must be a valid resource quantity"));
    }
  },
  hostPath: (errors, { hostPath }, path) => hostPath && checkHostPath(errors, hostPath, path),
  secret(errors, { secret }, path) {
    checkPresent(errors, secret?.secretName, `${path}.secretName`);
    if (secret) checkItems(errors, secret, path);
  },
  persistentVolumeClaim(errors, { persistentVolumeClaim }, path) {
    checkPresent(errors, persistentVolumeClaim?.claimName, `${path}.claimName`);
  },
  downwardAPI(errors, { downwardAPI }, path) {
    checkFileMode(errors, downwardAPI?.defaultMode, `${path}.defaultMode`);
    for (const file of downwardAPI?.items ?? []) checkDownwardFile(errors, file, path);
  },
  configMap(errors, { configMap }, path) {
    checkPresent(errors, configMap?.name, `${path}.name`);
    if (configMap) checkItems(errors, configMap, path);
  },
  projected: (errors, { projected }, path) => projected && checkProjected(errors, projected, path),
  ephemeral(errors, volume, path, { podName }) {
    const template = volume.ephemeral?.volumeClaimTemplate;
    if (!template) errors.push(required(`${path}.volumeClaimTemplate`));
    else checkClaimTemplate(errors, template, `${path}.volumeClaimTemplate`);
    if (!podName || !volume.name) return;
    const claim = `${podName}-${volume.name}`;
    const at = `${path.slice(0, path.lastIndexOf("."))}.name`;
    for (const message of dns1123Subdomain(claim)) {
      errors.push(invalid(at, volume.name, `PVC name ${JSON.stringify(claim)}: ${message}`));
    }
  },
  image(errors, { image }, path, { isPod }) {
    if (isPod) checkPresent(errors, image?.reference, `${path}.reference`);
    checkRequiredOneOf(errors, image?.pullPolicy, `${path}.pullPolicy`, ["Always", "IfNotPresent", "Never"]);
  },
  ...LEGACY_SOURCES,
};

/** In the order in which upstream looks for a second source. */
const ORDER = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "quobyte",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
  "image",
];

/** What upstream calls a source in its errors, where that is not the field's name. */
const CHECKED_AS: { readonly [field: string]: string } = { gcePersistentDisk: "persistentDisk" };
const SURPLUS_AS: { readonly [field: string]: string } = { cephfs: "cephFS", downwardAPI: "downwarAPI" };

/** What the errors about a source have for a path below that of the volume. */
export const sourcePath = (field: string): string => CHECKED_AS[field] ?? field;
export const surplusPath = (field: string): string => SURPLUS_AS[field] ?? field;

function checkSource(errors: FieldError[], volume: Volume, path: string, context: VolumeContext): void {
  const found = Object.keys(volume).filter(
    (field) => Object.hasOwn(SOURCES, field) && volume[field as keyof Volume] !== undefined,
  );
  if (found.length > 1) found.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  found.forEach((field, i) => {
    if (i === 0) SOURCES[field]?.(errors, volume, `${path}.${sourcePath(field)}`, context);
    else errors.push(fieldForbidden(`${path}.${surplusPath(field)}`, "may not specify more than 1 volume type"));
  });
  if (found.length === 0) errors.push(required(path, "must specify a volume type"));
  if (volume.iscsi) checkIscsiLength(errors, volume.iscsi, { name: volume.name ?? "", path: `${path}.name` });
}

/** Returns the good volumes by name, for the mounts to refer to. */
export function checkVolumes(
  errors: FieldError[],
  volumes: readonly Volume[] | undefined,
  path: string,
  context: VolumeContext,
): Map<string, Volume> {
  const good = new Map<string, Volume>();
  if (!volumes) return good;
  const created = new Set(
    context.podName ? volumes.filter((v) => v.ephemeral).map((v) => `${context.podName}-${v.name}`) : [],
  );
  volumes.forEach((volume, i) => {
    const item = `${path}[${i}]`;
    const before = errors.length;
    checkSource(errors, volume, item, context);
    if (!volume.name) errors.push(required(`${item}.name`));
    else checkLabel(errors, volume.name, `${item}.name`);
    if (good.has(volume.name)) errors.push(duplicate(`${item}.name`, volume.name));
    if (errors.length === before) good.set(volume.name, volume);
    const claimName = volume.persistentVolumeClaim?.claimName;
    if (claimName && created.has(claimName)) {
      const detail = "must not reference a PVC that gets created for an ephemeral volume";
      errors.push(invalid(`${item}.persistentVolumeClaim.claimName`, claimName, detail));
    }
  });
  return good;
}
