/**
 * Which API versions are served: the stable ones, as kube-apiserver does by default (KEP-3136), and what
 * `--runtime-config` says. Source: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
 */
import type { Kind, Registry } from "./kind.ts";
import { createRegistry, registry } from "./registry.ts";

/** What gangs are scheduled by, and the API that every cluster with a metrics-server has. */
const SERVED_BESIDES = new Set(["scheduling.k8s.io/v1alpha2", "metrics.k8s.io/v1beta1"]);

type Level = "ga" | "beta" | "alpha";
const levelOf = (version: string): Level =>
  version.includes("alpha") ? "alpha" : version.includes("beta") ? "beta" : "ga";

const groupVersion = ({ group, version }: Kind): string => (group ? `${group}/${version}` : version);

/**
 * `api/beta=true,storage.k8s.io/v1beta1=false`. A later entry does not outdo a narrower one: what is said of a version
 * counts more than what is said of a level, and that more than what is said of all.
 * @throws RangeError on an entry that is not `<key>` or `<key>=true|false`
 */
export function parseRuntimeConfig(text: string): ReadonlyMap<string, boolean> {
  const entries = new Map<string, boolean>();
  for (const entry of text.split(",")) {
    const [key = "", value = "true", ...rest] = entry.trim().split("=");
    if (key === "") continue;
    if (rest.length > 0 || (value !== "true" && value !== "false")) {
      throw new RangeError(`runtime config: ${JSON.stringify(entry)} is neither KEY=true nor KEY=false`);
    }
    entries.set(key, value === "true");
  }
  return entries;
}

function isServed(kind: Kind, asked: ReadonlyMap<string, boolean>): boolean {
  const version = groupVersion(kind);
  const level = levelOf(kind.version);
  return (
    asked.get(`${version}/${kind.plural}`) ??
    asked.get(kind.group ? version : `api/${version}`) ??
    asked.get(`api/${level}`) ??
    asked.get("api/all") ??
    (level === "ga" || SERVED_BESIDES.has(version))
  );
}

/** One for each configuration, so that what is made from a registry once is not made for each server. */
const made = new Map<string, Registry>();

/** The registry of an API server started with this `--runtime-config`; "" for none. */
export function servedRegistry(runtimeConfig = ""): Registry {
  let served = made.get(runtimeConfig);
  if (!served) {
    const asked = parseRuntimeConfig(runtimeConfig);
    served = createRegistry(registry.all().filter((kind) => isServed(kind, asked)));
    made.set(runtimeConfig, served);
  }
  return served;
}
