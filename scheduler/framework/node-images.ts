/** Which nodes have which container images. */
import type { NodeImage } from "./node-table.ts";

export interface ImageState {
  sizeBytes: number;
  rows: Set<number>;
}

export class NodeImages {
  readonly #byName = new Map<string, ImageState>();
  readonly #ofRow = new Map<number, readonly NodeImage[]>();
  #version = 0;

  /** Changes whenever an image has come somewhere or gone. */
  get version(): number {
    return this.#version;
  }

  get(name: string): ImageState | undefined {
    return this.#byName.get(name);
  }

  set(row: number, images: readonly NodeImage[]): void {
    const before = this.#ofRow.get(row) ?? [];
    if (before.length + images.length === 0) return;
    this.#version++;
    for (const name of namesOf(before)) {
      const state = this.#byName.get(name);
      state?.rows.delete(row);
      if (state?.rows.size === 0) this.#byName.delete(name);
    }
    for (const { names, sizeBytes } of images) {
      for (const name of names) {
        const state = this.#byName.get(name);
        // As upstream, the first node to have an image says how large it is.
        if (state) state.rows.add(row);
        else this.#byName.set(name, { sizeBytes, rows: new Set([row]) });
      }
    }
    if (images.length > 0) this.#ofRow.set(row, images);
    else this.#ofRow.delete(row);
  }
}

function* namesOf(images: readonly NodeImage[]): Generator<string> {
  for (const { names } of images) yield* names;
}
