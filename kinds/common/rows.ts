/** Cells of `kubectl get` that many kinds share. */
import { humanDuration } from "../../machinery/meta/duration.ts";
import type { KubeObject, LabelSelector } from "../../machinery/meta/object.ts";
import { formatSelector } from "../../machinery/meta/selector.ts";
import type { Container } from "../core/v1-types.ts";

export type Cell = string | number | boolean | null;

/** How long ago, as kubectl says it. */
export function since(timestamp: string | null | undefined, nowMs: number): string {
  if (!timestamp) return "<unknown>";
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? "<unknown>" : humanDuration(nowMs - ms);
}

export const age = (object: KubeObject, nowMs: number): string => since(object.metadata.creationTimestamp, nowMs);

export const nameOf = (object: KubeObject): string => object.metadata.name ?? "";

export const containerNames = (containers: readonly Container[] | undefined): string =>
  containers?.map((c) => c.name).join(",") ?? "";

export const containerImages = (containers: readonly Container[] | undefined): string =>
  containers?.map((c) => c.image ?? "").join(",") ?? "";

/** `a=1,b=2` in order of the keys; "<none>" without any. */
export function labelText(labels: { [key: string]: string } | undefined): string {
  const keys = Object.keys(labels ?? {});
  return keys.length === 0
    ? "<none>"
    : keys
        .sort()
        .map((key) => `${key}=${labels?.[key]}`)
        .join(",");
}

/** At most `max` of the items, and how many more there are. */
export function listWithMore(items: readonly string[], max: number): string {
  const shown = items.slice(0, max).join(",");
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown;
}

/** Selectors as kubectl shows them, also those that could not be. */
export function selectorText(selector: LabelSelector | undefined): string {
  try {
    return formatSelector(selector);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return "<error>";
  }
}

export const yesNo = (value: boolean | undefined): string =>
  value === undefined ? "<unset>" : value ? "True" : "False";
