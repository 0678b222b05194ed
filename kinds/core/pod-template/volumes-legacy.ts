/** Volume sources of storage systems that once were built in, which pods and persistent volumes may still name. */
import { type FieldError, invalid, notSupported, required } from "../../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../../machinery/meta/names.ts";
import { addMessages, checkLabel, checkOneOf, checkPresent, checkRange } from "../../common/checks.ts";
import { checkDescendingPath } from "../../common/paths.ts";

/** A source whose fields are looked at by name; the schema has already checked their types. */
type Fields = { [field: string]: unknown };
type Check = (errors: FieldError[], source: Fields, path: string) => void;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const requireFields =
  (...fields: string[]): Check =>
  (errors, source, path) => {
    for (const field of fields) checkPresent(errors, source[field], `${path}.${field}`);
  };

const requireList =
  (...fields: string[]): Check =>
  (errors, source, path) => {
    for (const field of fields) {
      const value = source[field];
      const empty = Array.isArray(value) ? value.length === 0 : !value;
      if (empty) errors.push(required(`${path}.${field}`));
    }
  };

export function checkCsiDriverName(errors: FieldError[], name: string | undefined, path: string): void {
  const value = name ?? "";
  if (value === "") {
    errors.push(required(path));
    return;
  }
  if (value.length > 63) {
    errors.push({ reason: "FieldValueTooLong", field: path, message: "Too long: may not be more than 63 bytes" });
  }
  addMessages(errors, path, value, dns1123Subdomain(value.toLowerCase()));
}

function disk(idField: string): Check {
  return (errors, source, path) => {
    checkPresent(errors, source[idField], `${path}.${idField}`);
    const partition = Number(source.partition ?? 0);
    if (partition < 0 || partition > 255) {
      errors.push(invalid(`${path}.partition`, partition, "must be between 1 and 255, inclusive"));
    }
  };
}

const IQN_PREFIXES = ["iqn", "eui", "naa"];
const IQN_FORMATS: { [prefix: string]: RegExp } = {
  iqn: /iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/,
  eui: /^eui.[0-9A-Za-z]{16}$/,
  naa: /^naa.[0-9A-Za-z]{32}$/,
};
const BAD_FORMAT = "must be valid format";

/** `unknown` says what is wrong with a name of another form. */
function checkInitiatorName(errors: FieldError[], name: string, path: string, unknown: string): void {
  const prefix = IQN_PREFIXES.find((start) => name.startsWith(start));
  if (!prefix) errors.push(invalid(path, name, unknown));
  else if (name.length > 512 || !IQN_FORMATS[prefix]?.test(name)) errors.push(invalid(path, name, BAD_FORMAT));
}

const checkIscsi =
  (unknown: string): Check =>
  (errors, source, path) => {
    checkPresent(errors, source.targetPortal, `${path}.targetPortal`);
    const { iqn, initiatorName } = source;
    if (checkPresent(errors, iqn, `${path}.iqn`)) checkInitiatorName(errors, iqn, `${path}.iqn`, unknown);
    checkRange(errors, Number(source.lun ?? 0), `${path}.lun`, 0, 255);
    if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) {
      errors.push(required(`${path}.secretRef`));
    }
    if (initiatorName !== undefined) {
      checkInitiatorName(errors, text(initiatorName), `${path}.initiatorname`, unknown);
    }
  };

const iscsi = checkIscsi(`${BAD_FORMAT} starting with iqn, eui, or naa`);
export const persistentIscsi: Check = (errors, source, path) => {
  checkIscsi(BAD_FORMAT)(errors, source, path);
  requireSecretName(errors, source, path);
};

const MAX_ISCSI_NAME = 64;

/** The kernel names a session after volume and portal. `name` is the volume's, `path` where it is told. */
export function checkIscsiLength(
  errors: FieldError[],
  source: { initiatorName?: string; targetPortal: string },
  { name, path, shown = name }: { name: string; path: string; shown?: string },
): void {
  if (source.initiatorName === undefined || `${name}:${source.targetPortal ?? ""}`.length <= MAX_ISCSI_NAME) return;
  const detail =
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
  errors.push(invalid(path, shown, detail));
}

const fc: Check = (errors, source, path) => {
  const targets = (source.targetWWNs ?? []) as unknown[];
  const ids = (source.wwids ?? []) as unknown[];
  const at = `${path}.targetWWNs`;
  if (targets.length === 0 && ids.length === 0) {
    errors.push(required(at, "must specify either targetWWNs or wwids, but not both"));
  }
  if (targets.length > 0 && ids.length > 0) {
    errors.push(invalid(at, targets, "targetWWNs and wwids can not be specified simultaneously"));
  }
  if (targets.length === 0) return;
  if (source.lun === undefined) errors.push(required(`${path}.lun`, "lun is required if targetWWNs is specified"));
  else checkRange(errors, Number(source.lun), `${path}.lun`, 0, 255);
};

const nfs: Check = (errors, source, path) => {
  checkPresent(errors, source.server, `${path}.server`);
  checkPresent(errors, source.path, `${path}.path`);
  if (!text(source.path).startsWith("/")) {
    errors.push(invalid(`${path}.path`, text(source.path), "must be an absolute path"));
  }
};

