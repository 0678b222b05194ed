/**
 * CustomResourceDefinition. Schemas are checked where custom resources are.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../machinery/meta/names.ts";
import { checkRequiredOneOf } from "../common/checks.ts";
import { nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { keepStatus, onlyStatusNoMetadata } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { checkApproval } from "./approval.ts";
import { checkConversion } from "./conversion.ts";
import { checkJoined, checkNames, checkNamesPresent } from "./names.ts";
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from "./v1-types.ts";
import { checkStoredVersions, checkVersions } from "./versions.ts";

const HTTPS_PORT = 443;

function defaults(next: CustomResourceDefinition): CustomResourceDefinition {
  next.spec ??= {} as CustomResourceDefinition["spec"];
  const { spec } = next;
  spec.names ??= {} as CustomResourceDefinitionNames;
  spec.names.singular ||= (spec.names.kind ?? "").toLowerCase();
  if (spec.names.kind) spec.names.listKind ||= `${spec.names.kind}List`;
  spec.conversion ??= { strategy: "None" };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= HTTPS_PORT;
  return next;
}

function checkSpec(
  errors: FieldError[],
  { spec }: CustomResourceDefinition,
  prev: CustomResourceDefinition | undefined,
): void {
  const { group = "", names, conversion, preserveUnknownFields } = spec;
  if (group === "") errors.push(required("spec.group"));
  else if (dns1123Subdomain(group).length > 0) checkJoined(errors, group, "spec.group", dns1123Subdomain(group));
  else if (!group.includes(".")) errors.push(invalid("spec.group", group, "should be a domain with at least one dot"));
  checkRequiredOneOf(errors, spec.scope, "spec.scope", ["Cluster", "Namespaced"]);
  const lifted: FieldError[] = [];
  checkVersions(errors, lifted, spec.versions ?? [], prev?.spec.versions);
  checkNamesPresent(errors, names, "spec.names");
  checkNames(errors, names, "spec.names");
  errors.push(...lifted);
  if (preserveUnknownFields && conversion && conversion.strategy !== "None") {
    const detail = "must be None if spec.preserveUnknownFields is true";
    errors.push(invalid("spec.conversion.strategy", conversion.strategy, detail));
  }
  checkConversion(errors, conversion, prev?.spec.conversion);
}

function check(next: CustomResourceDefinition, prev?: CustomResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const { spec, metadata, status } = next;
  const name = metadata.name ?? "";
  // A name does not change, and neither do the plural and the group.
  if (!prev && name !== `${spec.names.plural ?? ""}.${spec.group ?? ""}`) {
    errors.push(invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'));
  }
  checkSpec(errors, next, prev);
  if (prev) {
    if (isEstablished(prev)) {
      checkImmutable(errors, spec.scope, prev.spec.scope, "spec.scope");
      checkImmutable(errors, spec.names.kind, prev.spec.names.kind, "spec.names.kind");
    }
    checkImmutable(errors, spec.group, prev.spec.group, "spec.group");
    checkImmutable(errors, spec.names.plural, prev.spec.names.plural, "spec.names.plural");
  }
  if (status?.acceptedNames) checkNames(errors, status.acceptedNames, "status.acceptedNames");
  checkStoredVersions(errors, status?.storedVersions ?? [], spec.versions ?? []);
  checkApproval(errors, next, prev);
  if (spec.preserveUnknownFields && !prev?.spec.preserveUnknownFields) {
    const detail =
      "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
    errors.push(invalid("spec.preserveUnknownFields", true, detail));
  }
  return errors;
}

const isEstablished = ({ status }: CustomResourceDefinition): boolean =>
  status?.conditions?.some((condition) => condition.type === "Established" && condition.status === "True") ?? false;

export const customResourceDefinition: Strategy<CustomResourceDefinition> = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults,
  prepareForCreate(next) {
    const stored = (next.spec.versions ?? []).filter((version) => version.storage).map((version) => version.name);
    next.status = { conditions: [], acceptedNames: { plural: "", kind: "" }, storedVersions: stored };
    return next;
  },
  prepareForUpdate(next, prev) {
    keepStatus(next, prev);
    const stored = next.status?.storedVersions ?? [];
    const added = (next.spec.versions ?? [])
      .filter((version) => version.storage && !stored.includes(version.name))
      .map((version) => version.name);
    // Once a version has been stored in, it stays listed until its objects have been migrated.
    if (added.length > 0) next.status = { ...next.status, storedVersions: [...stored, ...added] };
    return next;
  },
  subresources: {
    status: {
      prepareForUpdate: onlyStatusNoMetadata,
      validateUpdate({ status }) {
        const errors: FieldError[] = [];
        if (status?.acceptedNames) checkNames(errors, status.acceptedNames, "status.acceptedNames");
        return errors;
      },
    },
  },
  validateCreate: (next) => check(next),
  validateUpdate: check,
  row: (object) => [nameOf(object), object.metadata.creationTimestamp ?? null],
};
