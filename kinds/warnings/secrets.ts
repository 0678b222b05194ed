/** Secrets that are said to hold a certificate and its key. */
import { keyPairProblem } from "../certificates/key-pair.ts";
import type { Secret } from "../generated/api/core-v1.ts";

/** @param next has been found valid, so that both are there */
export function secretWarnings({ type, data = {} }: Secret): string[] {
  if (type !== "kubernetes.io/tls") return [];
  const problem = keyPairProblem(atob(data["tls.crt"] ?? ""), atob(data["tls.key"] ?? ""));
  return problem === undefined ? [] : [problem];
}
