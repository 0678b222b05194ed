/** Who containers run as, and what they may do. */
import {
  duplicate,
  type FieldError,
  fieldForbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../../machinery/meta/field-error.ts";
import { checkOneOf, checkRange, MAX_INT32 } from "../../common/checks.ts";
import { checkDescendingPath } from "../../common/paths.ts";
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext, Sysctl } from "../v1-types.ts";
import { checkWindowsOptions, eachContainer } from "./windows.ts";

export const checkUserId = (errors: FieldError[], id: number | undefined, path: string): void => {
  if (id !== undefined) checkRange(errors, id, path, 0, MAX_INT32);
};
export const checkGroupId = checkUserId;

const PROFILE_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"];

function checkSeccomp(errors: FieldError[], profile: SeccompProfile | undefined, path: string): void {
  if (!profile) return;
  if (!profile.type) errors.push(required(`${path}.type`, "type is required when seccompProfile is set"));
  else checkOneOf(errors, profile.type, `${path}.type`, PROFILE_TYPES);
  const at = `${path}.localhostProfile`;
  if (profile.type === "Localhost") {
    if (profile.localhostProfile === undefined) {
      errors.push(required(at, "must be set when seccomp type is Localhost"));
    } else checkDescendingPath(errors, profile.localhostProfile, at);
  } else if (profile.localhostProfile !== undefined) {
    errors.push(invalid(at, profile, "can only be set when seccomp type is Localhost"));
  }
}

/** PATH_MAX less the final zero. */
const MAX_PROFILE_LENGTH = 4095;

function checkAppArmor(errors: FieldError[], profile: AppArmorProfile | undefined, path: string): void {
  if (!profile) return;
  const at = `${path}.localhostProfile`;
  const name = profile.localhostProfile;
  if (!profile.type) errors.push(required(`${path}.type`, "type is required when appArmorProfile is set"));
  else if (!PROFILE_TYPES.includes(profile.type)) {
    errors.push(notSupported(`${path}.type`, profile.type, PROFILE_TYPES));
  } else if (profile.type === "Localhost") {
    if (name === undefined || name === "") errors.push(required(at, "must be set when AppArmor type is Localhost"));
    else {
      if (name.trim() !== name) errors.push(invalid(at, name, "must not be padded with whitespace"));
      if (name.length > MAX_PROFILE_LENGTH) errors.push(tooLong(at, MAX_PROFILE_LENGTH));
    }
  } else if (name !== undefined) {
    errors.push(invalid(at, name, "can only be set when AppArmor type is Localhost"));
  }
}

