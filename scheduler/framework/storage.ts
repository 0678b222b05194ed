/**
 * Claims, volumes and what may make volumes, as far as placement looks at them, with what is assumed of them until the
 * API shows it.
 */
import type { PersistentVolume, PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import type { CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment } from "../../kinds/storage/v1-types.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";
import { wholeValue } from "../../machinery/meta/quantity.ts";
import { compileSelector, type LabelMatcher } from "../../machinery/meta/selector.ts";
import type { Labels } from "./affinity-terms.ts";
import { compileTerms, type NodeMatcher } from "./node-selector.ts";

export interface Claim {
  namespace: string;
  name: string;
  uid: string;
  resourceVersion: string;
  deleting: boolean;
  /** Of its controller, when that is a Pod. */
  ownerPod: string | undefined;
  className: string;
  volumeName: string;
  isLost: boolean;
  isBound: boolean;
  accessModes: readonly string[];
  sizeBytes: number;
  volumeMode: string;
  attributesClass: string;
  selector: LabelMatcher | undefined;
  /** Node it is to be provisioned for. */
  selectedNode: string | undefined;
}

export interface Volume {
  name: string;
  resourceVersion: string;
  className: string;
  deleting: boolean;
  isAvailable: boolean;
  labels: Labels;
  accessModes: readonly string[];
  sizeBytes: number;
  volumeMode: string;
  attributesClass: string;
  /** Where it can be reached; undefined: anywhere. */
  reachableFrom: NodeMatcher | undefined;
  claimRef: { namespace: string; name: string; uid: string } | undefined;
  csi: { driver: string; handle: string } | undefined;
}

export interface VolumeClass {
  provisioner: string;
  waitsForConsumer: boolean;
  /** Where volumes can be made; undefined: anywhere. */
  allowed: ((labels: Labels) => boolean) | undefined;
}

export interface StorageCapacity {
  className: string;
  reachableFrom: LabelMatcher;
  limitBytes: number;
}

export interface Attachment {
  nodeName: string;
  driver: string;
  volumeName: string;
}

export const claimKey = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;

export class Storage {
  readonly claims = new Map<string, Claim>();
  readonly volumes = new Map<string, Volume>();
  readonly classes = new Map<string, VolumeClass>();
  /** By node name: by driver, how many volumes can be attached. */
  readonly attachLimits = new Map<string, ReadonlyMap<string, number>>();
  /** By node name: volumes that are attached there, whether or not a pod uses them, by name of the attachment. */
  readonly attachments = new Map<string, Map<string, Attachment>>();
  /** Drivers that tell how much they can make. */
  readonly driversWithCapacity = new Set<string>();
  readonly capacities = new Map<string, StorageCapacity>();
  readonly #byClass = new Map<string, Set<Volume>>();
  /** Volume name → claim it is about to be bound to. */
  readonly #promised = new Map<string, string>();
  /** Claim → node it is about to be provisioned for. */
  readonly #selected = new Map<string, string>();
  #version = 0;

  /** Changes with everything here. */
  get version(): number {
    return this.#version;
  }

  changed(): void {
    this.#version++;
  }

  setClaim(key: string, claim: Claim | undefined): void {
    if (claim) this.claims.set(key, claim);
    else this.claims.delete(key);
    // The API shows what was selected.
    if (!claim || claim.selectedNode !== undefined || claim.isBound) this.#selected.delete(key);
    this.changed();
  }

  setVolume(name: string, volume: Volume | undefined): void {
    const before = this.volumes.get(name);
    if (before) this.#byClass.get(before.className)?.delete(before);
    if (volume) {
      this.volumes.set(name, volume);
      const alike = this.#byClass.get(volume.className);
      if (alike) alike.add(volume);
      else this.#byClass.set(volume.className, new Set([volume]));
      // The API shows what was promised.
      if (volume.claimRef) this.#promised.delete(name);
    } else {
      this.volumes.delete(name);
      this.#promised.delete(name);
    }
    this.changed();
  }

  setAttachment(name: string, attachment: Attachment | undefined): void {
    for (const there of this.attachments.values()) there.delete(name);
    if (attachment) {
      const there = this.attachments.get(attachment.nodeName);
      if (there) there.set(name, attachment);
      else this.attachments.set(attachment.nodeName, new Map([[name, attachment]]));
    }
    this.changed();
  }

  volumesOfClass(className: string): Iterable<Volume> {
    return this.#byClass.get(className) ?? [];
  }

  /** The claim a volume belongs to, or will. */
  claimOf(volume: Volume): string | undefined {
    return volume.claimRef ? claimKey(volume.claimRef) : this.#promised.get(volume.name);
  }

  selectedNodeOf(claim: Claim): string | undefined {
    return claim.selectedNode ?? this.#selected.get(claimKey(claim));
  }

  promise(volume: Volume, claim: Claim): void {
    this.#promised.set(volume.name, claimKey(claim));
    this.changed();
  }

  select(claim: Claim, node: string): void {
    this.#selected.set(claimKey(claim), node);
    this.changed();
  }

  /** Undoes `promise` and `select`. */
  release(volumes: readonly Volume[], claims: readonly Claim[]): void {
    for (const { name } of volumes) this.#promised.delete(name);
    for (const claim of claims) this.#selected.delete(claimKey(claim));
    this.changed();
  }
}

const SELECTED_NODE = "volume.kubernetes.io/selected-node";
const BETA_CLASS = "volume.beta.kubernetes.io/storage-class";
const BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

export function claimFacts({ metadata, spec, status }: PersistentVolumeClaim): Claim {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const { annotations = {} } = metadata;
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
    deleting: metadata.deletionTimestamp !== undefined,
    ownerPod: owner?.kind === "Pod" ? owner.name : undefined,
    className: annotations[BETA_CLASS] ?? spec?.storageClassName ?? "",
    volumeName: spec?.volumeName ?? "",
    isLost: status?.phase === "Lost",
    isBound: Boolean(spec?.volumeName) && annotations[BIND_COMPLETED] !== undefined,
    accessModes: spec?.accessModes ?? [],
    sizeBytes: wholeValue(spec?.resources?.requests?.storage ?? "0"),
    volumeMode: spec?.volumeMode ?? "Filesystem",
    attributesClass: spec?.volumeAttributesClassName ?? "",
    selector: spec?.selector && compileSelector(spec.selector),
    selectedNode: annotations[SELECTED_NODE],
  };
}

