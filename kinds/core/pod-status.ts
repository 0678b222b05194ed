/** Writes through a pod's status. */
import { type FieldError, fieldForbidden, invalid } from "../../machinery/meta/field-error.ts";
import { parseIp } from "../../machinery/meta/ip.ts";
import { dns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages, checkQualifiedName } from "../common/checks.ts";
import { checkLegacyIp } from "../common/ip-checks.ts";
import { checkImmutable } from "../common/same.ts";
import { checkClaimStatuses, checkResourceHealth, checkUsers } from "./pod-status-parts.ts";
import { checkPodAnnotationUpdate } from "./pod-template/annotations.ts";
import type { Container, ContainerStatus, Pod, PodSpec } from "./v1-types.ts";

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

function mayRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  const { restartPolicy = spec.restartPolicy, restartPolicyRules: rules } = container;
  const ruled = rules?.some(({ exitCodes }) => {
    const isListed = exitCodes?.values?.includes(exitCode) ?? false;
    return exitCodes !== undefined && isListed === (exitCodes.operator === "In");
  });
  return ruled || restartPolicy === "Always" || (restartPolicy === "OnFailure" && exitCode !== 0);
}

/** Containers that are not to be restarted stay ended; ephemeral ones, which have no container here, always. */
function checkTransitions(
  errors: FieldError[],
  {
    next,
    prev,
    path,
    spec,
    containers,
  }: {
    next: readonly ContainerStatus[] | undefined;
    prev: readonly ContainerStatus[] | undefined;
    path: string;
    spec: PodSpec;
    containers: readonly Container[] | undefined;
  },
): void {
  prev?.forEach((old, i) => {
    const ended = old.state?.terminated;
    if (!ended || !next?.some(({ name, state }) => name === old.name && !state?.terminated)) return;
    const container = containers?.find(({ name }) => name === old.name);
    if (container && mayRestart(container, spec, ended.exitCode ?? 0)) return;
    errors.push(fieldForbidden(`${path}[${i}].state`, "may not be transitioned to non-terminated state"));
  });
}

const restartsAll = ({ containers, initContainers }: PodSpec): boolean =>
  [...(containers ?? []), ...(initContainers ?? [])].some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === "RestartAllContainers"),
  );

/** At most one address of each family. */
function checkAddresses(
  errors: FieldError[],
  addresses: readonly { ip: string }[] | undefined,
  path: string,
  before: readonly { ip: string }[] | undefined,
): void {
  const kept = before?.map(({ ip }) => ip);
  addresses?.forEach(({ ip }, i) => {
    checkLegacyIp(errors, ip ?? "", `${path}[${i}]`, kept);
  });
  if (!addresses || addresses.length < 2) return;
  const families = new Set(addresses.map(({ ip }) => parseIp(ip ?? "")?.family));
  if (addresses.length > 2 || families.size < 2) {
    errors.push(invalid(path, addresses, "may specify no more than one IP for each IP family"));
  }
}

const NOT_NEGATIVE = "must be a non-negative integer";
const SYSTEM_CONDITIONS = new Set(["PodScheduled", "Ready", "Initialized"]);

export function podStatusErrors(next: Pod, prev: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const [status, old] = [next.status ?? {}, prev.status ?? {}];
  checkPodAnnotationUpdate(errors, next.metadata.annotations, prev.metadata.annotations);
  status.conditions?.forEach(({ type, observedGeneration = 0 }, i) => {
    const item = `status.conditions[${i}]`;
    if (observedGeneration < 0) errors.push(invalid(`${item}.observedGeneration`, observedGeneration, NOT_NEGATIVE));
    if (!SYSTEM_CONDITIONS.has(type)) checkQualifiedName(errors, type ?? "", `${item}.Type`);
  });
  const nominated = status.nominatedNodeName;
  if (nominated && nominated !== old.nominatedNodeName) {
    addMessages(errors, "status.nominatedNodeName", nominated, dns1123Subdomain(nominated));
    if (prev.spec.nodeName) {
      const detail = "may not be set on pods that are already bound to a node";
      errors.push(fieldForbidden("status.nominatedNodeName", detail));
    }
  }
  if ((status.observedGeneration ?? 0) < 0) {
    errors.push(invalid("status.observedGeneration", status.observedGeneration, NOT_NEGATIVE));
  }
  checkImmutable(errors, status.qosClass, old.qosClass, "status.qosClass");
  const { spec } = prev;
  const lists = [
    ["containerStatuses", spec.containers ?? []],
    ["initContainerStatuses", spec.initContainers ?? []],
    ["ephemeralContainerStatuses", undefined],
  ] as const;
  const isFree = restartsAll(spec);
  for (const [field, containers] of lists) {
    if (isFree && containers) continue;
    checkTransitions(errors, { next: status[field], prev: old[field], path: `status.${field}`, spec, containers });
  }
  checkClaimStatuses(errors, status, next.spec);
  checkAddresses(errors, status.podIPs, "status.podIPs", old.podIPs);
  const first = status.hostIPs?.[0]?.ip;
  if (first !== undefined && first !== status.hostIP) {
    errors.push(invalid("status.hostIPs[0].ip", first, "must be equal to `hostIP`"));
  }
  checkAddresses(errors, status.hostIPs, "status.hostIPs", old.hostIPs);
  for (const [field, containers] of lists) {
    checkUsers(errors, status[field], `status.${field}`, spec.os?.name ?? "linux");
    checkResourceHealth(errors, status[field], `status.${field}`, containers);
  }
  return errors;
}
