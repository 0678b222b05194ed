/** securityContext of pod and container → CRI. Pure. */
import type { Capabilities, PodSecurityContext, SecurityContext } from "../../kinds/core/v1-types.ts";
import {
  type LinuxContainerSecurityContext,
  type LinuxSandboxSecurityContext,
  NamespaceMode,
  ProfileType,
  type SecurityProfile,
  SupplementalGroupsPolicy,
} from "../runtime/generated/cri-v1-types.ts";
import type { Image, Init } from "../runtime/runtime.ts";
import { ContainerConfigError } from "./env.ts";
import { type AnyContainer, describePod, type NodePod } from "./pod.ts";

/** Where localhost seccomp profiles are, as kubelet has it. */
export const SECCOMP_DIRECTORY = "/var/lib/kubelet/seccomp";

type NamespaceOptions = NonNullable<Init<LinuxSandboxSecurityContext>["namespaceOptions"]>;

/** @param targetId container whose processes an ephemeral container shares */
export function namespaceOptions({ spec }: NodePod, targetId?: string): NamespaceOptions {
  if (targetId !== undefined) return { ...namespaceOptions({ spec } as NodePod), pid: NamespaceMode.TARGET, targetId };
  return {
    network: spec.hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD,
    ipc: spec.hostIPC ? NamespaceMode.NODE : NamespaceMode.POD,
    pid: spec.hostPID ? NamespaceMode.NODE : spec.shareProcessNamespace ? NamespaceMode.POD : NamespaceMode.CONTAINER,
  };
}

type Profile = { type?: string; localhostProfile?: string };

function profileOf(profile: Profile | undefined, localhostPrefix: string): Init<SecurityProfile> | undefined {
  switch (profile?.type) {
    case "RuntimeDefault":
      return { profileType: ProfileType.RuntimeDefault, localhostRef: "" };
    case "Localhost":
      return {
        profileType: ProfileType.Localhost,
        localhostRef: `${localhostPrefix}${profile.localhostProfile ?? ""}`,
      };
    case "Unconfined":
      return { profileType: ProfileType.Unconfined, localhostRef: "" };
    default:
      return undefined;
  }
}

/** No profile asked for means unconfined, as with kubelet's --seccomp-default=false. */
const seccomp = (profile: Profile | undefined): Init<SecurityProfile> =>
  profileOf(profile, `${SECCOMP_DIRECTORY}/`) ?? { profileType: ProfileType.Unconfined, localhostRef: "" };

const apparmor = (profile: Profile | undefined): { apparmor?: Init<SecurityProfile> } => {
  const found = profileOf(profile, "");
  return found ? { apparmor: found } : {};
};

const id = (value: number | undefined): { value: bigint } | undefined =>
  value === undefined ? undefined : { value: BigInt(value) };

/** Groups all containers of the pod are in beyond their own. */
const supplementalGroups = (context: PodSecurityContext | undefined): bigint[] => {
  const groups = [...(context?.fsGroup === undefined ? [] : [context.fsGroup]), ...(context?.supplementalGroups ?? [])];
  return [...new Set(groups)].map(BigInt);
};

const groupsPolicy = (context: PodSecurityContext | undefined): SupplementalGroupsPolicy =>
  context?.supplementalGroupsPolicy === "Strict" ? SupplementalGroupsPolicy.Strict : SupplementalGroupsPolicy.Merge;

export const isPrivileged = (container: AnyContainer): boolean => container.securityContext?.privileged === true;

export function sandboxSecurity(pod: NodePod): Init<LinuxSandboxSecurityContext> {
  const context = pod.spec.securityContext;
  const runAsUser = id(context?.runAsUser);
  const runAsGroup = context?.runAsUser === undefined ? undefined : id(context.runAsGroup);
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return {
    namespaceOptions: namespaceOptions(pod),
    privileged: containers.some(isPrivileged),
    // The sandbox's own process needs nothing that the default profile forbids.
    seccomp: { profileType: ProfileType.RuntimeDefault, localhostRef: "" },
    supplementalGroups: supplementalGroups(context),
    supplementalGroupsPolicy: groupsPolicy(context),
    ...(runAsUser && { runAsUser }),
    ...(runAsGroup && { runAsGroup }),
    ...(context?.seLinuxOptions && { selinuxOptions: context.seLinuxOptions }),
  };
}

