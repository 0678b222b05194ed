/** What a pod takes of the node: kernel parameters, volumes, its view of /proc. */
import {
  type Check,
  containersOf,
  hasUserNamespace,
  named,
  plural,
  quoted,
  type Subject,
  sorted,
  unless,
  type Violation,
} from "./check.ts";

const ALLOWED_SYSCTLS: readonly { from: number; names: readonly string[] }[] = [
  {
    from: 0,
    names: [
      "kernel.shm_rmid_forced",
      "net.ipv4.ip_local_port_range",
      "net.ipv4.tcp_syncookies",
      "net.ipv4.ping_group_range",
      "net.ipv4.ip_unprivileged_port_start",
    ],
  },
  { from: 27, names: ["net.ipv4.ip_local_reserved_ports"] },
  {
    from: 29,
    names: [
      "net.ipv4.tcp_keepalive_time",
      "net.ipv4.tcp_fin_timeout",
      "net.ipv4.tcp_keepalive_intvl",
      "net.ipv4.tcp_keepalive_probes",
    ],
  },
  { from: 32, names: ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"] },
];

export const sysctls: Check = {
  id: "sysctls",
  level: "baseline",
  versions: ALLOWED_SYSCTLS.map(({ from }) => ({ from, verify: verifySysctls(from) })),
};

function verifySysctls(version: number): Check["versions"][number]["verify"] {
  const allowed = new Set(ALLOWED_SYSCTLS.filter(({ from }) => from <= version).flatMap(({ names }) => names));
  return ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.has(name));
    return bad.length === 0 ? undefined : { reason: "forbidden sysctls", detail: bad.join(", ") };
  };
}

/** Volume sources that hold nothing of the node's. */
const SAFE_SOURCES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

export const restrictedVolumes: Check = {
  id: "restrictedVolumes",
  level: "restricted",
  versions: [{ from: 0, verify: verifyVolumes, overrides: "hostPathVolumes" }],
};

function verifyVolumes({ spec }: Subject): Violation | undefined {
  const bad = (spec.volumes ?? []).filter((volume) => !SAFE_SOURCES.some((source) => volume[source] !== undefined));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(({ name: _name, ...sources }) => Object.keys(sources)[0] ?? "unknown"));
  const names = quoted(bad.map(({ name }) => name));
  return {
    reason: "restricted volume types",
    detail: `${plural(bad.length, "volume")} ${names} ${plural(bad.length, "uses", "use")} ${plural(types.length, "restricted volume type")} ${quoted(types)}`,
  };
}

export const procMount: Check = {
  id: "procMount",
  level: "baseline",
  versions: [
    { from: 0, verify: verifyProcMount },
    { from: 35, verify: unless(hasUserNamespace, verifyProcMount) },
  ],
};

/** As strict as baseline was before it made an exception. */
export const procMountRestricted: Check = {
  id: "procMount_restricted",
  level: "restricted",
  versions: [{ from: 35, verify: verifyProcMount, overrides: "procMount" }],
};

function verifyProcMount(subject: Subject): Violation | undefined {
  const bad = containersOf(subject).filter(
    ({ securityContext }) => (securityContext?.procMount ?? "Default") !== "Default",
  );
  if (bad.length === 0) return undefined;
  const types = quoted(sorted(bad.map(({ securityContext }) => securityContext?.procMount ?? "")));
  return { reason: "procMount", detail: `${named(bad)} must not set securityContext.procMount to ${types}` };
}
