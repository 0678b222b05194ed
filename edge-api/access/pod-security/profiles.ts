/** The kernel's guards around a container: AppArmor, seccomp, SELinux. */
import {
  type Check,
  containersOf,
  isWindows,
  named,
  plural,
  quoted,
  type SecurityContext,
  type Subject,
  setters,
  sorted,
  unless,
  type Violation,
} from "./check.ts";

export const appArmorProfile: Check = {
  id: "appArmorProfile",
  level: "baseline",
  versions: [{ from: 0, verify: verifyAppArmor }],
};

const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

const isAppArmorValue = (value: string): boolean =>
  value === "" || value === "runtime/default" || value.startsWith("localhost/");

function verifyAppArmor(subject: Subject): Violation | undefined {
  const isBad = (context: SecurityContext | undefined): boolean =>
    context?.appArmorProfile !== undefined &&
    !["RuntimeDefault", "Localhost"].includes(context.appArmorProfile.type ?? "");
  const podContext = subject.spec.securityContext;
  const bad = containersOf(subject).filter(({ securityContext }) => isBad(securityContext));
  const contexts = [...(isBad(podContext) ? [podContext] : []), ...bad.map(({ securityContext }) => securityContext)];
  const annotations = Object.entries(subject.annotations)
    .filter(([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !isAppArmorValue(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const values = [...sorted(contexts.map((context) => context?.appArmorProfile?.type ?? "")), ...annotations];
  const who = [
    ...(contexts.length > 0 ? [setters(isBad(podContext), bad)] : []),
    ...(annotations.length > 0 ? [plural(annotations.length, "annotation")] : []),
  ];
  if (who.length === 0) return undefined;
  return {
    reason: plural(values.length, "forbidden AppArmor profile"),
    detail: `${who.join(" and ")} must not set AppArmor profile type to ${quoted(values)}`,
  };
}

const isSeccompType = (type: string | undefined): boolean => type === "Localhost" || type === "RuntimeDefault";

export const seccompBaseline: Check = {
  id: "seccompProfile_baseline",
  level: "baseline",
  versions: [
    { from: 0, verify: verifySeccompAnnotations },
    { from: 19, verify: badSeccomp },
  ],
};

const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";

const isSeccompValue = (value: string): boolean =>
  value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");

function verifySeccompAnnotations(subject: Subject): Violation | undefined {
  const { annotations } = subject;
  const keys = [SECCOMP_POD, ...containersOf(subject).map(({ name }) => SECCOMP_CONTAINER + name)];
  const bad = sorted(
    keys
      .filter((key) => Object.hasOwn(annotations, key) && !isSeccompValue(annotations[key]!))
      .map((key) => `${key}=${JSON.stringify(annotations[key])}`),
  );
  if (bad.length === 0) return undefined;
  return { reason: "seccompProfile", detail: `forbidden ${plural(bad.length, "annotation")} ${bad.join(", ")}` };
}

/** Profiles that are set, and to something else than a filter. */
function badSeccomp(subject: Subject): Violation | undefined {
  const isBad = (context: SecurityContext | undefined): boolean =>
    context?.seccompProfile !== undefined && !isSeccompType(context.seccompProfile.type);
  const podContext = subject.spec.securityContext;
  const bad = containersOf(subject).filter(({ securityContext }) => isBad(securityContext));
  const who = setters(isBad(podContext), bad);
  if (who === "") return undefined;
  const contexts = [...(isBad(podContext) ? [podContext] : []), ...bad.map(({ securityContext }) => securityContext)];
  const values = sorted(contexts.map((context) => context?.seccompProfile?.type ?? ""));
  return {
    reason: "seccompProfile",
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(values)}`,
  };
}

export const seccompRestricted: Check = {
  id: "seccompProfile_restricted",
  level: "restricted",
  versions: [
    { from: 19, verify: verifySeccomp, overrides: "seccompProfile_baseline" },
    { from: 25, verify: unless(isWindows, verifySeccomp), overrides: "seccompProfile_baseline" },
  ],
};

function verifySeccomp(subject: Subject): Violation | undefined {
  const explicit = badSeccomp(subject);
  if (explicit) return explicit;
  if (subject.spec.securityContext?.seccompProfile) return undefined;
  const silent = containersOf(subject).filter(({ securityContext }) => !securityContext?.seccompProfile);
  if (silent.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `pod or ${named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
}

const SELINUX_TYPES = ["", "container_t", "container_init_t", "container_kvm_t"];

export const seLinuxOptions: Check = {
  id: "seLinuxOptions",
  level: "baseline",
  versions: [
    { from: 0, verify: verifySelinux(SELINUX_TYPES) },
    { from: 31, verify: verifySelinux([...SELINUX_TYPES, "container_engine_t"]) },
  ],
};

function verifySelinux(types: readonly string[]): (subject: Subject) => Violation | undefined {
  return (subject) => {
    const isBad = (context: SecurityContext | undefined): boolean => {
      const options = context?.seLinuxOptions;
      return options !== undefined && (!types.includes(options.type ?? "") || !!options.user || !!options.role);
    };
    const podContext = subject.spec.securityContext;
    const bad = containersOf(subject).filter(({ securityContext }) => isBad(securityContext));
    const who = setters(isBad(podContext), bad);
    if (who === "") return undefined;
    const all = [podContext, ...bad.map(({ securityContext }) => securityContext)].flatMap(
      (context) => context?.seLinuxOptions ?? [],
    );
    const badTypes = sorted(all.map(({ type = "" }) => type).filter((type) => !types.includes(type)));
    const details = [
      ...(badTypes.length > 0 ? [`${plural(badTypes.length, "type")} ${quoted(badTypes)}`] : []),
      ...(all.some(({ user }) => user) ? ["user may not be set"] : []),
      ...(all.some(({ role }) => role) ? ["role may not be set"] : []),
    ];
    return {
      reason: "seLinuxOptions",
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${details.join("; ")}`,
    };
  };
}
