/** The node's namespaces, paths, ports and addresses are not for pods. */
import {
  type Check,
  type Container,
  containersOf,
  named,
  plural,
  quoted,
  type Subject,
  sorted,
  type Violation,
} from "./check.ts";

export const hostNamespaces: Check = {
  id: "hostNamespaces",
  level: "baseline",
  versions: [{ from: 0, verify: verifyNamespaces }],
};

function verifyNamespaces({ spec }: Subject): Violation | undefined {
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field]);
  if (shared.length === 0) return undefined;
  return { reason: "host namespaces", detail: shared.map((field) => `${field}=true`).join(", ") };
}

export const hostPathVolumes: Check = {
  id: "hostPathVolumes",
  level: "baseline",
  versions: [{ from: 0, verify: verifyPaths }],
};

function verifyPaths({ spec }: Subject): Violation | undefined {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return { reason: "hostPath volumes", detail: `${plural(names.length, "volume")} ${quoted(names)}` };
}

export const hostPorts: Check = { id: "hostPorts", level: "baseline", versions: [{ from: 0, verify: verifyPorts }] };

function verifyPorts(subject: Subject): Violation | undefined {
  const portsOf = ({ ports }: Container): number[] => (ports ?? []).flatMap(({ hostPort }) => hostPort || []);
  const bad = containersOf(subject).filter((container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sorted(bad.flatMap(portsOf).map(String));
  return {
    reason: "hostPort",
    detail: `${named(bad)} ${plural(bad.length, "uses", "use")} ${plural(ports.length, "hostPort")} ${ports.join(", ")}`,
  };
}

export const hostProbes: Check = {
  id: "hostProbesAndHostLifecycle",
  level: "baseline",
  versions: [{ from: 34, verify: verifyProbes }],
};

function verifyProbes(subject: Subject): Violation | undefined {
  const bad = containersOf(subject).filter((container) => hostsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const names = sorted(bad.map(({ name }) => name)).map((name) => ({ name }));
  const hosts = sorted(bad.flatMap(hostsOf));
  return {
    reason: "probe or lifecycle host",
    detail: `${named(names)} ${plural(names.length, "uses", "use")} ${plural(hosts.length, "probe or lifecycle host")} ${quoted(hosts)}`,
  };
}

function hostsOf({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): string[] {
  const handlers = [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop];
  return handlers.flatMap(
    (handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host) => !!host) as string[],
  );
}
