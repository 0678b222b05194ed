import type { StoredObject } from "../store/contract.ts";
import { StoreError } from "../store/contract.ts";
import { fromStorage } from "./convert.ts";
import { removeStored } from "./delete.ts";
import { type DeleteOptions, warnOfOrphans } from "./deletion.ts";
import type { Caller, Environment, Target } from "./environment.ts";
import { parseSelection, selects } from "./selection.ts";

/** Deleted in one turn; between batches others get theirs. */
export const BATCH_ROWS = 200;

/**
 * One batch of a collection's deletion: at most `BATCH_ROWS` objects behind `after`, and at most `most`.
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
    most?: number;
  },
): { texts: string[]; next?: { namespace: string; name: string } } {
  const { target, caller, options, after, most = BATCH_ROWS } = request;
  const { kind, namespace } = target;
  warnOfOrphans(caller.warn, options, kind);
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
  for (const [i, row] of rows.entries()) {
    const { namespace, name } = row;
    const isLast = i + 1 === rows.length && rows.length < BATCH_ROWS;
    if (!selection || selects(selection, kind, fromStorage(row.value, kind))) {
      const one = { ...target, namespace, name };
      removeIfThere(() => removeStored(env, { target: one, caller, options, row }));
      texts.push(row.value);
    }
    if (texts.length === most || i + 1 === BATCH_ROWS) return isLast ? { texts } : { texts, next: { namespace, name } };
  }
  return { texts };
}

/** Deleting one object may have taken another of the batch with it. */
function removeIfThere(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof StoreError && error.code === "NotFound")) throw error;
  }
}
