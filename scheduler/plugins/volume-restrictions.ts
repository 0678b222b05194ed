import type { Volume } from "../../kinds/core/v1-types.ts";
import type { ClusterView } from "../framework/cluster-view.ts";
import type { ClusterFilterPlugin, PreparedFilter, Rejection } from "../framework/plugin.ts";
import type { PodClass } from "../framework/pod-class.ts";

const NAME = "VolumeRestrictions";

const NO_DISK: Rejection = { plugin: NAME, reasons: ["node(s) had no available disk"], podsInTheWay: true };
const IN_USE: Rejection = {
  plugin: NAME,
  reasons: ["node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"],
  podsInTheWay: true,
};

/** Whether two pods cannot have these volumes on one node. */
function conflicts(a: Volume, b: Volume): boolean {
  if (a.gcePersistentDisk && b.gcePersistentDisk) {
    const [mine, theirs] = [a.gcePersistentDisk, b.gcePersistentDisk];
    if (mine.pdName === theirs.pdName && !(mine.readOnly && theirs.readOnly)) return true;
  }
  if (a.awsElasticBlockStore && b.awsElasticBlockStore) {
    if (a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID) return true;
  }
  if (a.iscsi && b.iscsi) {
    if (a.iscsi.iqn === b.iscsi.iqn && !(a.iscsi.readOnly && b.iscsi.readOnly)) return true;
  }
  if (a.rbd && b.rbd) {
    const [mine, theirs] = [a.rbd, b.rbd];
    const isSame =
      mine.monitors.some((monitor) => theirs.monitors.includes(monitor)) &&
      (mine.pool ?? "rbd") === (theirs.pool ?? "rbd") &&
      mine.image === theirs.image;
    if (isSame && !(mine.readOnly && theirs.readOnly)) return true;
  }
  return false;
}

class Filter implements PreparedFilter {
  readonly #podClass: PodClass;
  readonly #cluster: ClusterView;
  readonly #disks: readonly Volume[];
  #isInUse = false;

  constructor(podClass: PodClass, cluster: ClusterView, disks: readonly Volume[]) {
    this.#podClass = podClass;
    this.#cluster = cluster;
    this.#disks = disks;
  }

  refresh(): "active" | "idle" {
    const { pods, storage } = this.#cluster;
    const { namespace, claims } = this.#podClass.footprint;
    this.#isInUse = claims.some((name) => {
      const key = `${namespace}/${name}`;
      const isExclusive = storage.claims.get(key)?.accessModes.includes("ReadWriteOncePod");
      return isExclusive && pods.usersOfClaim(key) > 0;
    });
    return this.#isInUse || this.#disks.length > 0 ? "active" : "idle";
  }

  filter(row: number): Rejection | undefined {
    if (this.#disks.length > 0) {
      for (const { footprint } of this.#cluster.pods.on(row)) {
        if (footprint.disks.some((theirs) => this.#disks.some((mine) => conflicts(mine, theirs)))) return NO_DISK;
      }
    }
    return this.#isInUse ? IN_USE : undefined;
  }
}

/** Some disks can be on a node once only, and a claim with ReadWriteOncePod is for one pod in the whole cluster. */
export const volumeRestrictions: ClusterFilterPlugin = {
  name: NAME,
  prepare(podClass, cluster) {
    const { claims, disks } = podClass.footprint;
    return claims.length + disks.length > 0 ? new Filter(podClass, cluster, disks) : undefined;
  },
  retryAfter: ({ what }) =>
    what === "pod left" || what === "node added" || what === "storage changed" || what === "node deleted",
};