const SYSCTL_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const SYSCTL_TEXT = `^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`;
const SYSCTL = /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:[./][a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*$/;
const MAX_SYSCTL_LENGTH = 253;

const isNetSysctl = (name: string): boolean => name.startsWith("net.");
const IPC_SYSCTL = /^kernel\.(?:sem|shm.*|msg.*)$|^fs\.mqueue\./;

function checkSysctls(errors: FieldError[], sysctls: readonly Sysctl[], spec: PodSpec, path: string): void {
  const seen = new Set<string>();
  sysctls.forEach(({ name }, i) => {
    const at = `${path}[${i}].name`;
    if (!name) errors.push(required(at));
    else if (name.length > MAX_SYSCTL_LENGTH || !SYSCTL.test(name)) {
      const detail = `must have at most ${MAX_SYSCTL_LENGTH} characters and match regex ${SYSCTL_TEXT}`;
      errors.push(invalid(at, name, detail));
    } else if (seen.has(name)) errors.push(duplicate(at, name));
    const dotted = (name ?? "").slice(0, MAX_SYSCTL_LENGTH).replaceAll("/", ".");
    if (spec.hostNetwork && isNetSysctl(dotted)) {
      errors.push(invalid(at, name, "may not be specified when 'hostNetwork' is true"));
    } else if (spec.hostIPC && IPC_SYSCTL.test(dotted)) {
      errors.push(invalid(at, name, "may not be specified when 'hostIPC' is true"));
    }
    seen.add(name);
  });
}

/** A pod with users of its own shares no other namespace with the node, nor devices. `path` is the pod spec's. */
export function checkHostUsers(errors: FieldError[], spec: PodSpec, path: string): void {
  if (spec.hostUsers !== false) return;
  const detail = "when `hostUsers` is false";
  if (spec.hostNetwork) errors.push(fieldForbidden(`${path}.hostNetwork`, detail));
  if (spec.hostPID) errors.push(fieldForbidden(`${path}.HostPID`, detail));
  if (spec.hostIPC) errors.push(fieldForbidden(`${path}.HostIPC`, detail));
  eachContainer(spec, path, ({ volumeDevices }, at) => {
    if (volumeDevices?.length) errors.push(fieldForbidden(`${at}.volumeDevices`, detail));
  });
}

/** `path` is the pod spec's. */
export function checkPodSecurityContext(errors: FieldError[], spec: PodSpec, path: string): void {
  const at = `${path}.securityContext`;
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = "ShareProcessNamespace and HostPID cannot both be enabled";
    errors.push(invalid(`${at}.shareProcessNamespace`, true, detail));
  }
  const context = spec.securityContext;
  if (!context) return;
  checkGroupId(errors, context.fsGroup, `${at}.fsGroup`);
  checkUserId(errors, context.runAsUser, `${at}.runAsUser`);
  checkGroupId(errors, context.runAsGroup, `${at}.runAsGroup`);
  context.supplementalGroups?.forEach((group, i) => {
    checkGroupId(errors, group, `${at}.supplementalGroups[${i}]`);
  });
  if (context.sysctls) checkSysctls(errors, context.sysctls, spec, `${at}.sysctls`);
  if (context.fsGroupChangePolicy !== undefined) {
    checkOneOf(errors, context.fsGroupChangePolicy, `${at}.fsGroupChangePolicy`, ["Always", "OnRootMismatch"]);
  }
  checkSeccomp(errors, context.seccompProfile, `${at}.seccompProfile`);
  checkWindowsOptions(errors, context.windowsOptions, `${at}.windowsOptions`);
  checkAppArmor(errors, context.appArmorProfile, `${at}.appArmorProfile`);
  if (context.supplementalGroupsPolicy !== undefined) {
    checkOneOf(errors, context.supplementalGroupsPolicy, `${at}.supplementalGroupsPolicy`, ["Merge", "Strict"]);
  }
  if (context.seLinuxChangePolicy !== undefined) {
    checkOneOf(errors, context.seLinuxChangePolicy, `${at}.seLinuxChangePolicy`, ["MountOption", "Recursive"]);
  }
}

export function checkSecurityContext(
  errors: FieldError[],
  context: SecurityContext | undefined,
  path: string,
  { hostUsers }: { hostUsers: boolean },
): void {
  if (!context) return;
  checkUserId(errors, context.runAsUser, `${path}.runAsUser`);
  checkGroupId(errors, context.runAsGroup, `${path}.runAsGroup`);
  if (context.procMount !== undefined) {
    checkOneOf(errors, context.procMount, `${path}.procMount`, ["Default", "Unmasked"]);
    if (hostUsers && context.procMount === "Unmasked") {
      errors.push(invalid(`${path}.procMount`, "Unmasked", "`hostUsers` must be false to use `Unmasked`"));
    }
  }
  checkSeccomp(errors, context.seccompProfile, `${path}.seccompProfile`);
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged) {
      const detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
      errors.push(invalid(path, context, detail));
    }
    if (context.capabilities?.add?.includes("CAP_SYS_ADMIN")) {
      const detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
      errors.push(invalid(path, context, detail));
    }
  }
  checkWindowsOptions(errors, context.windowsOptions, `${path}.windowsOptions`);
  checkAppArmor(errors, context.appArmorProfile, `${path}.appArmorProfile`);
}
