import { describe, expect, it } from "vitest";
import type { PodSpec, SecurityContext } from "./check.ts";
import { detailText, violationsOf } from "./evaluate.ts";
import { type Level, policyOf } from "./policy.ts";

const container = (name: string, securityContext: SecurityContext = {}, more: object = {}) => ({
  name,
  securityContext,
  ...more,
});

/** Everything that restricted asks for. */
const HARDENED: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};

const found = (level: Level, spec: PodSpec, { version = "latest", annotations = {} } = {}): string =>
  detailText(violationsOf({ spec, annotations }, { level, version }));

describe("baseline", () => {
  it.each<{ name: string; spec: PodSpec; want: string; version?: string; annotations?: { [key: string]: string } }>([
    { name: "[PSB1] nothing special", spec: { containers: [container("c")] }, want: "" },
    {
      name: "[PSB2] host namespaces",
      spec: { hostNetwork: true, hostPID: true, hostIPC: true },
      want: "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
    },
    {
      name: "[PSB3] privileged",
      spec: { containers: [container("a", { privileged: true }), container("b", { privileged: true })] },
      want: 'privileged (containers "a", "b" must not set securityContext.privileged=true)',
    },
    {
      name: "[PSB4] init containers first",
      spec: {
        containers: [container("a", { privileged: true })],
        initContainers: [container("i", { privileged: true })],
      },
      want: 'privileged (containers "i", "a" must not set securityContext.privileged=true)',
    },
    {
      name: "[PSB5] capabilities",
      spec: { containers: [container("a", { capabilities: { add: ["SYS_ADMIN", "CHOWN", "NET_RAW"] } })] },
      want: 'non-default capabilities (container "a" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
    },
    {
      name: "[PSB6] host paths",
      spec: {
        volumes: [
          { name: "a", hostPath: {} },
          { name: "b", hostPath: {} },
          { name: "c", emptyDir: {} },
        ],
      },
      want: 'hostPath volumes (volumes "a", "b")',
    },
    {
      name: "[PSB7] host ports",
      spec: { containers: [container("a", {}, { ports: [{ hostPort: 80 }, { hostPort: 443 }, {}] })] },
      want: 'hostPort (container "a" uses hostPorts 443, 80)',
    },
    {
      name: "[PSB8] probes of other hosts",
      spec: {
        containers: [
          container(
            "a",
            {},
            { livenessProbe: { httpGet: { host: "x" } }, lifecycle: { preStop: { tcpSocket: { host: "y" } } } },
          ),
        ],
      },
      want: 'probe or lifecycle host (container "a" uses probe or lifecycle hosts "x", "y")',
    },
    {
      name: "[PSB9] probes before 1.34",
      version: "v1.33",
      spec: { containers: [container("a", {}, { livenessProbe: { httpGet: { host: "x" } } })] },
      want: "",
    },
    {
      name: "[PSB10] AppArmor",
      spec: {
        securityContext: { appArmorProfile: { type: "Unconfined" } },
        containers: [container("a", { appArmorProfile: { type: "Unconfined" } })],
      },
      want: 'forbidden AppArmor profile (pod and container "a" must not set AppArmor profile type to "Unconfined")',
    },
    {
      name: "[PSB11] AppArmor by annotation",
      spec: { containers: [container("a")] },
      annotations: { "container.apparmor.security.beta.kubernetes.io/a": "unconfined" },
      want: 'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a="unconfined"")',
    },
    {
      name: "[PSB12] SELinux",
      spec: {
        securityContext: { seLinuxOptions: { type: "foo", user: "u" } },
        containers: [container("a", { seLinuxOptions: { role: "r" } })],
      },
      want: 'seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: type "foo"; user may not be set; role may not be set)',
    },
    {
      name: "[PSB13] SELinux engine type before 1.31",
      version: "v1.30",
      spec: { securityContext: { seLinuxOptions: { type: "container_engine_t" } } },
      want: 'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
    },
    {
      name: "[PSB14] and since",
      version: "v1.31",
      spec: { securityContext: { seLinuxOptions: { type: "container_engine_t" } } },
      want: "",
    },
    {
      name: "[PSB15] proc",
      spec: { containers: [container("a", { procMount: "Unmasked" })] },
      want: 'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    },
    {
      name: "[PSB16] proc in a user namespace",
      spec: { hostUsers: false, containers: [container("a", { procMount: "Unmasked" })] },
      want: "",
    },
    {
      name: "[PSB17] seccomp",
      spec: { containers: [container("a", { seccompProfile: { type: "Unconfined" } })] },
      want: 'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    },
    {
      name: "[PSB18] seccomp by annotation, long ago",
      version: "v1.18",
      spec: { containers: [container("a")] },
      annotations: { "seccomp.security.alpha.kubernetes.io/pod": "unconfined" },
      want: 'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
    },
    {
      name: "[PSB19] sysctls",
      spec: { securityContext: { sysctls: [{ name: "kernel.msgmax" }, { name: "net.ipv4.tcp_rmem" }] } },
      want: "forbidden sysctls (kernel.msgmax)",
    },
    {
      name: "[PSB20] fewer sysctls before",
      version: "v1.28",
      spec: {
        securityContext: { sysctls: [{ name: "net.ipv4.tcp_rmem" }, { name: "net.ipv4.ip_local_reserved_ports" }] },
      },
      want: "forbidden sysctls (net.ipv4.tcp_rmem)",
    },
    {
      name: "[PSB21] Windows host processes",
      spec: {
        securityContext: { windowsOptions: { hostProcess: true } },
        containers: [container("a", { windowsOptions: { hostProcess: true } })],
      },
      want: 'hostProcess (pod and container "a" must not set securityContext.windowsOptions.hostProcess=true)',
    },
  ])("$name", ({ spec, want, version, annotations }) => {
    expect(found("baseline", spec, { ...(version && { version }), ...(annotations && { annotations }) })).toBe(want);
  });
});

describe("restricted", () => {
  const plain = { containers: [container("a")] };
  it.each<{ name: string; spec: PodSpec; want: string; version?: string }>([
    { name: "[PSR1] all it asks for", spec: { containers: [container("a", HARDENED)] }, want: "" },
    {
      name: "[PSR2] nothing of it",
      spec: plain,
      want: 'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    },
    {
      name: "[PSR3] set for the pod",
      spec: {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "Localhost" } },
        containers: [
          container("a", {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
          }),
        ],
      },
      want: "",
    },
    {
      name: "[PSR4] root by name",
      spec: { containers: [container("a", { ...HARDENED, runAsNonRoot: false, runAsUser: 0 })] },
      want: 'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false), runAsUser=0 (container "a" must not set runAsUser=0)',
    },
    {
      name: "[PSR5] root in a user namespace",
      spec: { hostUsers: false, containers: [container("a", { ...HARDENED, runAsNonRoot: false, runAsUser: 0 })] },
      want: "",
    },
    {
      name: "[PSR6] and before 1.35",
      version: "v1.34",
      spec: { hostUsers: false, containers: [container("a", { ...HARDENED, runAsUser: 0 })] },
      want: 'runAsUser=0 (container "a" must not set runAsUser=0)',
    },
    {
      name: "[PSR7] volumes of the node, told once",
      spec: {
        volumes: [
          { name: "v", hostPath: {} },
          { name: "n", nfs: {} },
          { name: "s", secret: {} },
        ],
        containers: [container("a", HARDENED)],
      },
      want: 'restricted volume types (volumes "v", "n" use restricted volume types "hostPath", "nfs")',
    },
    {
      name: "[PSR8] more capabilities",
      spec: { containers: [container("a", { ...HARDENED, capabilities: { drop: ["ALL"], add: ["CHOWN"] } })] },
      want: 'unrestricted capabilities (container "a" must not include "CHOWN" in securityContext.capabilities.add)',
    },
    {
      name: "[PSR9] proc even in a user namespace",
      spec: { hostUsers: false, containers: [container("a", { ...HARDENED, procMount: "Unmasked" })] },
      want: 'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    },
    {
      name: "[PSR10] Windows",
      spec: { os: { name: "windows" }, containers: [container("a", { runAsNonRoot: true })] },
      want: "",
    },
    {
      name: "[PSR11] Windows before 1.25",
      version: "v1.24",
      spec: {
        os: { name: "windows" },
        containers: [
          container("a", {
            runAsNonRoot: true,
            seccompProfile: { type: "RuntimeDefault" },
            capabilities: { drop: ["ALL"] },
          }),
        ],
      },
      want: 'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)',
    },
    {
      name: "[PSR12] in the beginning",
      version: "v1.7",
      spec: plain,
      want: 'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
    },
    {
      name: "[PSR13] a version to come is the newest",
      version: "v1.99",
      spec: { hostUsers: false, containers: [container("a", { ...HARDENED, runAsUser: 0 })] },
      want: "",
    },
  ])("$name", ({ spec, want, version }) => {
    expect(found("restricted", spec, version ? { version } : {})).toBe(want);
  });
});

describe("policyOf", () => {
  const label = (fields: { [name: string]: string }) =>
    policyOf(
      Object.fromEntries(Object.entries(fields).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value])),
    );
  const at = (level: Level, version = "latest") => ({ level, version });
  it("[PSL1] without labels anything goes", () => {
    expect(policyOf({}).policy).toEqual({ enforce: at("privileged"), audit: at("privileged"), warn: at("privileged") });
  });
  it("[PSL2] what is enforced is warned of", () => {
    expect(label({ enforce: "restricted", "enforce-version": "v1.30" }).policy.warn).toEqual(at("restricted", "v1.30"));
    expect(label({ enforce: "baseline", warn: "restricted" }).policy.warn).toEqual(at("restricted"));
    expect(label({ enforce: "restricted", warn: "privileged" }).policy.warn).toEqual(at("privileged"));
  });
  it("[PSL3] what cannot be read is as strict as can be, and told nobody", () => {
    const { policy, errors } = label({ enforce: "foo", audit: "bar", "warn-version": "1.2" });
    expect(policy).toEqual({ enforce: at("restricted"), audit: at("privileged"), warn: at("privileged") });
    expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "foo": must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: "bar": must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"',
    ]);
  });
});
