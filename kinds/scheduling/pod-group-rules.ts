/** What Workloads and PodGroups say alike. Source: KEP-4671 (gang scheduling), scheduling.k8s.io/v1alpha2. */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import {
  checkLabel,
  checkOneOf,
  checkPresent,
  checkQualifiedName,
  checkSubdomain,
  NOT_POSITIVE,
} from "../common/checks.ts";
import { checkList, checkSet } from "../common/lists.ts";
import type {
  PodGroupResourceClaim,
  PodGroupSchedulingPolicy,
  PodGroupTemplate,
} from "../generated/api/scheduling-v1alpha2.ts";

const MAX_RESOURCE_CLAIMS = 4;
const MAX_TOPOLOGY_CONSTRAINTS = 1;

function checkPolicy(errors: FieldError[], policy: PodGroupSchedulingPolicy | undefined, path: string): void {
  const { basic, gang } = policy ?? {};
  if (basic && gang) {
    const detail = "exactly one of `basic`, `gang` is required, but multiple fields are set";
    errors.push(invalid(path, "{`basic`, `gang`}", detail));
  } else if (gang) {
    const at = `${path}.gang.minCount`;
    if (!gang.minCount) errors.push(required(at));
    else if (gang.minCount < 0) errors.push(invalid(at, gang.minCount, NOT_POSITIVE));
  } else if (!basic) errors.push(invalid(path, "", "must specify one of: `basic`, `gang`"));
}

function checkClaim(errors: FieldError[], claim: PodGroupResourceClaim, path: string): void {
  checkLabel(errors, claim.name, `${path}.name`);
  const { resourceClaimName, resourceClaimTemplateName } = claim;
  const set = [resourceClaimName, resourceClaimTemplateName].filter((name) => name !== undefined);
  const which = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
  if (set.length !== 1) errors.push(set.length === 0 ? required(path, which) : invalid(path, claim, which));
  if (resourceClaimName !== undefined) checkSubdomain(errors, resourceClaimName, `${path}.resourceClaimName`);
  if (resourceClaimTemplateName !== undefined) {
    checkSubdomain(errors, resourceClaimTemplateName, `${path}.resourceClaimTemplateName`);
  }
}

/** A group, or the template of one. */
export function checkGroup(errors: FieldError[], group: Omit<PodGroupTemplate, "name">, path: string): void {
  checkPolicy(errors, group.schedulingPolicy, `${path}.schedulingPolicy`);
  checkList(errors, group.schedulingConstraints?.topology, `${path}.schedulingConstraints.topology`, {
    max: MAX_TOPOLOGY_CONSTRAINTS,
    each(found, { key }, at) {
      if (checkPresent(found, key, `${at}.key`)) checkQualifiedName(found, key, `${at}.key`);
    },
  });
  checkSet(errors, group.resourceClaims, `${path}.resourceClaims`, {
    max: MAX_RESOURCE_CLAIMS,
    key: ({ name }) => name,
    each: checkClaim,
  });
  if (group.disruptionMode !== undefined) {
    checkOneOf(errors, group.disruptionMode, `${path}.disruptionMode`, ["Pod", "PodGroup"]);
  }
  if (group.priorityClassName) checkSubdomain(errors, group.priorityClassName, `${path}.priorityClassName`);
}
