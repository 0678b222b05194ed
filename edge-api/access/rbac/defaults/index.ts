/**
 * The roles and bindings every cluster has, as objects.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
 */
import type { Registry } from "../../../../kinds/kind.ts";
import type { KubeObject } from "../../../../machinery/meta/object.ts";
import type { PolicyRule, Subject } from "../rules.ts";
import { CLUSTER_ROLES } from "./cluster-roles.ts";
import { CONTROLLER_ROLES } from "./controller-roles.ts";
import { BINDINGS, type BindingEntry, NAMESPACE_ROLES } from "./namespace-roles.ts";
import { parseRule, type RoleTable } from "./notation.ts";
import { SERVED_ROLES } from "./served-roles.ts";

const GROUP = "rbac.authorization.k8s.io";
const API_VERSION = `${GROUP}/v1`;
const CONTROLLER_PREFIX = "system:controller:";
export const AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";

/** What the three roles for users gather, and the label by which others add to one. */
const aggregateTo = (role: string): { [label: string]: string } => ({
  [`rbac.authorization.k8s.io/aggregate-to-${role}`]: "true",
});

/** Roles that are part of another, with their label. */
const PARTS: ReadonlyMap<string, { [label: string]: string }> = new Map([
  ["system:aggregate-to-admin", aggregateTo("admin")],
  ["system:aggregate-to-edit", aggregateTo("edit")],
  ["system:aggregate-to-view", aggregateTo("view")],
  // As metrics-server's: who may view may know what is used.
  ["system:aggregated-metrics-reader", { ...aggregateTo("view"), ...aggregateTo("edit"), ...aggregateTo("admin") }],
  ["edit", aggregateTo("admin")],
  ["view", aggregateTo("edit")],
]);

/** In this order each finds the one it builds on. */
const AGGREGATED = ["view", "edit", "admin"];

const metadata = (name: string, namespace: string): KubeObject["metadata"] => ({
  name,
  ...(namespace && { namespace }),
  labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...(namespace === "" && PARTS.get(name)) },
  annotations: { [AUTOUPDATE]: "true" },
});

const role = (name: string, lines: readonly string[], namespace = ""): KubeObject => ({
  apiVersion: API_VERSION,
  kind: namespace === "" ? "ClusterRole" : "Role",
  metadata: metadata(name, namespace),
  rules: lines.map(parseRule) satisfies PolicyRule[],
});

/** Without rules: what it gathers is added by whoever looks after aggregation. */
const aggregated = (name: string): KubeObject => ({
  apiVersion: API_VERSION,
  kind: "ClusterRole",
  metadata: metadata(name, ""),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregateTo(name) }] },
  rules: [],
});

function subject(text: string): Subject {
  const at = text.indexOf(":");
  const name = text.slice(at + 1);
  switch (text.slice(0, at)) {
    case "account":
      return { kind: "ServiceAccount", name, namespace: "kube-system" };
    case "group":
      return { apiGroup: GROUP, kind: "Group", name };
    default:
      return { apiGroup: GROUP, kind: "User", name };
  }
}

const binding = ({ namespace, name, role: roleName = name, subjects }: BindingEntry): KubeObject => ({
  apiVersion: API_VERSION,
  kind: namespace === "" ? "ClusterRoleBinding" : "RoleBinding",
  metadata: { ...metadata(name, namespace), labels: { "kubernetes.io/bootstrapping": "rbac-defaults" } },
  ...(subjects.length > 0 && { subjects: subjects.map(subject) }),
  roleRef: { apiGroup: GROUP, kind: namespace === "" ? "ClusterRole" : "Role", name: roleName },
});

/** In the order they are made: roles before what refers to them. @param served the kinds that there are */
export function defaultRoles(served?: Pick<Registry, "findStorage">): KubeObject[] {
  const beside = Object.entries(SERVED_ROLES).filter(([storage]) => served?.findStorage(storage));
  const controllerRoles: RoleTable = Object.assign({}, CONTROLLER_ROLES, ...beside.map(([, table]) => table));
  const controllers = Object.keys(controllerRoles);
  return [
    ...Object.entries(CLUSTER_ROLES).map(([name, lines]) => role(name, lines)),
    ...AGGREGATED.map(aggregated),
    ...controllers.map((name) => role(CONTROLLER_PREFIX + name, controllerRoles[name]!)),
    ...BINDINGS.filter(({ namespace }) => namespace === "").map(binding),
    ...controllers.map((name) =>
      binding({ namespace: "", name: CONTROLLER_PREFIX + name, subjects: [`account:${name}`] }),
    ),
    ...Object.entries(NAMESPACE_ROLES).flatMap(([namespace, table]) =>
      Object.entries(table).map(([name, lines]) => role(name, lines, namespace)),
    ),
    ...BINDINGS.filter(({ namespace }) => namespace !== "").map(binding),
  ];
}
