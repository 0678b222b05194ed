/** Kinds whose status is written through its own subresource only. */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Strategy } from "../kind.ts";

/** Clients never write status through the main resource. Changes `next`. */
export function keepStatus<T extends KubeObject>(next: T, prev: T): T {
  if (prev.status === undefined) delete next.status;
  else next.status = prev.status;
  return next;
}

/** The status subresource changes nothing but status and metadata. */
export function onlyStatus<T extends KubeObject>(next: T, prev: T): T {
  const result: T = { ...prev, metadata: next.metadata };
  if (next.status === undefined) delete result.status;
  else result.status = next.status;
  return result;
}

const METADATA_OF_CLIENTS = [
  "labels",
  "annotations",
  "finalizers",
  "ownerReferences",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** Some kinds' status endpoint leaves metadata as it is, too. */
export function onlyStatusNoMetadata<T extends KubeObject>(next: T, prev: T): T {
  const result = onlyStatus(next, prev);
  const metadata = { ...result.metadata };
  for (const field of METADATA_OF_CLIENTS) {
    if (prev.metadata[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: prev.metadata[field] });
  }
  result.metadata = metadata;
  return result;
}

/**
 * The hooks of such a kind. `check` looks at status writes; `prepare` changes them before; `initial` makes the status
 * of a new object, by default the empty one that Go writes.
 */
export function separateStatus<T extends KubeObject>({
  check,
  prepare,
  keepsMetadata = false,
  initial = () => ({}),
}: {
  check?: (next: T, prev: T) => FieldError[];
  prepare?: (next: T, prev: T) => T;
  keepsMetadata?: boolean;
  initial?: (next: T) => T["status"];
} = {}): Required<Pick<Strategy<T>, "prepareForCreate" | "prepareForUpdate" | "subresources">> {
  const only = keepsMetadata ? onlyStatusNoMetadata<T> : onlyStatus<T>;
  const prepareForUpdate = prepare ? (next: T, prev: T): T => prepare(only(next, prev), prev) : only;
  return {
    prepareForCreate(next) {
      const status = initial(next);
      if (status === undefined) delete next.status;
      else next.status = status;
      return next;
    },
    prepareForUpdate: keepStatus,
    subresources: { status: { prepareForUpdate, ...(check && { validateUpdate: check }) } },
  };
}
