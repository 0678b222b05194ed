/** Writes through a pod's status. */
import { type FieldError, fieldForbidden, invalid } from "../../machinery/meta/field-error.ts";
import { parseIp } from "../../machinery/meta/ip.ts";
import { dns1123Subdomain, ipAddress } from "../../machinery/meta/names.ts";
import { addMessages, checkQualifiedName } from "../common/checks.ts";
import { checkImmutable } from "../common/same.ts";
import { checkPodAnnotationUpdate } from "./pod-template/annotations.ts";
import { isSidecar } from "./pod-template/pod-resources.ts";
import type { ContainerStatus, Pod, PodSpec } from "./v1-types.ts";

/** Changes `next`: only status and metadata are taken, and of those not what kubelets may not touch. */
export function preparePodStatus(next: Pod, prev: Pod): Pod {
  next.spec = prev.spec;
  if (prev.metadata.ownerReferences === undefined) delete next.metadata.ownerReferences;
  else next.metadata.ownerReferences = prev.metadata.ownerReferences;
  if (prev.metadata.deletionTimestamp === undefined) delete next.metadata.deletionTimestamp;
  next.status ??= {};
  const qos = prev.status?.qosClass;
  if (qos === undefined) delete next.status.qosClass;
  else next.status.qosClass = qos;
  return next;
}

/** Containers that are not to be restarted stay ended. */
function checkTransitions(
  errors: FieldError[],
  {
    next,
    prev,
    path,
    policy,
    exempt,
  }: {
    next: readonly ContainerStatus[] | undefined;
    prev: readonly ContainerStatus[] | undefined;
    path: string;
    policy: PodSpec["restartPolicy"];
    /** Containers that restart by a policy of their own. */
    exempt: ReadonlySet<string>;
  },
): void {
  if (policy === "Always") return;
  prev?.forEach((old, i) => {
    const ended = old.state?.terminated;
    if (!ended || exempt.has(old.name) || (ended.exitCode !== 0 && policy === "OnFailure")) return;
    if (next?.some((status) => status.name === old.name && !status.state?.terminated)) {
      errors.push(fieldForbidden(`${path}[${i}].state`, "may not be transitioned to non-terminated state"));
    }
  });
}

/** At most one address of each family. */
function checkAddresses(errors: FieldError[], addresses: readonly { ip: string }[] | undefined, path: string): void {
  addresses?.forEach(({ ip }, i) => {
    addMessages(errors, `${path}[${i}]`, ip ?? "", ipAddress(ip ?? ""));
  });
  if (!addresses || addresses.length < 2) return;
  const families = new Set(addresses.map(({ ip }) => parseIp(ip ?? "")?.family));
  if (addresses.length > 2 || families.size < 2) {
    errors.push(invalid(path, addresses, "may specify no more than one IP for each IP family"));
  }
  addresses.forEach((address, i) => {
    if (addresses.findIndex(({ ip }) => ip === address.ip) < i) {
      const message = `Duplicate value: ${JSON.stringify(address)}`;
      errors.push({ reason: "FieldValueDuplicate", field: `${path}[${i}]`, message });
    }
  });
}

const SYSTEM_CONDITIONS = new Set(["PodScheduled", "Ready", "Initialized"]);

export function podStatusErrors(next: Pod, prev: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const [status, old] = [next.status ?? {}, prev.status ?? {}];
  checkPodAnnotationUpdate(errors, next.metadata.annotations, prev.metadata.annotations);
  status.conditions?.forEach(({ type }, i) => {
    if (!SYSTEM_CONDITIONS.has(type)) checkQualifiedName(errors, type ?? "", `metadata.conditions[${i}].Type`);
  });
  const nominated = status.nominatedNodeName;
  if (nominated && nominated !== old.nominatedNodeName) {
    addMessages(errors, "status.nominatedNodeName", nominated, dns1123Subdomain(nominated));
  }
  checkImmutable(errors, status.qosClass, old.qosClass, "status.qosClass");
  const { spec } = prev;
  const ownPolicy = new Set(spec.containers?.filter((c) => c.restartPolicy).map((c) => c.name));
  const sidecars = new Set(spec.initContainers?.filter((c) => isSidecar(c) || c.restartPolicy).map((c) => c.name));
  checkTransitions(errors, {
    next: status.containerStatuses,
    prev: old.containerStatuses,
    path: "status.containerStatuses",
    policy: spec.restartPolicy,
    exempt: ownPolicy,
  });
  checkTransitions(errors, {
    next: status.initContainerStatuses,
    prev: old.initContainerStatuses,
    path: "status.initContainerStatuses",
    policy: spec.restartPolicy,
    exempt: sidecars,
  });
  checkTransitions(errors, {
    next: status.ephemeralContainerStatuses,
    prev: old.ephemeralContainerStatuses,
    path: "status.ephemeralContainerStatuses",
    policy: "Never",
    exempt: new Set(),
  });
  checkAddresses(errors, status.podIPs, "status.podIPs");
  const first = status.hostIPs?.[0]?.ip;
  if (first !== undefined && first !== status.hostIP) {
    errors.push(invalid("status.hostIPs[0].ip", first, "must be equal to `hostIP`"));
  }
  checkAddresses(errors, status.hostIPs, "status.hostIPs");
  return errors;
}
