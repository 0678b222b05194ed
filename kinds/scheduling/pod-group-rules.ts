/** What Workloads and PodGroups say alike. Source: KEP-4671 (gang scheduling), scheduling.k8s.io/v1alpha2. */
import { duplicate, type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { checkLabel, checkOneOf, checkPresent, checkQualifiedName, checkSubdomain } from "../common/checks.ts";
import { checkList } from "../common/lists.ts";
import type {
  PodGroupResourceClaim,
  PodGroupSchedulingPolicy,
  PodGroupTemplate,
  PodGroupTemplateReference,
} from "../generated/api/scheduling-v1alpha2.ts";

export const MAX_RESOURCE_CLAIMS = 4;
const MAX_TOPOLOGY_CONSTRAINTS = 1;
/** Of classes that users define; those of the system are for pods. */
const HIGHEST_USER_PRIORITY = 1_000_000_000;

/** Of the fields of `value` exactly one is set. */
function checkUnion(errors: FieldError[], value: object, path: string, fields: readonly string[]): void {
  const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
  const set = fields.filter((field) => (value as { [field: string]: unknown })[field] !== undefined);
  if (set.length === 0) errors.push(invalid(path, "", `must specify one of: ${quoted(fields)}`));
  if (set.length < 2) return;
  const detail = `exactly one of ${quoted(fields)} is required, but multiple fields are set`;
  errors.push(invalid(path, `{${quoted(set)}}`, detail));
}

/** Items that a name tells apart. Whole items are shown as doubled. */
export function checkNamed<T extends { name: string }>(
  errors: FieldError[],
  items: readonly T[] | undefined,
  path: string,
  { max, each }: { max: number; each: (errors: FieldError[], item: T, path: string) => void },
): void {
  if (!items) return;
  if (items.length <= max) {
    items.forEach((item, i) => {
      if (items.findIndex(({ name }) => name === item.name) < i) errors.push(duplicate(`${path}[${i}]`, item));
    });
  }
  checkList(errors, items, path, { max, each });
}

export function checkRequiredLabel(errors: FieldError[], name: string | undefined, path: string): void {
  if (checkPresent(errors, name, path)) checkLabel(errors, name, path);
}

function checkPolicy(errors: FieldError[], policy: PodGroupSchedulingPolicy | undefined, path: string): void {
  checkUnion(errors, policy ?? {}, path, ["basic", "gang"]);
  if (!policy?.gang) return;
  const { minCount } = policy.gang;
  const at = `${path}.gang.minCount`;
  if (checkPresent(errors, minCount || undefined, at) && minCount < 1) {
    errors.push(invalid(at, minCount, "must be greater than or equal to 1"));
  }
}

export function checkTemplateReference(errors: FieldError[], from: PodGroupTemplateReference, path: string): void {
  checkUnion(errors, from, path, ["workload"]);
  if (!from.workload) return;
  const { workloadName, podGroupTemplateName } = from.workload;
  const at = `${path}.workload`;
  if (checkPresent(errors, workloadName, `${at}.workloadName`)) {
    checkSubdomain(errors, workloadName, `${at}.workloadName`);
  }
  checkRequiredLabel(errors, podGroupTemplateName, `${at}.podGroupTemplateName`);
}

function checkClaim(errors: FieldError[], claim: PodGroupResourceClaim, path: string): void {
  const sources = ["resourceClaimName", "resourceClaimTemplateName"] as const;
  checkUnion(errors, claim, path, sources);
  checkRequiredLabel(errors, claim.name, `${path}.name`);
  for (const source of sources) {
    if (claim[source] !== undefined) checkSubdomain(errors, claim[source], `${path}.${source}`);
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
  checkNamed(errors, group.resourceClaims, `${path}.resourceClaims`, { max: MAX_RESOURCE_CLAIMS, each: checkClaim });
  if (group.disruptionMode !== undefined) {
    checkOneOf(errors, group.disruptionMode, `${path}.disruptionMode`, ["Pod", "PodGroup"]);
  }
  if (group.priorityClassName) checkSubdomain(errors, group.priorityClassName, `${path}.priorityClassName`);
  if ((group.priority ?? 0) > HIGHEST_USER_PRIORITY) {
    errors.push(invalid(`${path}.priority`, group.priority, `must be less than or equal to ${HIGHEST_USER_PRIORITY}`));
  }
}
