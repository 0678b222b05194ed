import type { AnyTable, Change } from "../../machinery/cluster/feed-cache.ts";
import type { Cached, Table } from "../../machinery/cluster/table.ts";
import type { ObjectMeta } from "../../machinery/meta/object.ts";

/** A resource that is followed, and who is told of its changes. */
export interface Followed {
  table: AnyTable;
  observe(change: Change): void;
}

export const follow = <T extends Cached>(table: Table<T>, observe: (change: Change<T>) => void): Followed => ({
  table,
  observe: observe as (change: Change) => void,
});

/** Always the same four fields: objects of one layout cost least. */
export const identityOf = ({ namespace, name, uid, resourceVersion }: ObjectMeta): ObjectMeta =>
  ({ namespace, name, uid, resourceVersion }) as ObjectMeta;
