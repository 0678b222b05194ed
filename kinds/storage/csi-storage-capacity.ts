/** CSIStorageCapacity. Source: https://kubernetes.io/docs/concepts/storage/storage-capacity/ */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { checkSubdomain } from "../common/checks.ts";
import { checkNonNegativeQuantity, showQuantity } from "../common/quantities.ts";
import { nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { checkSelector } from "../common/selectors.ts";
import type { Strategy } from "../kind.ts";
import type { CSIStorageCapacity } from "./v1-types.ts";

export const csiStorageCapacity: Strategy<CSIStorageCapacity> = {
  allowUnconditionalUpdate: false,
  validate(next) {
    const errors: FieldError[] = [];
    checkSelector(errors, next.nodeTopology, "nodeTopology");
    checkSubdomain(errors, next.storageClassName ?? "", "storageClassName");
    if (next.capacity !== undefined) checkNonNegativeQuantity(errors, next.capacity, "capacity");
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.nodeTopology, prev.nodeTopology, "nodeTopology");
    checkImmutable(errors, next.storageClassName, prev.storageClassName, "storageClassName");
    return errors;
  },
  row: (object) => [
    nameOf(object),
    object.storageClassName ?? "",
    object.capacity === undefined ? "<unset>" : showQuantity(object.capacity),
  ],
};
