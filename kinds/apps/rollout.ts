/** Cells of workloads that replicate a template. */
import { formatSelector } from "../../machinery/meta/selector.ts";
import { type Cell, containerImages, containerNames } from "../common/rows.ts";
import type { ReplicaSet } from "./v1-types.ts";

/** Containers, images and selector: what `-o wide` adds. */
export function templateCells({ spec }: Pick<ReplicaSet, "spec">): Cell[] {
  const containers = spec.template?.spec?.containers;
  return [containerNames(containers), containerImages(containers), formatSelector(spec.selector ?? {})];
}
