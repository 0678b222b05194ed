/** Requests and limits of containers and pods. */
import {
  type FieldError,
  fieldForbidden,
  invalid,
  notSupported,
  required,
} from "../../../machinery/meta/field-error.ts";
import { checkLabel } from "../../common/checks.ts";
import {
  checkNonNegativeQuantity,
  compareTexts,
  isWhole,
  quantityOrZero,
  type ResourceList,
  showQuantity,
} from "../../common/quantities.ts";
import type { ResourceClaim, ResourceRequirements } from "../v1-types.ts";
import {
  checkContainerResourceName,
  checkResourceName,
  hugePageSize,
  isHugePages,
  isInteger,
  isOvercommitAllowed,
  isPodLevel,
} from "./resource-names.ts";

/** Not negative, and whole where halves make no sense. */
export function checkResourceValue(
  errors: FieldError[],
  { name, value, path }: { name: string; value: string; path: string },
): void {
  const nano = checkNonNegativeQuantity(errors, value, path);
  if (nano !== undefined && isInteger(name) && !isWhole(nano)) {
    errors.push(invalid(path, showQuantity(value), "must be an integer"));
  }
}

type NameCheck = (errors: FieldError[], name: string, path: string) => void;

function checkList(errors: FieldError[], list: ResourceList, path: string, checkName: NameCheck): void {
  for (const name of Object.keys(list)) {
    const keyPath = `${path}[${name}]`;
    const value = list[name] as string;
    checkName(errors, name, keyPath);
    checkResourceValue(errors, { name, value, path: keyPath });
    if (isHugePages(name)) {
      const size = quantityOrZero(hugePageSize(name));
      if (size <= 0n || quantityOrZero(value) % size !== 0n) {
        const shown = showQuantity(value);
        errors.push(invalid(keyPath, shown, `${shown} is not positive integer multiple of ${name}`));
      }
    }
  }
}

const names = (requirements: ResourceRequirements): string[] => [
  ...Object.keys(requirements.limits ?? {}),
  ...Object.keys(requirements.requests ?? {}),
];

function checkRequirements(
  errors: FieldError[],
  requirements: ResourceRequirements,
  path: string,
  checkName: NameCheck,
): void {
  const limits = requirements.limits ?? {};
  const requests = requirements.requests ?? {};
  checkList(errors, limits, `${path}.limits`, checkName);
  checkList(errors, requests, `${path}.requests`, checkName);
  for (const name of Object.keys(requests)) {
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    const request = requests[name] as string;
    if (limit === undefined) {
      if (!isOvercommitAllowed(name)) {
        errors.push(required(`${path}.limits`, "Limit must be set for non overcommitable resources"));
      }
      continue;
    }
    const order = compareTexts(request, limit);
    const shown = showQuantity(request);
    if (order !== 0 && !isOvercommitAllowed(name)) {
      errors.push(invalid(`${path}.requests`, shown, `must be equal to ${name} limit of ${showQuantity(limit)}`));
    } else if (order > 0) {
      const detail = `must be less than or equal to ${name} limit of ${showQuantity(limit)}`;
      errors.push(invalid(`${path}.requests`, shown, detail));
    }
  }
  const all = names(requirements);
  if (all.some(isHugePages) && !all.some((name) => name === "cpu" || name === "memory")) {
    errors.push(fieldForbidden(path, "HugePages require cpu or memory"));
  }
}

/** Each claim of a container must be one of the pod's. */
function checkClaims(
  errors: FieldError[],
  claims: readonly ResourceClaim[],
  path: string,
  podClaims: ReadonlySet<string>,
): void {
  const seen = new Set<string>();
  claims.forEach((claim, i) => {
    const item = `${path}[${i}]`;
    if (!claim.name) {
      errors.push(required(item));
      return;
    }
    const key = claim.request ? `${claim.name}/${claim.request}` : claim.name;
    if (claim.request) checkLabel(errors, claim.request, `${item}.request`);
    const overlaps = !claim.request && [...seen].some((other) => other.startsWith(`${claim.name}/`));
    if (seen.has(claim.name) || seen.has(key) || overlaps) {
      errors.push({
        reason: "FieldValueDuplicate",
        field: item,
        message: `Duplicate value: ${JSON.stringify(seen.has(claim.name) || overlaps ? claim.name : key)}`,
      });
    }
    seen.add(key);
    if (!podClaims.has(claim.name)) {
      const known = podClaims.size === 0 ? " which is empty" : `: ${[...podClaims].sort().join(", ")}`;
      const message = `Not found: ${JSON.stringify(claim.name)}: must be one of the names in pod.spec.resourceClaims${known}`;
      errors.push({ reason: "FieldValueNotFound", field: item, message });
    }
  });
}

/** What the runtime takes for a pod besides its containers, checked as if it were limits. */
export const checkOverhead = (errors: FieldError[], overhead: ResourceList, path: string): void =>
  checkRequirements(errors, { limits: overhead }, path, checkContainerResourceName);

export function checkContainerResources(
  errors: FieldError[],
  requirements: ResourceRequirements | undefined,
  path: string,
  podClaims: ReadonlySet<string>,
): void {
  if (!requirements) return;
  if (requirements.limits || requirements.requests) {
    checkRequirements(errors, requirements, path, checkContainerResourceName);
  }
  if (requirements.claims) checkClaims(errors, requirements.claims, `${path}.claims`, podClaims);
}

function checkPodLevelName(errors: FieldError[], name: string, path: string): void {
  const before = errors.length;
  checkResourceName(errors, name, path);
  if (errors.length === before && !isPodLevel(name)) {
    errors.push(notSupported(path, name, ["cpu", "hugepages-", "memory"]));
  }
}

/** `spec.resources`; that containers fit in is checked in pod-resources.ts. */
export function checkPodLevelResources(errors: FieldError[], requirements: ResourceRequirements, path: string): void {
  if (requirements.claims) {
    errors.push(fieldForbidden(`${path}.claims`, "claims may not be set for Resources at pod-level"));
  }
  checkRequirements(errors, requirements, path, checkPodLevelName);
}
