/** What upstream knows about names of resources. Source: k8s.io/kubernetes/pkg/apis/core/helper. */
import { type FieldError, invalid } from "../../../machinery/meta/field-error.ts";
import { qualifiedName } from "../../../machinery/meta/names.ts";
import { addMessages } from "../../common/checks.ts";

const CONTAINER = new Set(["cpu", "memory", "ephemeral-storage"]);

/** Counted objects, which a ResourceQuota can limit. */
const COUNTED = new Set([
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);

const QUOTA = new Set([
  ...CONTAINER,
  ...COUNTED,
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "requests.storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
]);

const HUGE_PAGES = "hugepages-";

export const isHugePages = (name: string): boolean => name.startsWith(HUGE_PAGES);
/** The page size of "hugepages-2Mi": "2Mi". */
export const hugePageSize = (name: string): string => name.slice(HUGE_PAGES.length);
const isQuotaHugePages = (name: string): boolean => isHugePages(name) || name.startsWith(`requests.${HUGE_PAGES}`);

export const isNative = (name: string): boolean => !name.includes("/") || name.includes("kubernetes.io/");

export const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith("requests.") && qualifiedName(`requests.${name}`).length === 0;

export const isOvercommitAllowed = (name: string): boolean => isNative(name) && !isHugePages(name);
export const isInteger = (name: string): boolean => COUNTED.has(name) || isExtended(name);
export const isStandardQuota = (name: string): boolean => QUOTA.has(name) || isQuotaHugePages(name);
export const isPodLevel = (name: string): boolean => name === "cpu" || name === "memory" || isHugePages(name);

const isStandard = (name: string): boolean => QUOTA.has(name) || name === "storage" || isQuotaHugePages(name);
const isStandardContainer = (name: string): boolean => CONTAINER.has(name) || isHugePages(name);

/** Pushes what is wrong with a resource's name; `path` is that of the name. */
export function checkResourceName(errors: FieldError[], name: string, path: string): void {
  const messages = qualifiedName(name);
  addMessages(errors, path, name, messages);
  if (messages.length === 0 && !name.includes("/") && !isStandard(name)) {
    errors.push(invalid(path, name, "must be a standard resource type or fully qualified"));
  }
}

export function checkContainerResourceName(errors: FieldError[], name: string, path: string): void {
  if (isStandardContainer(name) && !name.includes(" ")) return;
  checkResourceName(errors, name, path);
  if (!name.includes("/")) errors.push(invalid(path, name, "must be a standard resource for containers"));
  else if (!isNative(name) && !isExtended(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
  }
}

export function checkQuotaResourceName(errors: FieldError[], name: string, path: string): void {
  checkResourceName(errors, name, path);
  if (!name.includes("/") && !isStandardQuota(name)) {
    errors.push(invalid(path, name, "must be a standard resource for quota"));
  }
}
