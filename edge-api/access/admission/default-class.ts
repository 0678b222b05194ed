/** The class that objects get which name none: of storage, of ingresses. Reads the store. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Store } from "../../store/contract.ts";
import { parsedRow } from "../cached-rows.ts";

/**
 * Of the classes that have one of `annotations` set to true the newest, then the first by name.
 * @param resource storage key of the classes
 */
export function defaultClass(store: Store, resource: string, annotations: readonly string[]): string | undefined {
  let best: KubeObject["metadata"] | undefined;
  for (const row of store.list({ resource, contains: "is-default-class" })) {
    const { metadata } = parsedRow<KubeObject>(row);
    if (!annotations.some((annotation) => metadata.annotations?.[annotation] === "true")) continue;
    // Rows come by name, so that of equally old ones the first stays.
    if (!best || (metadata.creationTimestamp ?? "") > (best.creationTimestamp ?? "")) best = metadata;
  }
  return best?.name;
}
