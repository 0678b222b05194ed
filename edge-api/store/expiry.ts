/** Objects that live for a while after they were last written, and then go. */
import type { Encode, ObjectKey, Sql, Store, StoredObject } from "./contract.ts";

/**
 * In order of revisions, which is that of their writing: the log's own order, so that nothing is sorted. Live objects
 * only: what was written again since is passed over.
 */
const OLDEST = `SELECT v.namespace, v.name, v.written_ms
  FROM versions v CROSS JOIN objects o ON o.resource = v.resource AND o.namespace = v.namespace AND o.name = v.name
  WHERE v.resource = ? AND o.revision = v.revision AND o.deleted = 0 ORDER BY v.revision LIMIT ?`;

/** When the resource's object was written that was not written for longest; undefined when there is none. */
export function oldestWriteMs(sql: Sql, resource: string): number | undefined {
  const [row] = [...sql.exec(OLDEST, resource, 1)];
  return row?.[2] as number | undefined;
}

/** What a tombstone says of an object. */
export type Tombstone = (row: StoredObject) => Encode;

/**
 * Deletes objects of a resource whose last write lies before `beforeMs`, in one transaction: at most `limit`. Returns
 * how many, so that the caller goes on while it equals `limit`.
 */
export function expire(
  { sql, store, tombstone }: { sql: Sql; store: Store; tombstone: Tombstone },
  { resource, beforeMs, limit }: { resource: string; beforeMs: number; limit: number },
): number {
  const old: ObjectKey[] = [];
  for (const [namespace, name, writtenMs] of sql.exec(OLDEST, resource, limit)) {
    if ((writtenMs as number) < beforeMs) old.push({ resource, namespace: namespace as string, name: name as string });
  }
  removeAll(store, old, tombstone);
  return old.length;
}

/** Deletes what there is of these, in one transaction. */
export function removeAll(store: Store, keys: readonly ObjectKey[], tombstone: Tombstone): void {
  if (keys.length === 0) return;
  store.transaction(() => {
    for (const key of keys) {
      const row = store.get(key);
      if (row) store.delete(key, row.revision, tombstone(row));
    }
  });
}