/** Fields a container may set for itself, with the pod's where it does not. */
export function effectiveContext(pod: NodePod, container: AnyContainer): SecurityContext {
  const shared = pod.spec.securityContext;
  const own = container.securityContext ?? {};
  const pick = <K extends keyof SecurityContext & keyof PodSecurityContext>(key: K): SecurityContext[K] =>
    (own[key] ?? shared?.[key]) as SecurityContext[K];
  const merged: { [key: string]: unknown } = { ...own };
  for (const key of [
    "runAsUser",
    "runAsGroup",
    "runAsNonRoot",
    "seLinuxOptions",
    "seccompProfile",
    "appArmorProfile",
  ] as const) {
    const value = pick(key);
    if (value !== undefined) merged[key] = value;
  }
  return merged as SecurityContext;
}

/**
 * @param image what the container runs: says which user where the pod does not
 * @throws ContainerConfigError when runAsNonRoot forbids the user it would run as
 */
export function containerSecurity(
  pod: NodePod,
  container: AnyContainer,
  { image, targetId }: { image: Pick<Image, "uid" | "username">; targetId?: string | undefined },
): Init<LinuxContainerSecurityContext> {
  const context = effectiveContext(pod, container);
  checkNonRoot(pod, container, context, image);
  const byName = context.runAsUser === undefined && image.uid === undefined ? image.username : "";
  const user = byName === "" ? { value: BigInt(context.runAsUser ?? image.uid ?? 0n) } : undefined;
  const group = id(context.runAsGroup);
  const privileged = context.privileged === true;
  return {
    namespaceOptions: namespaceOptions(pod, targetId),
    privileged,
    capabilities: capabilities(context.capabilities),
    readonlyRootfs: context.readOnlyRootFilesystem === true,
    noNewPrivs: context.allowPrivilegeEscalation === false,
    supplementalGroups: supplementalGroups(pod.spec.securityContext),
    supplementalGroupsPolicy: groupsPolicy(pod.spec.securityContext),
    seccomp: privileged ? seccomp({ type: "Unconfined" }) : seccomp(context.seccompProfile),
    ...apparmor(context.appArmorProfile),
    ...(context.procMount === "Unmasked" ? { maskedPaths: [], readonlyPaths: [] } : DEFAULT_PATHS),
    // CRI refuses a group without a user, so there is always one.
    ...(user ? { runAsUser: user } : { runAsUsername: byName }),
    ...(group && { runAsGroup: group }),
    ...(context.seLinuxOptions && { selinuxOptions: context.seLinuxOptions }),
  };
}

/** What a container must not see or write of the kernel's own files. Source: kubelet's default proc mount. */
const DEFAULT_PATHS = {
  maskedPaths: [
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
    "/proc/interrupts",
  ],
  readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
};

const capabilities = (asked: Capabilities | undefined): { addCapabilities: string[]; dropCapabilities: string[] } => ({
  addCapabilities: asked?.add ?? [],
  dropCapabilities: asked?.drop ?? [],
});

function checkNonRoot(
  pod: NodePod,
  container: AnyContainer,
  context: SecurityContext,
  image: Pick<Image, "uid" | "username">,
): void {
  if (!context.runAsNonRoot) return;
  const where = `(pod: "${describePod(pod)}", container: ${container.name})`;
  if (context.runAsUser !== undefined) {
    if (context.runAsUser !== 0) return;
    throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
  }
  if (image.uid === undefined && image.username !== "") {
    throw new ContainerConfigError(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`,
    );
  }
  if (image.uid === undefined || image.uid === 0n) {
    throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
}
