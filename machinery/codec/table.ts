/**
 * metav1.Table: what `kubectl get` asks for.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import type { KubeObject } from "../meta/object.ts";

export interface TableColumn {
  name: string;
  type: string;
  format: string;
  /** Required by the schema; may be empty. */
  description: string;
  /** Above 0: shown with `-o wide` only. */
  priority: number;
}

export type TableCell = string | number | boolean | null;

/** How much of the object goes with each row. */
export type IncludeObject = "None" | "Metadata" | "Object";

export interface TableRow {
  cells: TableCell[];
  object?: unknown;
}

export interface Table {
  kind: "Table";
  apiVersion: "meta.k8s.io/v1";
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  columnDefinitions: TableColumn[];
  rows: TableRow[];
}

/** A kind's column as the tables have it, without a description. */
export interface ColumnFact {
  name: string;
  type: string;
  format: string;
  priority: number;
  description?: string;
}

export const tableColumns = (columns: readonly ColumnFact[]): TableColumn[] =>
  columns.map(({ name, type, format, priority, description = "" }) => ({ name, type, format, description, priority }));

/** One row; `object` is what the client asked to go with it. */
export function tableRow(object: KubeObject, cells: TableCell[], include: IncludeObject): TableRow {
  if (include === "None") return { cells };
  return { cells, object: include === "Object" ? object : partialObject(object) };
}

/** meta.k8s.io/v1 PartialObjectMetadata */
export const partialObject = (object: KubeObject): KubeObject => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata: object.metadata,
});

export const makeTable = ({
  columns,
  rows,
  metadata,
}: {
  columns: readonly ColumnFact[];
  rows: TableRow[];
  metadata: Table["metadata"];
}): Table => ({
  kind: "Table",
  apiVersion: "meta.k8s.io/v1",
  metadata,
  columnDefinitions: tableColumns(columns),
  rows,
});
