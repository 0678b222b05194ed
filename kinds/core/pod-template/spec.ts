/** A pod's spec, whether the pod's own or a template's. */
import {
  duplicate,
  type FieldError,
  fieldForbidden,
  invalid,
  required,
  tooLong,
  WHOLE_OBJECT,
} from "../../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../../machinery/meta/names.ts";
import {
  addMessages,
  checkLabel,
  checkLabels,
  checkQualifiedName,
  checkRange,
  checkRequiredOneOf,
  checkSubdomain,
  MAX_INT32,
} from "../../common/checks.ts";
import { checkLegacyIp } from "../../common/ip-checks.ts";
import type { PodResourceClaim, PodSpec } from "../v1-types.ts";
import { checkAffinity } from "./affinity.ts";
import {
  type ContainerContext,
  checkContainers,
  checkEphemeralContainers,
  checkInitContainers,
  checkRestartPolicy,
} from "./containers.ts";
import { checkDns } from "./dns.ts";
import { checkFileVolumes } from "./env.ts";
import { checkContainersFit } from "./pod-resources.ts";
import { checkHostNetworkPorts } from "./ports.ts";
import { checkOverhead, checkPodLevelResources } from "./resources.ts";
import { checkHostUsers, checkPodSecurityContext } from "./security-context.ts";
import { checkTolerations } from "./tolerations.ts";
import { checkTopologySpread } from "./topology-spread.ts";
import { checkVolumes } from "./volumes.ts";
import { checkHostProcess, checkOperatingSystem } from "./windows.ts";

export interface PodSpecContext {
  /** Path of the spec. */
  path: string;
  /** The spec is a pod's own, not a template's. */
  isPod: boolean;
  /** The pod mirrors a static one. */
  isMirror?: boolean;
  podName: string | undefined;
}

