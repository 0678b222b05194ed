/** What the Pod Security Standards look at in a pod, and the form of their checks. */

export interface SecurityContext {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  procMount?: string;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seccompProfile?: { type?: string };
  appArmorProfile?: { type?: string };
  seLinuxOptions?: { type?: string; user?: string; role?: string };
  windowsOptions?: { hostProcess?: boolean };
  sysctls?: { name: string }[];
}

interface Handler {
  httpGet?: { host?: string };
  tcpSocket?: { host?: string };
}

export interface Container {
  name: string;
  image?: string;
  ports?: { hostPort?: number }[];
  securityContext?: SecurityContext;
  livenessProbe?: Handler;
  readinessProbe?: Handler;
  startupProbe?: Handler;
  lifecycle?: { postStart?: Handler; preStop?: Handler };
}

export interface PodSpec {
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  hostUsers?: boolean;
  os?: { name?: string };
  securityContext?: SecurityContext;
  volumes?: { name: string; [source: string]: unknown }[];
  initContainers?: Container[];
  containers?: Container[];
  ephemeralContainers?: Container[];
}

export interface Subject {
  annotations: { readonly [key: string]: string };
  spec: PodSpec;
}

export interface Violation {
  /** Short, as it is said of many pods: "host namespaces". */
  reason: string;
  /** What exactly: "hostPID=true". */
  detail: string;
}

export type Verify = (subject: Subject) => Violation | undefined;

/** One control of the standards: https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export interface Check {
  id: string;
  level: "baseline" | "restricted";
  /** In order; each holds from its minor version of Kubernetes 1 on, until the next. */
  versions: readonly { from: number; verify: Verify; overrides?: string }[];
}

/** Init containers first, ephemeral ones last. */
export const containersOf = ({ spec }: Subject): Container[] => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
  ...(spec.ephemeralContainers ?? []),
];

/** `"a", "b"` */
export const quoted = (items: Iterable<string>): string => `"${[...items].join('", "')}"`;

export const plural = (count: number, one: string, many: string = `${one}s`): string => (count === 1 ? one : many);

/** `container "a"` or `containers "a", "b"` */
export const named = (containers: readonly { name: string }[]): string =>
  `${plural(containers.length, "container")} ${quoted(containers.map(({ name }) => name))}`;

/** `pod and container "a"`: who set something; "" when nobody did. */
export const setters = (pod: boolean, containers: readonly Container[]): string =>
  [...(pod ? ["pod"] : []), ...(containers.length > 0 ? [named(containers)] : [])].join(" and ");

export const sorted = (items: Iterable<string>): string[] => [...new Set(items)].sort();

export const isWindows = ({ spec }: Subject): boolean => spec.os?.name === "windows";

/** In a user namespace root is nobody on the node. */
export const hasUserNamespace = ({ spec }: Subject): boolean => spec.hostUsers === false;

export const unless =
  (exempt: (subject: Subject) => boolean, verify: Verify): Verify =>
  (subject) =>
    exempt(subject) ? undefined : verify(subject);
