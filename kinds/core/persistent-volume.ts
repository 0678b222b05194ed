/** PersistentVolume. Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/ */
import { type FieldError, fieldForbidden, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { checkOneOf, checkSubdomain, NOT_POSITIVE } from "../common/checks.ts";
import { checkAmount, showQuantity } from "../common/quantities.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { checkImmutable, same } from "../common/same.ts";
import { keepStatus, onlyStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { accessModesText, checkAccessModes, VOLUME_MODES } from "./access-modes.ts";
import { checkNodeSelector } from "./pod-template/affinity.ts";
import { defaultLegacySources } from "./pod-template/volume-defaults.ts";
import type {
  NodeSelectorRequirement,
  PersistentVolume,
  PersistentVolumeSpec,
  VolumeNodeAffinity,
} from "./v1-types.ts";
import { checkVolumeSource, volumeSource } from "./volume-source.ts";

/** Where the class stood before `spec.storageClassName` did. */
export const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

function defaults(next: PersistentVolume): PersistentVolume {
  next.spec ??= {};
  const { spec } = next;
  spec.persistentVolumeReclaimPolicy ||= "Retain";
  spec.volumeMode ??= "Filesystem";
  if (spec.hostPath) spec.hostPath.type ??= "";
  defaultLegacySources(spec as Parameters<typeof defaultLegacySources>[0]);
  next.status ??= {};
  next.status.phase ||= "Pending";
  return next;
}

function checkCapacity(errors: FieldError[], capacity: PersistentVolumeSpec["capacity"], path: string): void {
  const resources = Object.keys(capacity ?? {});
  if (resources.length === 0) errors.push(required(path));
  if (capacity?.storage === undefined || resources.length > 1) {
    errors.push(notSupported(path, capacity ?? null, ["storage"]));
  }
  for (const resource of resources) {
    const [at, text] = [`${path}[${resource}]`, capacity?.[resource] ?? ""];
    const value = checkAmount(errors, text, at);
    if (value !== undefined && value <= 0n) errors.push(invalid(at, showQuantity(text), NOT_POSITIVE));
  }
}

const INLINE = "may not be specified in the context of inline volumes";

const isRootPath = (path: string): boolean => /^\/[/.]*$/.test(path);

interface SpecPlace {
  path: string;
  /** The name of the volume that the spec is of. */
  name: string;
}

function checkNodeAffinity(errors: FieldError[], affinity: VolumeNodeAffinity, path: string): void {
  const at = `${path}.required`;
  if (affinity.required) checkNodeSelector(errors, affinity.required, at);
  else errors.push(required(at, "must specify required node constraints"));
}

/** What classes mean for a volume; one that stands inside another object has none. */
function checkClasses(errors: FieldError[], spec: PersistentVolumeSpec, path: string): void {
  if (spec.storageClassName) checkSubdomain(errors, spec.storageClassName, `${path}.storageClassName`);
  if (spec.volumeMode !== undefined) checkOneOf(errors, spec.volumeMode, `${path}.volumeMode`, VOLUME_MODES);
  const attributes = spec.volumeAttributesClassName;
  if (attributes === undefined) return;
  const at = `${path}.volumeAttributesClassName`;
  if (attributes === "") errors.push(required(at, "an empty string is disallowed"));
  else checkSubdomain(errors, attributes, at);
  if (!spec.csi) errors.push(required(`${path}.csi`, "has to be specified when using volumeAttributesClassName"));
}

function checkCommon(errors: FieldError[], spec: PersistentVolumeSpec, { path, name }: SpecPlace): void {
  checkVolumeSource(errors, spec, { path, name });
  if (spec.local && !spec.nodeAffinity) {
    errors.push(required(`${path}.nodeAffinity`, "Local volume requires node affinity"));
  }
  if (spec.persistentVolumeReclaimPolicy === "Recycle" && spec.hostPath && isRootPath(spec.hostPath.path)) {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(fieldForbidden(`${path}.persistentVolumeReclaimPolicy`, detail));
  }
}

function validate({ metadata, spec }: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  const path = "spec";
  if (!spec.accessModes?.length) errors.push(required("spec.accessModes"));
  checkAccessModes(errors, spec.accessModes, "spec.accessModes");
  checkCapacity(errors, spec.capacity, "spec.capacity");
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy) checkOneOf(errors, policy, "spec.persistentVolumeReclaimPolicy", ["Delete", "Recycle", "Retain"]);
  if (spec.nodeAffinity) checkNodeAffinity(errors, spec.nodeAffinity, "spec.nodeAffinity");
  checkCommon(errors, spec, { path, name: metadata.name ?? "" });
  checkClasses(errors, spec, path);
  return errors;
}

/** A volume that is described where it is used, as by VolumeAttachments: it is a driver's, and nobody may claim it. */
export function checkInlineVolume(errors: FieldError[], spec: PersistentVolumeSpec, path: string): void {
  const forbid = (field: keyof PersistentVolumeSpec, detail = INLINE): void => {
    errors.push(fieldForbidden(`${path}.${field}`, detail));
  };
  if (spec.claimRef) forbid("claimRef");
  if (Object.keys(spec.capacity ?? {}).length > 0) forbid("capacity");
  if (!spec.csi) errors.push(required(`${path}.csi`, "has to be specified in the context of inline volumes"));
  if (!spec.accessModes?.length) errors.push(required(`${path}.accessModes`));
  checkAccessModes(errors, spec.accessModes, `${path}.accessModes`);
  const policy = spec.persistentVolumeReclaimPolicy;
  const onlyRetain = "may only be Retain in the context of inline volumes";
  if (policy && policy !== "Retain") forbid("persistentVolumeReclaimPolicy", onlyRetain);
  if (spec.nodeAffinity) forbid("nodeAffinity");
  checkCommon(errors, spec, { path, name: "" });
  if (spec.storageClassName) forbid("storageClassName");
  const otherMode = "may not specify volumeMode other than Filesystem in the context of inline volumes";
  if (spec.volumeMode !== undefined && spec.volumeMode !== "Filesystem") forbid("volumeMode", otherMode);
}

/** The source, without the one field that may be added later. */
function fixedSource(spec: PersistentVolumeSpec, prev: PersistentVolumeSpec): object {
  const source = volumeSource(spec);
  if (!spec.csi || !prev.csi || prev.csi.controllerExpandSecretRef) return source;
  const { controllerExpandSecretRef: _added, ...csi } = spec.csi;
  return { ...source, csi };
}

const NEWER_KEYS: { readonly [key: string]: string } = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
};

