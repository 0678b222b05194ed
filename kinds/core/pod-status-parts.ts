/** What kubelets and the scheduler tell of a pod's devices and users. */
import { duplicate, type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { checkLabel, checkOneOf, checkSubdomain } from "../common/checks.ts";
import { checkGroupId, checkUserId } from "./pod-template/security-context.ts";
import type { Container, ContainerStatus, PodExtendedResourceClaimStatus, PodSpec, PodStatus } from "./v1-types.ts";

const NO_RESOURCE =
  "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests";
const NO_CONTAINER = "must match the name of an entry in spec.initContainers.name or spec.containers.name";

function checkExtended(errors: FieldError[], status: PodExtendedResourceClaimStatus, spec: PodSpec): void {
  const path = "status.extendedResourceClaimStatus";
  const { requestMappings: mappings = [], resourceClaimName: claim = "" } = status;
  if (mappings.length === 0) {
    errors.push(required(`${path}.requestMappings`, "at least one request mapping is required"));
  }
  const seen = new Set<string>();
  mappings.forEach(({ containerName = "", resourceName = "", requestName = "" }, i) => {
    const item = `${path}.requestMappings[${i}]`;
    const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
    const container = all.findLast(({ name }) => name === containerName);
    if (!container) errors.push(invalid(`${item}.containerName`, containerName, NO_CONTAINER));
    else if (!Object.hasOwn(container.resources?.requests ?? {}, resourceName)) {
      errors.push(invalid(`${item}.resourceName`, resourceName, NO_RESOURCE));
    }
    checkLabel(errors, requestName, `${path}.requestName`);
    const key = JSON.stringify([containerName, resourceName, requestName]);
    if (seen.has(key)) {
      errors.push(duplicate(`${item}.containerName`, containerName));
      errors.push(duplicate(`${item}.resourceName`, resourceName));
      errors.push(duplicate(`${item}.requestName`, requestName));
    }
    seen.add(key);
  });
  if (claim === "") errors.push(required(`${path}.resourceClaimName`));
  else checkSubdomain(errors, claim, `${path}.resourceClaimName`);
}

/** Claims that were made for the pod. */
export function checkClaimStatuses(errors: FieldError[], status: PodStatus, spec: PodSpec): void {
  const seen = new Set<string>();
  status.resourceClaimStatuses?.forEach(({ name = "", resourceClaimName: claim }, i) => {
    const item = `status.resourceClaimStatuses[${i}]`;
    if (!spec.resourceClaims?.some((wanted) => wanted.name === name)) {
      errors.push(invalid(`${item}.name`, name, "must match the name of an entry in `spec.resourceClaims`"));
    }
    if (seen.has(name)) errors.push(duplicate(`${item}.name`, name));
    seen.add(name);
    if (claim !== undefined) checkSubdomain(errors, claim, `${item}.resourceClaimName`);
  });
  if (status.extendedResourceClaimStatus) checkExtended(errors, status.extendedResourceClaimStatus, spec);
}

/** Who containers run as. */
export function checkUsers(
  errors: FieldError[],
  statuses: readonly ContainerStatus[] | undefined,
  path: string,
  osName: string,
): void {
  statuses?.forEach(({ user }, i) => {
    const linux = user?.linux;
    if (!linux) return;
    const at = `${path}[${i}].user.linux`;
    if (osName === "windows") errors.push(fieldForbidden(at, "cannot be set for a windows pod"));
    if (osName !== "linux") return;
    checkUserId(errors, linux.uid ?? 0, `${at}.uid`);
    checkGroupId(errors, linux.gid ?? 0, `${at}.gid`);
    linux.supplementalGroups?.forEach((group, g) => {
      checkGroupId(errors, group, `${at}.supplementalGroups[${g}]`);
    });
  });
}

const HEALTH = ["Healthy", "Unhealthy", "Unknown"];
const CLAIM = "claim:";
const NO_CLAIM =
  "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";

function isAllocated({ resources }: Container, name: string): boolean {
  if (!name.startsWith(CLAIM)) return Object.hasOwn(resources?.requests ?? {}, name);
  return (resources?.claims ?? []).some(
    (claim) => name === `${CLAIM}${claim.name}${claim.request ? `/${claim.request}` : ""}`,
  );
}

/** How devices fare. `containers` is undefined for ephemeral ones, which have none. */
export function checkResourceHealth(
  errors: FieldError[],
  statuses: readonly ContainerStatus[] | undefined,
  path: string,
  containers: readonly Container[] | undefined,
): void {
  statuses?.forEach(({ name: containerName, allocatedResourcesStatus: allocated }, i) => {
    if (!allocated?.length) return;
    const at = `${path}[${i}].allocatedResourcesStatus`;
    if (!containers) {
      errors.push(fieldForbidden(at, "must not be specified in container status"));
      return;
    }
    const container = containers.find(({ name }) => name === containerName);
    allocated.forEach(({ name = "", resources }, a) => {
      if (container && !isAllocated(container, name)) {
        const detail = name.startsWith(CLAIM) ? NO_CLAIM : "must match one of the container's resource requests";
        errors.push(invalid(`${at}[${a}].name`, name, detail));
      }
      const seen = new Set<string>();
      resources?.forEach(({ health, resourceID = "" }, r) => {
        const item = `${at}[${a}].resources[${r}]`;
        checkOneOf(errors, health ?? "", `${item}.health`, HEALTH);
        if (seen.has(resourceID)) errors.push(duplicate(`${item}.resourceID`, resourceID));
        seen.add(resourceID);
      });
    });
  });
}
