import type { ClusterView } from "../framework/cluster-view.ts";
import type { ClusterFilterPlugin, PreparedFilter, Rejection } from "../framework/plugin.ts";
import type { PodClass } from "../framework/pod-class.ts";
import type { PodFootprint } from "../framework/pod-footprint.ts";
import { claimKey } from "../framework/storage.ts";

const NAME = "NodeVolumeLimits";

const TOO_MANY: Rejection = { plugin: NAME, reasons: ["node(s) exceed max volume count"], podsInTheWay: true };

/** Volumes a pod attaches, each named so that the same is counted once: → driver. Those in line are not attached. */
function* attached({ namespace, claims }: PodFootprint, { storage }: ClusterView): Generator<[string, string]> {
  for (const name of claims) {
    const claim = storage.claims.get(claimKey({ namespace, name }));
    if (!claim) continue;
    const csi = storage.volumes.get(claim.volumeName)?.csi;
    if (csi) yield [`${csi.driver}/${csi.handle}`, csi.driver];
    else {
      // To be made yet: by whoever makes volumes of its class.
      const provisioner = claim.volumeName === "" ? storage.classes.get(claim.className)?.provisioner : undefined;
      if (provisioner) yield [`${provisioner}/claim ${claimKey(claim)}`, provisioner];
    }
  }
}

class Filter implements PreparedFilter {
  readonly #podClass: PodClass;
  readonly #cluster: ClusterView;
  /** Volume → driver. */
  #wanted = new Map<string, string>();

  constructor(podClass: PodClass, cluster: ClusterView) {
    this.#podClass = podClass;
    this.#cluster = cluster;
  }

  refresh(): "active" | "idle" {
    const { storage } = this.#cluster;
    if (storage.attachLimits.size === 0) return "idle";
    this.#wanted = new Map(attached(this.#podClass.footprint, this.#cluster));
    return this.#wanted.size > 0 ? "active" : "idle";
  }

  filter(row: number): Rejection | undefined {
    const { nodes, storage } = this.#cluster;
    const limits = storage.attachLimits.get(nodes.nameOf(row));
    if (!limits || limits.size === 0) return undefined;
    const there = this.#attachedTo(row);
    const counts = new Map<string, number>();
    for (const driver of there.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1);
    for (const [volume, driver] of this.#wanted) {
      const limit = limits.get(driver);
      // What is there already is not attached again.
      if (limit === undefined || there.has(volume)) continue;
      const count = (counts.get(driver) ?? 0) + 1;
      if (count > limit) return TOO_MANY;
      counts.set(driver, count);
    }
    return undefined;
  }

  /** Volumes the node's pods use, and those that are still attached to it, or already. */
  #attachedTo(row: number): Map<string, string> {
    const { nodes, storage, pods } = this.#cluster;
    const volumes = new Map<string, string>();
    for (const { footprint } of pods.on(row)) {
      for (const [volume, driver] of attached(footprint, this.#cluster)) volumes.set(volume, driver);
    }
    for (const { driver, volumeName } of storage.attachments.get(nodes.nameOf(row))?.values() ?? []) {
      const csi = storage.volumes.get(volumeName)?.csi;
      if (csi?.driver === driver) volumes.set(`${driver}/${csi.handle}`, driver);
    }
    return volumes;
  }
}

/** A node attaches only so many volumes of each CSI driver, as its CSINode says. */
export const nodeVolumeLimits: ClusterFilterPlugin = {
  name: NAME,
  prepare(podClass, cluster) {
    return podClass.footprint.claims.length > 0 ? new Filter(podClass, cluster) : undefined;
  },
  retryAfter: ({ what }) => what === "pod left" || what === "node added" || what === "storage changed",
};
