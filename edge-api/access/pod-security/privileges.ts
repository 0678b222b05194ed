/** What a container's processes may do, and as whom they run. */
import {
  type Check,
  containersOf,
  hasUserNamespace,
  isWindows,
  named,
  quoted,
  type Subject,
  setters,
  sorted,
  unless,
  type Violation,
} from "./check.ts";

export const privileged: Check = {
  id: "privileged",
  level: "baseline",
  versions: [{ from: 0, verify: verifyPrivileged }],
};

function verifyPrivileged(subject: Subject): Violation | undefined {
  const bad = containersOf(subject).filter(({ securityContext }) => securityContext?.privileged);
  if (bad.length === 0) return undefined;
  return { reason: "privileged", detail: `${named(bad)} must not set securityContext.privileged=true` };
}

export const windowsHostProcess: Check = {
  id: "windowsHostProcess",
  level: "baseline",
  versions: [{ from: 0, verify: verifyHostProcess }],
};

function verifyHostProcess(subject: Subject): Violation | undefined {
  const bad = containersOf(subject).filter(({ securityContext }) => securityContext?.windowsOptions?.hostProcess);
  const who = setters(subject.spec.securityContext?.windowsOptions?.hostProcess === true, bad);
  if (who === "") return undefined;
  return { reason: "hostProcess", detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
}

/** What container runtimes give by default. */
const DEFAULT_CAPABILITIES: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

export const capabilitiesBaseline: Check = {
  id: "capabilities_baseline",
  level: "baseline",
  versions: [{ from: 0, verify: verifyBaselineCapabilities }],
};

function addedBeyond(subject: Subject, allowed: (capability: string) => boolean): string | undefined {
  const bad = containersOf(subject).filter((c) => c.securityContext?.capabilities?.add?.some((name) => !allowed(name)));
  if (bad.length === 0) return undefined;
  const added = bad.flatMap((container) => container.securityContext?.capabilities?.add ?? []);
  const names = quoted(sorted(added.filter((name) => !allowed(name))));
  return `${named(bad)} must not include ${names} in securityContext.capabilities.add`;
}

function verifyBaselineCapabilities(subject: Subject): Violation | undefined {
  const detail = addedBeyond(subject, (name) => DEFAULT_CAPABILITIES.has(name));
  return detail === undefined ? undefined : { reason: "non-default capabilities", detail };
}

export const capabilitiesRestricted: Check = {
  id: "capabilities_restricted",
  level: "restricted",
  versions: [
    { from: 22, verify: verifyRestrictedCapabilities, overrides: "capabilities_baseline" },
    { from: 25, verify: unless(isWindows, verifyRestrictedCapabilities), overrides: "capabilities_baseline" },
  ],
};

function verifyRestrictedCapabilities(subject: Subject): Violation | undefined {
  const keeping = containersOf(subject).filter((c) => !c.securityContext?.capabilities?.drop?.includes("ALL"));
  const added = addedBeyond(subject, (name) => name === "NET_BIND_SERVICE");
  const details = [
    ...(keeping.length > 0 ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(added === undefined ? [] : [added]),
  ];
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
}

export const allowPrivilegeEscalation: Check = {
  id: "allowPrivilegeEscalation",
  level: "restricted",
  versions: [
    { from: 8, verify: verifyEscalation },
    { from: 25, verify: unless(isWindows, verifyEscalation) },
  ],
};

function verifyEscalation(subject: Subject): Violation | undefined {
  const bad = containersOf(subject).filter((c) => c.securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${named(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
}

export const runAsNonRoot: Check = {
  id: "runAsNonRoot",
  level: "restricted",
  versions: [
    { from: 0, verify: verifyNonRoot },
    { from: 35, verify: unless(hasUserNamespace, verifyNonRoot) },
  ],
};

function verifyNonRoot(subject: Subject): Violation | undefined {
  const pod = subject.spec.securityContext?.runAsNonRoot;
  const reason = "runAsNonRoot != true";
  const containers = containersOf(subject);
  const explicit = containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === false);
  const who = setters(pod === false, explicit);
  if (who !== "") return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  const silent = pod ? [] : containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` };
}

export const runAsUser: Check = {
  id: "runAsUser",
  level: "restricted",
  versions: [
    { from: 23, verify: verifyUser },
    { from: 35, verify: unless(hasUserNamespace, verifyUser) },
  ],
};

function verifyUser(subject: Subject): Violation | undefined {
  const bad = containersOf(subject).filter(({ securityContext }) => securityContext?.runAsUser === 0);
  const who = setters(subject.spec.securityContext?.runAsUser === 0, bad);
  return who === "" ? undefined : { reason: "runAsUser=0", detail: `${who} must not set runAsUser=0` };
}