export function volumeFacts({ metadata, spec, status }: PersistentVolume): Volume {
  const { claimRef, csi } = spec ?? {};
  const required = spec?.nodeAffinity?.required;
  return {
    name: metadata.name ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
    className: metadata.annotations?.[BETA_CLASS] ?? spec?.storageClassName ?? "",
    deleting: metadata.deletionTimestamp !== undefined,
    isAvailable: status?.phase === "Available",
    labels: metadata.labels ?? {},
    accessModes: spec?.accessModes ?? [],
    sizeBytes: wholeValue(spec?.capacity?.storage ?? "0"),
    volumeMode: spec?.volumeMode ?? "Filesystem",
    attributesClass: spec?.volumeAttributesClassName ?? "",
    reachableFrom: required && compileTerms(required.nodeSelectorTerms),
    claimRef: claimRef && {
      namespace: claimRef.namespace ?? "",
      name: claimRef.name ?? "",
      uid: claimRef.uid ?? "",
    },
    csi: csi && { driver: csi.driver, handle: csi.volumeHandle },
  };
}

export function classFacts({ provisioner, volumeBindingMode, allowedTopologies }: StorageClass): VolumeClass {
  const terms = allowedTopologies ?? [];
  return {
    provisioner,
    waitsForConsumer: volumeBindingMode === "WaitForFirstConsumer",
    allowed:
      terms.length === 0
        ? undefined
        : (labels) =>
            terms.some(({ matchLabelExpressions = [] }) =>
              matchLabelExpressions.every(
                ({ key, values }) => Object.hasOwn(labels, key) && values.includes(labels[key]!),
              ),
            ),
  };
}

export function attachLimits({ spec }: CSINode): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const { name, allocatable } of spec?.drivers ?? []) {
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
  }
  return limits;
}

export const attachmentFacts = ({ spec }: VolumeAttachment): Attachment => ({
  nodeName: spec.nodeName,
  driver: spec.attacher,
  volumeName: spec.source.persistentVolumeName ?? "",
});

export function capacityFacts(object: CSIStorageCapacity): StorageCapacity {
  const { capacity, maximumVolumeSize, storageClassName, nodeTopology } = object;
  const limit = maximumVolumeSize ?? capacity;
  return {
    className: storageClassName,
    reachableFrom: compileSelector(nodeTopology as LabelSelector | undefined),
    limitBytes: limit === undefined ? 0 : wholeValue(limit),
  };
}
