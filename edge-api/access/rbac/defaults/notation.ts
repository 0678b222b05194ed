/**
 * How the default roles are written down: one line a rule, `groups: resources: verbs[: names]`, the parts' items
 * separated by blanks. "core" is the group without a name; `urls: paths: verbs` is a rule for paths.
 */
import type { PolicyRule } from "../rules.ts";

/** Rules by role name. */
export type RoleTable = { readonly [role: string]: readonly string[] };

/** What nearly every program needs. */
export const RECORD_EVENTS = "core events.k8s.io: events: create patch update";

const READ = ["get", "list", "watch"];
const WRITE = ["create", "delete", "deletecollection", "patch", "update"];
const SHORTHANDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["read", READ],
  ["write", WRITE],
  ["all", [...WRITE, ...READ].sort()],
]);

export function parseRule(line: string): PolicyRule {
  const [groups = [], resources = [], verbs = [], names] = line.split(": ").map((part) => part.split(" "));
  const expanded = [...(SHORTHANDS.get(verbs.join(" ")) ?? verbs)];
  if (groups[0] === "urls") return { verbs: expanded, nonResourceURLs: resources };
  return {
    verbs: expanded,
    apiGroups: groups.map((group) => (group === "core" ? "" : group)),
    resources,
    ...(names && { resourceNames: names }),
  };
}
