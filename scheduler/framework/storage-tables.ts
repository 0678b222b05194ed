/** Follows the resources of storage into Storage. */
import type { PersistentVolume, PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from "../../kinds/storage/v1-types.ts";
import { type Cached, Table } from "../../machinery/cluster/table.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { type Followed, follow, identityOf } from "./followed.ts";
import type { ClusterChange } from "./plugin.ts";
import {
  type Attachment,
  attachLimits,
  attachmentFacts,
  capacityFacts,
  claimFacts,
  claimKey,
  classFacts,
  type Storage,
  volumeFacts,
} from "./storage.ts";

type StorageKind = Extract<ClusterChange, { what: "storage changed" }>["kind"];

interface CachedFacts<F> extends Cached {
  facts: F;
}

export function followStorage(storage: Storage, tell: (change: ClusterChange) => void): Followed[] {
  const one = <O extends KubeObject, F>(
    resource: string,
    kind: StorageKind,
    read: (object: O) => F,
    set: (key: string, facts: F | undefined) => void,
  ): Followed => {
    const table = new Table<CachedFacts<F>>({
      resource,
      project: (object) => ({ metadata: identityOf(object.metadata), facts: read(object as O) }),
    });
    return follow(table, ({ type, object }) => {
      const { namespace = "", name = "" } = object.metadata;
      set(namespace === "" ? name : claimKey({ namespace, name }), type === "deleted" ? undefined : object.facts);
      storage.changed();
      tell({ what: "storage changed", kind });
    });
  };
  const into =
    <F>(map: Map<string, F>) =>
    (key: string, facts: F | undefined): void => {
      if (facts === undefined) map.delete(key);
      else map.set(key, facts);
    };
  return [
    one<StorageClass, ReturnType<typeof classFacts>>(
      "storageclasses.storage.k8s.io",
      "class",
      classFacts,
      into(storage.classes),
    ),
    one<CSIDriver, boolean>(
      "csidrivers.storage.k8s.io",
      "driver",
      ({ spec }) => spec?.storageCapacity ?? false,
      (name, tellsCapacity) => {
        if (tellsCapacity) storage.driversWithCapacity.add(name);
        else storage.driversWithCapacity.delete(name);
      },
    ),
    one<CSINode, ReadonlyMap<string, number>>(
      "csinodes.storage.k8s.io",
      "driver",
      attachLimits,
      into(storage.attachLimits),
    ),
    one<CSIStorageCapacity, ReturnType<typeof capacityFacts>>(
      "csistoragecapacities.storage.k8s.io",
      "capacity",
      capacityFacts,
      into(storage.capacities),
    ),
    one<VolumeAttachment, Attachment>(
      "volumeattachments.storage.k8s.io",
      "attachment",
      attachmentFacts,
      (name, attachment) => storage.setAttachment(name, attachment),
    ),
    one<PersistentVolume, ReturnType<typeof volumeFacts>>("persistentvolumes", "volume", volumeFacts, (name, facts) =>
      storage.setVolume(name, facts),
    ),
    one<PersistentVolumeClaim, ReturnType<typeof claimFacts>>(
      "persistentvolumeclaims",
      "claim",
      claimFacts,
      (key, facts) => storage.setClaim(key, facts),
    ),
  ];
}
