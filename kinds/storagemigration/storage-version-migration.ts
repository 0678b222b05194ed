/** StorageVersionMigration. Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/storage-version-migration/ */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { dns1035Label, dns1123Subdomain } from "../../machinery/meta/names.ts";
import { checkPresent } from "../common/checks.ts";
import { checkConditions } from "../common/conditions.ts";
import { nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import type { StorageVersionMigration } from "../generated/api/storagemigration-v1beta1.ts";
import type { Strategy } from "../kind.ts";

/** One error with all messages in it. */
function checkJoined(errors: FieldError[], value: string, path: string, messages: readonly string[]): void {
  if (messages.length > 0) errors.push(invalid(path, value, messages.join(",")));
}

function specErrors({ spec }: StorageVersionMigration): FieldError[] {
  const errors: FieldError[] = [];
  const { resource, group } = spec.resource ?? {};
  const path = "spec.resource";
  if (checkPresent(errors, resource, `${path}.resource`, "resource is required to be set")) {
    checkJoined(errors, resource, `${path}.resource`, dns1035Label(resource));
  }
  if (group) checkJoined(errors, group, `${path}.group`, dns1123Subdomain(group));
  return errors;
}

type EndState = "Failed" | "Running" | "Succeeded";

const has = ({ status }: StorageVersionMigration, type: EndState): boolean =>
  status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;

const VERSION = /^(0|[1-9]\d*)$/;

/** A migration ends once, one way or the other. */
function statusErrors(next: StorageVersionMigration, prev: StorageVersionMigration): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceVersion = "", conditions } = next.status ?? {};
  const [path, versionPath] = ["status.conditions", "status.resourceVersion"];
  if (resourceVersion !== "" && !VERSION.test(resourceVersion)) {
    const detail = `resource version is not well formed: ${resourceVersion}`;
    errors.push(invalid(versionPath, resourceVersion, detail));
  }
  checkConditions(errors, conditions, path);
  const old = prev.status?.resourceVersion;
  if (old && old !== resourceVersion) errors.push(invalid(versionPath, resourceVersion, "field is immutable"));
  const refuse = (wrong: boolean, detail: string): void => {
    if (wrong) errors.push(invalid(path, conditions ?? null, detail));
  };
  const [succeeded, failed, running] = [has(next, "Succeeded"), has(next, "Failed"), has(next, "Running")];
  refuse(succeeded && failed, "Both success and failed conditions cannot be true at the same time");
  refuse(succeeded && running, "Running condition cannot be true when success condition is true");
  refuse(failed && running, "Running condition cannot be true when failed condition is true");
  refuse(has(prev, "Succeeded") && !succeeded, "Success condition cannot be set to false once it is true");
  refuse(has(prev, "Failed") && !failed, "Failed condition cannot be set to false once it is true");
  return errors;
}

export const storageVersionMigration: Strategy<StorageVersionMigration> = {
  defaults(next) {
    next.spec ??= { resource: { group: "", resource: "" } };
    return next;
  },
  allowUnconditionalUpdate: false,
  ...separateStatus<StorageVersionMigration>({ keepsMetadata: true, check: statusErrors }),
  validate: specErrors,
  validateUpdate: (next, prev) =>
    same(next.spec, prev.spec) ? [] : [invalid("spec", next.spec, "field is immutable")],
  row: ({ metadata, spec }) => [
    nameOf({ metadata } as StorageVersionMigration),
    spec.resource?.group ? `${spec.resource.resource ?? ""}.${spec.resource.group}` : (spec.resource?.resource ?? ""),
  ],
};
