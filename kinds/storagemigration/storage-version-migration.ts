/** StorageVersionMigration. Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/storage-version-migration/ */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { checkPresent } from "../common/checks.ts";
import { nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import type { StorageVersionMigration } from "../generated/api/storagemigration-v1beta1.ts";
import type { Strategy } from "../kind.ts";

export const storageVersionMigration: Strategy<StorageVersionMigration> = {
  defaults(next) {
    next.spec ??= { resource: { group: "", resource: "" } };
    return next;
  },
  ...separateStatus<StorageVersionMigration>(),
  validate({ spec }) {
    const errors: FieldError[] = [];
    checkPresent(errors, spec.resource?.resource, "spec.resource.resource", "resource is required");
    return errors;
  },
  validateUpdate: (next, prev) =>
    same(next.spec, prev.spec) ? [] : [invalid("spec", next.spec, "field is immutable")],
  row: ({ metadata, spec }) => [
    nameOf({ metadata } as StorageVersionMigration),
    spec.resource?.group ? `${spec.resource.resource ?? ""}.${spec.resource.group}` : (spec.resource?.resource ?? ""),
  ],
};
