/** All objects of some resources at one revision, in pages: what controllers and the scheduler start from. */
import { detachManagedFields } from "../../machinery/apply/text.ts";
import type { Resource, SnapshotPage } from "../../machinery/cluster/contract.ts";
import { type Revision, type Store, StoreError } from "../store/contract.ts";

/** Length of the texts of one page. */
const PAGE_LENGTH = 4 * 1024 * 1024;

interface Position {
  at: Revision;
  /** Index into the resources asked for. */
  resource: number;
  after?: { namespace: string; name: string };
}

/** @throws Error named "SnapshotExpired" when the pages took longer than history is kept */
export function snapshotPage(store: Store, resources: readonly Resource[], next: string | undefined): SnapshotPage {
  const position: Position =
    next === undefined ? { at: store.revision(), resource: 0 } : (JSON.parse(next) as Position);
  const items: SnapshotPage["items"] = [];
  let length = 0;
  try {
    for (let i = position.resource; i < resources.length; i++) {
      const resource = resources[i]!;
      const after = i === position.resource ? position.after : undefined;
      for (const row of store.list({ resource, at: position.at, ...(after && { after }) })) {
        items.push({ resource, value: detachManagedFields(row.value).bare });
        length += row.value.length;
        if (length < PAGE_LENGTH) continue;
        const here: Position = { at: position.at, resource: i, after: { namespace: row.namespace, name: row.name } };
        return { revision: position.at, items, next: JSON.stringify(here) };
      }
    }
  } catch (error) {
    throw error instanceof StoreError && error.code === "Compacted" ? snapshotExpired() : error;
  }
  return { revision: position.at, items };
}

function snapshotExpired(): Error {
  const error = new Error("the snapshot's revision has been compacted: start again");
  error.name = "SnapshotExpired";
  return error;
}
