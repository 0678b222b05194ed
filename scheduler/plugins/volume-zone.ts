import type { Labels } from "../framework/affinity-terms.ts";
import type { ClusterView } from "../framework/cluster-view.ts";
import type { ClusterFilterPlugin, ClusterRejection, PreparedFilter, Rejection } from "../framework/plugin.ts";
import type { PodClass } from "../framework/pod-class.ts";
import { claimKey } from "../framework/storage.ts";

const NAME = "VolumeZone";

const NO_ZONE: Rejection = { plugin: NAME, reasons: ["node(s) had no available volume zone"], podsInTheWay: false };

/** Old names of topology labels, and new. */
const CURRENT: { readonly [label: string]: string } = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region": "topology.kubernetes.io/region",
};
const LABELS = Object.keys(CURRENT);

const labelOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

interface VolumeTopology {
  key: string;
  values: ReadonlySet<string>;
}

class Filter implements PreparedFilter {
  readonly #podClass: PodClass;
  readonly #cluster: ClusterView;
  #version = -1;
  #topologies: VolumeTopology[] = [];

  constructor(podClass: PodClass, cluster: ClusterView) {
    this.#podClass = podClass;
    this.#cluster = cluster;
  }

  refresh(): "active" | "idle" | ClusterRejection {
    const { storage } = this.#cluster;
    if (this.#version !== storage.version) {
      this.#version = storage.version;
      this.#topologies = this.#read();
    }
    return this.#topologies.length > 0 ? "active" : "idle";
  }

  filter(row: number): Rejection | undefined {
    const labels = this.#cluster.nodes.facts[row]?.labels ?? {};
    // A node without any zone is in a cluster without zones.
    if (!LABELS.some((key) => labelOf(labels, key) !== undefined)) return undefined;
    for (const { key, values } of this.#topologies) {
      const value = labelOf(labels, key) ?? labelOf(labels, CURRENT[key]!);
      if (value === undefined || !values.has(value)) return NO_ZONE;
    }
    return undefined;
  }

  #read(): VolumeTopology[] {
    const { storage } = this.#cluster;
    const { namespace, claims } = this.#podClass.footprint;
    return claims.flatMap((name) => {
      const volume = storage.volumes.get(storage.claims.get(claimKey({ namespace, name }))?.volumeName ?? "");
      if (!volume) return [];
      return LABELS.flatMap((key) => {
        const value = labelOf(volume.labels, key);
        // Volumes in several zones name all of them.
        return value === undefined ? [] : [{ key, values: new Set(value.split("__")) }];
      });
    });
  }
}

/** Volumes labelled with a zone or region can be used there only. */
export const volumeZone: ClusterFilterPlugin = {
  name: NAME,
  prepare: (podClass, cluster) => (podClass.footprint.claims.length > 0 ? new Filter(podClass, cluster) : undefined),
  retryAfter: (change) =>
    change.what === "storage changed" ||
    change.what === "node added" ||
    (change.what === "node changed" && change.labels),
};
