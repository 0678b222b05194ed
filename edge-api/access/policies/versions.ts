/** What a request is about, as a kind that a policy names has it. Pure. */
import type { Kind, SubresourceInfo } from "../../../kinds/kind.ts";
import { deepClone } from "../../../machinery/meta/equality.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";

/** The kind that a resource, or its subresource, speaks. */
export const spokenBy = (kind: Kind, subresource: string): Pick<SubresourceInfo, "group" | "version" | "kind"> =>
  kind.subresources[subresource] ?? kind;

/** Key in the schema tables of what a resource, or its subresource, speaks. */
export function typeOf(kind: Kind, subresource: string): string {
  const spoken = spokenBy(kind, subresource);
  if (spoken.group === kind.group && spoken.kind === kind.kind) return kind.type;
  return `io.k8s.api.${spoken.group === "" ? "core" : spoken.group.split(".")[0]}.${spoken.version}.${spoken.kind}`;
}

/** The object itself where it is served so already; subresources of other kinds are the same in all versions. */
export function inVersion<T extends KubeObject | undefined>(object: T, { from, to }: { from: Kind; to: Kind }): T {
  if (!object || from === to || object.kind !== from.kind) return object;
  const stored = from.strategy.toStored?.(deepClone(object)) ?? deepClone(object);
  const made = to.strategy.fromStored?.(stored) ?? stored;
  return { ...made, kind: to.kind, apiVersion: to.group ? `${to.group}/${to.version}` : to.version } as T;
}