type Requirements = NodeSelectorRequirement[] | undefined;

const renamed = (before: Requirements, now: Requirements): Requirements =>
  before?.map((requirement, i) => {
    const key = now?.[i]?.key;
    return key !== undefined && NEWER_KEYS[requirement.key] === key ? { ...requirement, key } : requirement;
  });

/** `prev`, with the labels that had a beta form under the name that `next` has for them. */
function withNewerKeys(prev: VolumeNodeAffinity, next: VolumeNodeAffinity | undefined): VolumeNodeAffinity {
  const terms = prev.required?.nodeSelectorTerms.map(({ matchExpressions, matchFields }, i) => {
    const other = next?.required?.nodeSelectorTerms[i];
    return {
      matchExpressions: renamed(matchExpressions, other?.matchExpressions) ?? [],
      matchFields: renamed(matchFields, other?.matchFields) ?? [],
    };
  });
  return terms ? { required: { nodeSelectorTerms: terms } } : prev;
}

function updateErrors(next: PersistentVolume, prev: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  if (!same(fixedSource(next.spec, prev.spec), volumeSource(prev.spec))) {
    const detail = "spec.persistentvolumesource is immutable after creation";
    errors.push(fieldForbidden("spec.persistentvolumesource", detail));
  }
  checkImmutable(errors, next.spec.volumeMode, prev.spec.volumeMode, "volumeMode");
  const affinity = next.spec.nodeAffinity;
  if (prev.spec.nodeAffinity && !same(affinity, withNewerKeys(prev.spec.nodeAffinity, affinity))) {
    const detail = "field is immutable, except for updating from beta label to GA";
    errors.push(invalid("nodeAffinity", affinity ?? null, detail));
  }
  if (prev.spec.volumeAttributesClassName !== undefined && next.spec.volumeAttributesClassName === undefined) {
    errors.push(fieldForbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden"));
  }
  return errors;
}

function row(object: PersistentVolume, nowMs: number): Cell[] {
  const { spec, status, metadata } = object;
  const claim = spec.claimRef;
  return [
    nameOf(object),
    showQuantity(spec.capacity?.storage),
    accessModesText(spec.accessModes),
    spec.persistentVolumeReclaimPolicy ?? "",
    metadata.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
    claim ? `${claim.namespace ?? ""}/${claim.name ?? ""}` : "",
    metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? "",
    spec.volumeAttributesClassName ?? "<unset>",
    status?.reason ?? "",
    age(object, nowMs),
    spec.volumeMode ?? "<unset>",
  ];
}

export const persistentVolume: Strategy<PersistentVolume> = {
  defaults,
  prepareForCreate(next) {
    const created = next.metadata.creationTimestamp;
    next.status = { phase: "Pending", ...(created && { lastPhaseTransitionTime: created }) };
    return next;
  },
  prepareForUpdate: keepStatus,
  subresources: { status: { prepareForUpdate: onlyStatus } },
  validate,
  validateUpdate: updateErrors,
  row,
};
