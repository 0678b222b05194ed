/** The forms objects are shown in: themselves, their metadata alone, or rows of a table. All work from texts. */
import type { Kind } from "../../kinds/kind.ts";
import { type IncludeObject, tableColumns } from "../../machinery/codec/table.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { fromStorage, textFromStorage } from "./convert.ts";
import { apiVersionOf } from "./environment.ts";
import { textPrefix } from "./object-text.ts";

/** What a list says of itself. */
export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export interface Renderer {
  /** One object as the whole answer. */
  single(text: string): string;
  /** The beginning of a list, up to its first item. */
  listHead(meta: ListMeta): string;
  /** One item. Items are joined with commas. */
  item(text: string): string;
  /** What closes a list. */
  listTail: string;
  /** `item` gives texts that begin with this as they are. Absent: none. */
  verbatim?: string;
}

const META_V1 = "meta.k8s.io/v1";

/** The stored text as it is. */
export function objectRenderer(kind: Kind): Renderer {
  const prefix = textPrefix(kind);
  const item = (text: string): string => textFromStorage(text, kind, prefix);
  const head = `{"kind":${JSON.stringify(`${kind.kind}List`)},"apiVersion":${JSON.stringify(apiVersionOf(kind))},"metadata":`;
  return {
    single: item,
    listHead: (meta) => `${head}${JSON.stringify(meta)},"items":[`,
    item,
    listTail: "]}",
    verbatim: prefix,
  };
}

/** @param version of the form: "meta.k8s.io/v1" or "meta.k8s.io/v1beta1" */
export function metadataRenderer(version = META_V1): Renderer {
  const item = (text: string): string =>
    `{"kind":"PartialObjectMetadata","apiVersion":"${version}","metadata":${JSON.stringify(metadataOf(text))}}`;
  const head = `{"kind":"PartialObjectMetadataList","apiVersion":"${version}","metadata":`;
  return { single: item, listHead: (meta) => `${head}${JSON.stringify(meta)},"items":[`, item, listTail: "]}" };
}

const metadataOf = (text: string): unknown => (JSON.parse(text) as KubeObject).metadata;

export interface TableOptions {
  includeObject: IncludeObject;
  /** Dates the ages in the cells. */
  nowMs: () => number;
  /** Of the form, as in metadataRenderer. */
  version?: string;
}

export function tableRenderer(kind: Kind, options: TableOptions): Renderer {
  const { version = META_V1 } = options;
  const definitions = `"columnDefinitions":${JSON.stringify(tableColumns(kind.columns))},"rows":[`;
  const row = (text: string): string => {
    const object = fromStorage(text, kind);
    const cells = JSON.stringify(cellsOf(kind, object, options.nowMs()));
    return `{"cells":${cells},${rowConditions(kind, object)}${rowObject(object, text, kind, options)}}`;
  };
  const listHead = (meta: ListMeta): string =>
    `{"kind":"Table","apiVersion":"${version}","metadata":${JSON.stringify(meta)},${definitions}`;
  return {
    single: (text) =>
      `${listHead({ resourceVersion: fromStorage(text, kind).metadata.resourceVersion ?? "" })}${row(text)}]}`,
    listHead,
    item: row,
    listTail: "]}",
  };
}

export const cellsOf = (kind: Kind, object: KubeObject, nowMs: number): unknown[] => [
  ...(kind.strategy.row?.(object, nowMs) ?? [object.metadata.name ?? ""]),
];

function rowConditions({ strategy }: Kind, object: KubeObject): string {
  const conditions = strategy.rowConditions?.(object) ?? [];
  return conditions.length === 0 ? "" : `"conditions":${JSON.stringify(conditions)},`;
}

function rowObject(
  object: KubeObject,
  text: string,
  kind: Kind,
  { includeObject, version = META_V1 }: TableOptions,
): string {
  if (includeObject === "None") return `"object":null`;
  if (includeObject === "Object") return `"object":${textFromStorage(text, kind)}`;
  return `"object":{"kind":"PartialObjectMetadata","apiVersion":"${version}","metadata":${JSON.stringify(object.metadata)}}`;
}