function checkResourceClaims(
  errors: FieldError[],
  claims: readonly PodResourceClaim[] | undefined,
  { path, isMirror }: { path: string; isMirror: boolean },
): Set<string> {
  const names = new Set<string>();
  claims?.forEach((claim, i) => {
    if (isMirror) {
      errors.push(fieldForbidden(WHOLE_OBJECT, "static pods do not support resource claims"));
      return;
    }
    const item = `${path}[${i}]`;
    if (!claim.name) errors.push(required(`${item}.name`));
    else if (names.has(claim.name)) errors.push(duplicate(`${item}.name`, claim.name));
    else {
      checkLabel(errors, claim.name, `${item}.name`);
      names.add(claim.name);
    }
    const { resourceClaimName: claimName, resourceClaimTemplateName: templateName } = claim;
    if (claimName !== undefined && templateName !== undefined) {
      const detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
      errors.push(invalid(item, claim, detail));
    }
    if (claimName === undefined && templateName === undefined) {
      errors.push(invalid(item, claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"));
    }
    if (claimName !== undefined) checkSubdomain(errors, claimName, `${item}.resourceClaimName`);
    if (templateName !== undefined) checkSubdomain(errors, templateName, `${item}.resourceClaimTemplateName`);
  });
  return names;
}

function checkGates(errors: FieldError[], spec: PodSpec, path: string): void {
  spec.readinessGates?.forEach((gate, i) => {
    checkQualifiedName(errors, gate.conditionType ?? "", `${path}.readinessGates[${i}].conditionType`);
  });
  const seen = new Set<string>();
  spec.schedulingGates?.forEach((gate, i) => {
    const at = `${path}.schedulingGates[${i}]`;
    checkQualifiedName(errors, gate.name ?? "", at);
    if (seen.has(gate.name)) errors.push(duplicate(at, gate.name));
    seen.add(gate.name);
  });
}

/** The kernel's. */
const MAX_HOST_NAME = 64;

/** Names of other objects, and of the pod in its network. */
function checkNames(errors: FieldError[], spec: PodSpec, path: string): void {
  for (const field of ["serviceAccountName", "nodeName", "priorityClassName"] as const) {
    const name = spec[field];
    if (name) checkSubdomain(errors, name, `${path}.${field}`);
  }
  if (spec.runtimeClassName !== undefined) {
    checkSubdomain(errors, spec.runtimeClassName, `${path}.runtimeClassName`);
  }
  const group = spec.schedulingGroup;
  if (group) {
    const at = `${path}.schedulingGroup`;
    if (group.podGroupName === undefined) errors.push(invalid(at, "", "must specify one of: `podGroupName`"));
    else checkSubdomain(errors, group.podGroupName, `${at}.podGroupName`);
  }
  if (spec.hostname) checkLabel(errors, spec.hostname, `${path}.hostname`);
  if (spec.subdomain) checkLabel(errors, spec.subdomain, `${path}.subdomain`);
  const override = spec.hostnameOverride;
  if (override !== undefined) {
    const at = `${path}.hostnameOverride`;
    if (spec.setHostnameAsFQDN) errors.push(fieldForbidden(at, "may not be specified when setHostnameAsFQDN is true"));
    if (spec.hostNetwork) errors.push(fieldForbidden(at, "may not be specified when hostNetwork is true"));
    if (override.length > MAX_HOST_NAME) errors.push(tooLong(at, MAX_HOST_NAME));
    addMessages(errors, at, override, dns1123Subdomain(override));
  }
  spec.hostAliases?.forEach((alias, i) => {
    const item = `${path}.hostAliases[${i}]`;
    checkLegacyIp(errors, alias.ip ?? "", `${item}.ip`);
    alias.hostnames?.forEach((name, h) => {
      checkSubdomain(errors, name, `${item}.hostnames[${h}]`);
    });
  });
}

export function checkPodSpec(
  errors: FieldError[],
  spec: PodSpec,
  { path, isPod, isMirror = false, podName }: PodSpecContext,
): void {
  if (spec.terminationGracePeriodSeconds === undefined) {
    errors.push(required(`${path}.terminationGracePeriodSeconds`));
  }
  const volumes = checkVolumes(errors, spec.volumes, `${path}.volumes`, { isPod, podName });
  const podClaims = checkResourceClaims(errors, spec.resourceClaims, { path: `${path}.resourceClaims`, isMirror });
  const context: ContainerContext = { spec, path, volumes, podClaims };
  checkContainers(errors, context);
  checkInitContainers(errors, context);
  checkEphemeralContainers(errors, context);
  if (spec.resources && spec.os?.name === "windows") {
    errors.push(fieldForbidden(`${path}.resources`, "may not be set for a windows pod"));
  } else if (spec.resources) {
    const before = errors.length;
    checkPodLevelResources(errors, spec.resources, `${path}.resources`);
    // Sums of what is no quantity say nothing.
    if (errors.length === before) checkContainersFit(errors, spec, `${path}.resources`);
  }
  checkHostNetworkPorts(errors, spec, { path, isPod });
  checkRestartPolicy(errors, spec, path);
  checkDns(errors, spec, path);
  checkLabels(errors, spec.nodeSelector, `${path}.nodeSelector`);
  checkPodSecurityContext(errors, spec, path);
  checkAffinity(errors, spec.affinity, `${path}.affinity`);
  checkGates(errors, spec, path);
  checkTopologySpread(errors, spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`);
  checkHostProcess(errors, spec, path);
  checkHostUsers(errors, spec, path);
  checkNames(errors, spec, path);
  if (spec.activeDeadlineSeconds !== undefined) {
    checkRange(errors, spec.activeDeadlineSeconds, `${path}.activeDeadlineSeconds`, 1, MAX_INT32);
  }
  checkTolerations(errors, spec.tolerations, `${path}.tolerations`);
  if (spec.preemptionPolicy !== undefined) {
    checkRequiredOneOf(errors, spec.preemptionPolicy, `${path}.preemptionPolicy`, ["PreemptLowerPriority", "Never"]);
  }
  if (spec.overhead) checkOverhead(errors, spec.overhead, `${path}.overhead`);
  checkOperatingSystem(errors, spec, path);
  checkFileVolumes(errors, spec, path);
}
