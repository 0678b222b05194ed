/** The paths of the kubelet's API. Pure. */
import { CallError } from "../link/call.ts";

export interface PodPath {
  namespace: string;
  pod: string;
  /** Absent for port-forward. */
  container: string;
}

/**
 * What follows the first segment: `{namespace}/{pod}/{container}`, or with the pod's uid before the container.
 * @throws CallError
 */
export function containerPath(segments: string[]): PodPath {
  const [namespace, pod, ...rest] = segments;
  const container = rest.at(-1);
  if (!namespace || !pod || !container || rest.length > 2) throw new CallError(404, "404 page not found\n");
  return { namespace, pod, container };
}

/** `{namespace}/{pod}`, or with the pod's uid behind. @throws CallError */
export function podPath(segments: string[]): { namespace: string; pod: string } {
  const [namespace, pod, ...rest] = segments;
  if (!namespace || !pod || rest.length > 1) throw new CallError(404, "404 page not found\n");
  return { namespace, pod };
}

const isOne = (query: URLSearchParams, name: string): boolean => query.get(name) === "1" || query.get(name) === "true";

/** @throws CallError when nothing would be carried */
export function streamOptions(query: URLSearchParams) {
  const tty = isOne(query, "tty");
  const stdin = isOne(query, "input");
  const stdout = isOne(query, "output");
  // A terminal has one output.
  const stderr = isOne(query, "error") && !tty;
  if (!stdin && !stdout && !stderr) throw new CallError(400, "you must specify at least 1 of stdin, stdout, stderr");
  return { tty, stdin, stdout, stderr };
}

/** `ports` may be given several times, and each may name several. @throws CallError */
export function forwardedPorts(query: URLSearchParams): number[] {
  const texts = [...query.getAll("ports"), ...query.getAll("port")].flatMap((text) => text.split(","));
  const ports = texts.map((text) => Number(text));
  const bad = ports.findIndex((port) => !Number.isInteger(port) || port < 1 || port > 65_535);
  if (bad >= 0) throw new CallError(400, `invalid port "${texts[bad]}"`);
  return ports;
}
