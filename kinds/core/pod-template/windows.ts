/** What pods for Windows may say and pods for Linux may not, and the other way round. */
import {
  type FieldError,
  fieldForbidden,
  invalid,
  notSupported,
  required,
} from "../../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../../machinery/meta/names.ts";
import { addMessages } from "../../common/checks.ts";
import type { Container, PodSpec, WindowsSecurityContextOptions } from "../v1-types.ts";

const MAX_CREDENTIAL_SPEC_KIB = 64;
const MAX_DOMAIN = 256;
const MAX_USER = 104;
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_DOMAIN =
  /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const BAD_USER = /["/\\:;|=,+*?<>@[\]]/;

const isControl = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
};

function userNameProblems(name: string): string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"];
  if (isControl(name)) return ["runAsUserName cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const user = parts[parts.length - 1] ?? "";
  const domain = parts.length === 2 ? (parts[0] ?? "") : undefined;
  const problems: string[] = [];
  if (domain !== undefined) {
    if (domain.length >= MAX_DOMAIN)
      problems.push(`runAsUserName's Domain length must be under ${MAX_DOMAIN} characters`);
    if (domain.length > 1024 || !(NETBIOS.test(domain) || DNS_DOMAIN.test(domain))) {
      problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
    }
  }
  if (user === "") problems.push("runAsUserName's User cannot be empty");
  else if (user.length > MAX_USER) {
    problems.push(`runAsUserName's User length must not be longer than ${MAX_USER} characters`);
  }
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces");
  if (BAD_USER.test(user)) {
    problems.push("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
  }
  return problems;
}

export function checkWindowsOptions(
  errors: FieldError[],
  options: WindowsSecurityContextOptions | undefined,
  path: string,
): void {
  if (!options) return;
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName } = options;
  if (name !== undefined) addMessages(errors, `${path}.gmsaCredentialSpecName`, name, dns1123Subdomain(name));
  if (spec === "") {
    errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, "gmsaCredentialSpec cannot be an empty string"));
  } else if (spec !== undefined && spec.length > MAX_CREDENTIAL_SPEC_KIB * 1024) {
    const detail = `gmsaCredentialSpec size must be under ${MAX_CREDENTIAL_SPEC_KIB} KiB`;
    errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, detail));
  }
  if (runAsUserName !== undefined) {
    addMessages(errors, `${path}.runAsUserName`, runAsUserName, userNameProblems(runAsUserName));
  }
}

const POD_FIELDS = ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"] as const;
const POD_CONTEXT_FIELDS = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
] as const;
const CONTEXT_FIELDS = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
] as const;

/** Calls back with every container of a pod and its path. */
export function eachContainer(spec: PodSpec, path: string, visit: (container: Container, path: string) => void): void {
  for (const list of ["initContainers", "containers", "ephemeralContainers"] as const) {
    spec[list]?.forEach((container, i) => {
      visit(container, `${path}.${list}[${i}]`);
    });
  }
}

/** What contradicts the operating system the pod names. */
export function checkOperatingSystem(errors: FieldError[], spec: PodSpec, path: string): void {
  if (!spec.os) return;
  const { name } = spec.os;
  if (!name) {
    errors.push(required(`${path}.os.name`, "cannot be empty"));
  } else if (name === "linux") {
    const detail = "windows options cannot be set for a linux pod";
    if (spec.securityContext?.windowsOptions) {
      errors.push(fieldForbidden(`${path}.securityContext.windowsOptions`, detail));
    }
    eachContainer(spec, path, (container, at) => {
      if (container.securityContext?.windowsOptions) {
        errors.push(fieldForbidden(`${at}.securityContext.windowsOptions`, detail));
      }
    });
  } else if (name === "windows") {
    const detail = "cannot be set for a windows pod";
    for (const field of POD_FIELDS) {
      if (spec[field]) errors.push(fieldForbidden(`${path}.${field}`, detail));
    }
    for (const field of POD_CONTEXT_FIELDS) {
      if (spec.securityContext?.[field] !== undefined) {
        errors.push(fieldForbidden(`${path}.securityContext.${field}`, detail));
      }
    }
    eachContainer(spec, path, (container, at) => {
      for (const field of CONTEXT_FIELDS) {
        if (container.securityContext?.[field] !== undefined) {
          errors.push(fieldForbidden(`${at}.securityContext.${field}`, detail));
        }
      }
    });
  } else errors.push(notSupported(`${path}.os`, name, ["linux", "windows"]));
}

/** Containers on a Windows host's own process table: all of the pod or none. */
export function checkHostProcess(errors: FieldError[], spec: PodSpec, path: string): void {
  const forPod = spec.securityContext?.windowsOptions?.hostProcess;
  let count = 0;
  let total = 0;
  eachContainer(spec, path, (container, at) => {
    total++;
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (forPod !== undefined && own !== undefined && forPod !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${forPod}`;
      errors.push(invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, detail));
    }
    if (own ?? forPod) count++;
  });
  if (count === 0) return;
  if (count !== total) {
    const detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
    errors.push(invalid(path, "", detail));
  }
  if (!spec.hostNetwork) {
    const detail = "hostNetwork must be true if pod contains any hostProcess containers";
    errors.push(invalid(`${path}.hostNetwork`, false, detail));
  }
}
