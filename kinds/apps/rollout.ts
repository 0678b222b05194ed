/** Cells of workloads that replicate a template. */
import { type Cell, containerImages, containerNames, selectorText } from "../common/rows.ts";
import type { ReplicaSet } from "./v1-types.ts";

/** Containers, images and selector: what `-o wide` adds. */
export function templateCells({ spec }: Pick<ReplicaSet, "spec">): Cell[] {
  const containers = spec.template?.spec?.containers;
  return [containerNames(containers), containerImages(containers), selectorText(spec.selector ?? {})];
}
