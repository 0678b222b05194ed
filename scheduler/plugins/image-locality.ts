import type { ClusterView } from "../framework/cluster-view.ts";
import type { ClusterScorePlugin, FeasibleRows, PreparedScore } from "../framework/plugin.ts";
import type { PodClass } from "../framework/pod-class.ts";

const MB = 1024 * 1024;
/** Images smaller than this in all are pulled in no time. */
const MIN_BYTES = 23 * MB;
/** From here on, for each container, it makes no difference how much more there is. */
const MAX_BYTES_PER_CONTAINER = 1000 * MB;

class Score implements PreparedScore {
  readonly #cluster: ClusterView;
  readonly #images: readonly string[];
  #version = -1;
  #nodeCount = -1;
  /** By row, where it is not 0. */
  readonly #scores = new Map<number, number>();

  constructor(podClass: PodClass, cluster: ClusterView) {
    this.#cluster = cluster;
    this.#images = podClass.images.map(normalized);
  }

  score({ rows, count }: FeasibleRows, scores: Int32Array): boolean {
    const { images, nodes } = this.#cluster;
    if (this.#version !== images.version || this.#nodeCount !== nodes.nodeCount) this.#refresh();
    if (this.#scores.size === 0) return false;
    for (let i = 0; i < count; i++) scores[i] = this.#scores.get(rows[i]!) ?? 0;
    return true;
  }

  #refresh(): void {
    const { images, nodes } = this.#cluster;
    this.#version = images.version;
    this.#nodeCount = nodes.nodeCount;
    const sums = new Map<number, number>();
    for (const name of this.#images) {
      const image = images.get(name);
      if (!image) continue;
      // What few nodes have counts less, lest all pods go there.
      const bytes = Math.trunc(image.sizeBytes * (image.rows.size / nodes.nodeCount));
      for (const row of image.rows) sums.set(row, (sums.get(row) ?? 0) + bytes);
    }
    const most = MAX_BYTES_PER_CONTAINER * this.#images.length;
    this.#scores.clear();
    for (const [row, bytes] of sums) {
      const within = Math.min(Math.max(bytes, MIN_BYTES), most);
      const score = Math.trunc((100 * (within - MIN_BYTES)) / (most - MIN_BYTES));
      if (score > 0) this.#scores.set(row, score);
    }
  }
}

/** "web" is "web:latest"; a digest or a registry's port is no tag. */
function normalized(image: string): string {
  return image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
}

/** Prefers nodes that have the pod's images, the more bytes the better. */
export const imageLocality: ClusterScorePlugin = {
  name: "ImageLocality",
  prepareScore: (podClass, cluster) => new Score(podClass, cluster),
};
