/** References from a container to fields of its own pod (downward API). */
import { type FieldError, invalid, notSupported, required } from "../../../machinery/meta/field-error.ts";
import { checkQualifiedName } from "../../common/checks.ts";
import { quantityOrZero, showQuantity } from "../../common/quantities.ts";
import type { ObjectFieldSelector, ResourceFieldSelector } from "../v1-types.ts";

export const ENV_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
] as const;

export const VOLUME_FIELDS = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
] as const;

/** Every path that v1 knows: of others the error is that the label cannot be converted. */
const KNOWN = new Set<string>([
  ...ENV_FIELDS,
  ...VOLUME_FIELDS,
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
]);

/** What clients older than v1 call spec.nodeName. */
const OLD_NODE_NAME = "spec.host";

const SUBSCRIPT = /^(.+)\['([^']*)'\]$/;

export function checkFieldRef(
  errors: FieldError[],
  ref: ObjectFieldSelector,
  path: string,
  supported: readonly string[],
): void {
  if (!ref.apiVersion) {
    errors.push(required(`${path}.apiVersion`));
    return;
  }
  if (!ref.fieldPath) {
    errors.push(required(`${path}.fieldPath`));
    return;
  }
  const at = `${path}.fieldPath`;
  if (ref.apiVersion !== "v1") {
    const detail = `error converting fieldPath: unsupported pod version: ${ref.apiVersion}`;
    errors.push(invalid(at, ref.fieldPath, detail));
    return;
  }
  const subscripted = SUBSCRIPT.exec(ref.fieldPath);
  if (subscripted) {
    const [, field = "", key = ""] = subscripted;
    if (field === "metadata.annotations") checkQualifiedName(errors, key.toLowerCase(), path);
    else if (field === "metadata.labels") checkQualifiedName(errors, key, path);
    else {
      const detail = `error converting fieldPath: field label does not support subscript: ${ref.fieldPath}`;
      errors.push(invalid(at, ref.fieldPath, detail));
    }
  } else if (ref.fieldPath === OLD_NODE_NAME) {
    if (!supported.includes("spec.nodeName")) errors.push(notSupported(at, "spec.nodeName", supported));
  } else if (!KNOWN.has(ref.fieldPath)) {
    const detail = `error converting fieldPath: field label not supported: ${ref.fieldPath}`;
    errors.push(invalid(at, ref.fieldPath, detail));
  } else if (!supported.includes(ref.fieldPath)) {
    errors.push(notSupported(at, ref.fieldPath, supported));
  }
}

const RESOURCES = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
] as const;

const isHugePagesField = (resource: string): boolean =>
  resource.startsWith("limits.hugepages-") || resource.startsWith("requests.hugepages-");

const CPU_DIVISORS = new Set(["1m", "1"]);
const BYTE_DIVISORS = new Set(["1", ..."kMGTPE"].map((unit) => (unit === "1" ? "1" : `1${unit}`)));
for (const unit of "KMGTPE") BYTE_DIVISORS.add(`1${unit}i`);
const BYTES = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";

function checkDivisor(errors: FieldError[], ref: ResourceFieldSelector, path: string): void {
  if (ref.divisor === undefined || quantityOrZero(ref.divisor) === 0n) return;
  const resource = ref.resource ?? "";
  const divisor = showQuantity(ref.divisor);
  const refuse = (values: string, what: string): void => {
    const detail = `only divisor's values ${values} are supported with the ${what} resource`;
    errors.push(invalid(`${path}.divisor`, resource, detail));
  };
  if (resource.endsWith(".cpu")) {
    if (!CPU_DIVISORS.has(divisor)) refuse("1m and 1", "cpu");
    return;
  }
  if (BYTE_DIVISORS.has(divisor)) return;
  if (resource.endsWith(".memory")) refuse(BYTES, "memory");
  else if (resource.endsWith(".ephemeral-storage")) refuse(BYTES, "local ephemeral storage");
  else if (isHugePagesField(resource)) refuse(BYTES, "hugepages");
}

/** `named`: a volume has to say which container it means. */
export function checkResourceFieldRef(
  errors: FieldError[],
  ref: ResourceFieldSelector,
  path: string,
  { named }: { named: boolean },
): void {
  if (named && !ref.containerName) errors.push(required(`${path}.containerName`));
  else if (!ref.resource) errors.push(required(`${path}.resource`));
  else if (!(RESOURCES as readonly string[]).includes(ref.resource) && !isHugePagesField(ref.resource)) {
    errors.push(notSupported(`${path}.resource`, ref.resource, RESOURCES));
  }
  checkDivisor(errors, ref, path);
}
