import type { StoredObject } from "../store/contract.ts";
import { StoreError } from "../store/contract.ts";
import { fromStorage } from "./convert.ts";
import { removeStored } from "./delete.ts";
import type { DeleteOptions } from "./deletion.ts";
import type { Caller, Environment, Target } from "./environment.ts";
import { parseSelection, selects } from "./selection.ts";

/** Deleted in one turn; between batches others get theirs. */
export const BATCH_ROWS = 200;

/**
 * One batch of a collection's deletion: at most `BATCH_ROWS` objects behind `after`.
 * @returns the last texts of what was deleted, and where to go on; no `next` when all are done
 * @throws ApiError, StoreError; then nothing of this batch was written
 */
export function deleteBatch(
  env: Environment,
  request: {
    target: Target;
    caller: Caller;
    options: DeleteOptions;
    selectors: { labelSelector: string | null; fieldSelector: string | null };
    after: { namespace: string; name: string } | undefined;
  },
): { texts: string[]; next?: { namespace: string; name: string } } {
  const { target, caller, options, after } = request;
  const { kind, namespace } = target;
  const selection = parseSelection(kind, request.selectors);
  const rows: StoredObject[] = [
    ...env.store.list({
      resource: kind.storage,
      ...((namespace !== "" || !kind.namespaced) && { namespace }),
      ...(after && { after }),
      limit: BATCH_ROWS,
      ...(selection?.contains !== undefined && { contains: selection.contains }),
    }),
  ];
  const texts: string[] = [];
  for (const row of rows) {
    if (selection && !selects(selection, kind, fromStorage(row.value, kind))) continue;
    const one = { ...target, namespace: row.namespace, name: row.name };
    removeIfThere(() => removeStored(env, { target: one, caller, options, row }));
    texts.push(row.value);
  }
  const last = rows.at(-1);
  return rows.length === BATCH_ROWS && last
    ? { texts, next: { namespace: last.namespace, name: last.name } }
    : { texts };
}

/** Deleting one object may have taken another of the batch with it. */
function removeIfThere(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof StoreError && error.code === "NotFound")) throw error;
  }
}