const HOST_PORT_PAIRS = "must be a host:port pair or multiple pairs separated by commas";

const quobyte: Check = (errors, source, path) => {
  const registry = text(source.registry);
  if (registry === "") errors.push(required(`${path}.registry`, HOST_PORT_PAIRS));
  else if (text(source.tenant).length >= 65) {
    errors.push(required(`${path}.tenant`, "must be a UUID and may not exceed a length of 64 characters"));
  } else {
    for (const pair of registry.split(",")) {
      if (!/^[^:[\]]*:[^:]*$|^\[[^\]]*\]:[^:]*$/.test(pair)) {
        errors.push(invalid(`${path}.registry`, registry, HOST_PORT_PAIRS));
      }
    }
  }
  checkPresent(errors, source.volume, `${path}.volume`);
};

const flocker: Check = (errors, source, path) => {
  const name = text(source.datasetName);
  const uuid = text(source.datasetUUID);
  if (!name && !uuid) errors.push(required(path, "one of datasetName and datasetUUID is required"));
  if (name && uuid) {
    errors.push(invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"));
  }
  if (name.includes("/")) errors.push(invalid(`${path}.datasetName`, name, "must not contain '/'"));
};

const flexVolume: Check = (errors, source, path) => {
  checkPresent(errors, source.driver, `${path}.driver`);
  for (const key of Object.keys((source.options as Fields) ?? {})) {
    const namespace = `.${(key.split("/")[0] ?? "").toLowerCase()}`;
    if (namespace.endsWith(".kubernetes.io") || namespace.endsWith(".k8s.io")) {
      const detail = "kubernetes.io and k8s.io namespaces are reserved";
      errors.push(invalid(`${path}.options[${key}]`, key, detail));
    }
  }
};

const azureDisk: Check = (errors, source, path) => {
  checkPresent(errors, source.diskName, `${path}.diskName`);
  checkPresent(errors, source.diskURI, `${path}.diskURI`);
  if (source.cachingMode !== undefined) {
    checkOneOf(errors, source.cachingMode, `${path}.cachingMode`, ["None", "ReadOnly", "ReadWrite"]);
  }
  if (source.kind === undefined) return;
  checkOneOf(errors, source.kind, `${path}.kind`, ["Dedicated", "Managed", "Shared"]);
  const uri = text(source.diskURI);
  const managed = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
  const blob = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
  if (source.kind === "Managed" && !uri.startsWith("/subscriptions/")) {
    errors.push(notSupported(`${path}.diskURI`, uri, [managed]));
  } else if (source.kind !== "Managed" && !uri.startsWith("https://")) {
    errors.push(notSupported(`${path}.diskURI`, uri, [blob]));
  }
};

const requireSecretName: Check = (errors, source, path) => {
  const ref = source.secretRef as Fields | undefined;
  if (ref) checkPresent(errors, ref.name, `${path}.secretRef.name`);
};

const storageos: Check = (errors, source, path) => {
  const at = `${path}.volumeName`;
  if (checkPresent(errors, source.volumeName, at)) checkLabel(errors, text(source.volumeName), at);
  if (source.volumeNamespace) checkLabel(errors, text(source.volumeNamespace), `${path}.volumeNamespace`);
  requireSecretName(errors, source, path);
};

const csi: Check = (errors, source, path) => {
  checkCsiDriverName(errors, source.driver as string | undefined, `${path}.driver`);
  const ref = source.nodePublishSecretRef as Fields | undefined;
  if (!ref) return;
  if (checkPresent(errors, ref.name, `${path}.nodePublishSecretRef.name`)) {
    addMessages(errors, `${path}.name`, ref.name, dns1123Subdomain(text(ref.name)));
  }
};

const gitRepo: Check = (errors, source, path) => {
  checkPresent(errors, source.repository, `${path}.repository`);
  checkDescendingPath(errors, text(source.directory), `${path}.directory`);
};

/** Shared by pods and persistent volumes, where their rules are the same. */
export const SHARED_SOURCES: { [field: string]: Check } = {
  gcePersistentDisk: disk("pdName"),
  awsElasticBlockStore: disk("volumeID"),
  nfs,
  iscsi,
  glusterfs: requireFields("endpoints", "path"),
  flocker,
  rbd: requireList("monitors", "image"),
  quobyte,
  cephfs: requireList("monitors"),
  cinder(errors, source, path) {
    checkPresent(errors, source.volumeID, `${path}.volumeID`);
    requireSecretName(errors, source, path);
  },
  fc,
  flexVolume,
  azureFile: requireFields("secretName", "shareName"),
  azureDisk,
  vsphereVolume: requireFields("volumePath"),
  photonPersistentDisk: requireFields("pdID"),
  portworxVolume: requireFields("volumeID"),
  scaleIO: requireFields("gateway", "system", "volumeName"),
  storageos,
};

const asVolumeCheck =
  (field: string, check: Check) =>
  (errors: FieldError[], volume: object, path: string): void =>
    check(errors, (volume as { [field: string]: Fields })[field] ?? {}, path);

/** Keyed by the field of a pod's volume. */
export const LEGACY_SOURCES = Object.fromEntries(
  Object.entries({ ...SHARED_SOURCES, csi, gitRepo }).map(([field, check]) => [field, asVolumeCheck(field, check)]),
);
