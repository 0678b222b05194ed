import type { Status } from "../../machinery/meta/status.ts";
import type { Action } from "./controller.ts";

/** Nothing new can be made in a namespace that is being deleted: there is no use in trying again. */
export const isNamespaceTerminating = ({ details }: Status): boolean =>
  details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") ?? false;

/** Whether a failed op needs no other attempt: a change of what it depends on brings the key back by itself. */
export function isFine({ op, isFine: isFineHere }: Action, status: Status): boolean {
  if (op.verb === "create") {
    if (isNamespaceTerminating(status)) return true;
  } else if (status.reason === "NotFound") {
    return true;
  }
  // Another object has this name by now. (With a version as precondition it may be the same, changed.)
  const { uid, resourceVersion } = op.options?.preconditions ?? {};
  if (op.verb === "delete" && status.reason === "Conflict" && uid && !resourceVersion) return true;
  return isFineHere?.(status) ?? false;
}
