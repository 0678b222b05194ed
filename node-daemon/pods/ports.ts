/** Where probes and hooks connect to. Pure. */
import type { AnyContainer } from "./pod.ts";

/** @throws Error for a port that is neither a number nor the name of one of the container's */
export function resolvePort(port: number | string, container: AnyContainer): number {
  const number = typeof port === "number" ? port : /^\d+$/.test(port) ? Number(port) : undefined;
  if (number !== undefined) {
    if (number > 0 && number < 65_536) return number;
    throw new Error(`invalid port number: ${number}`);
  }
  const named = (container.ports ?? []).find(({ name }) => name === port);
  if (!named) throw new Error(`couldn't find port: "${port}" in container "${container.name}"`);
  return named.containerPort;
}

export const urlHost = (ip: string): string => (ip.includes(":") ? `[${ip}]` : ip);
