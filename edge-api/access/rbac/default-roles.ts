/**
 * The roles and bindings every cluster has.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { PolicyRule } from "./rules.ts";

const API_VERSION = "rbac.authorization.k8s.io/v1";
const API_GROUP = "rbac.authorization.k8s.io";
const DEFAULTS = {
  labels: { "kubernetes.io/bootstrapping": "rbac-defaults" },
  annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
};

const READ = ["get", "list", "watch"];
const WRITE = ["create", "delete", "deletecollection", "patch", "update"];
const READ_WRITE = [...READ, ...WRITE];

const rule = (verbs: string[], apiGroups: string[], resources: string[]): PolicyRule => ({
  verbs,
  apiGroups,
  resources,
});
const urls = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ["get"], nonResourceURLs });

const clusterRole = (
  name: string,
  rules: PolicyRule[],
  more: { labels?: { [key: string]: string }; aggregationRule?: object } = {},
): KubeObject => ({
  apiVersion: API_VERSION,
  kind: "ClusterRole",
  metadata: { name, annotations: DEFAULTS.annotations, labels: { ...DEFAULTS.labels, ...more.labels } },
  ...(more.aggregationRule && { aggregationRule: more.aggregationRule }),
  rules,
});

const clusterRoleBinding = (name: string, role: string, groups: string[]): KubeObject => ({
  apiVersion: API_VERSION,
  kind: "ClusterRoleBinding",
  metadata: { name, ...DEFAULTS },
  roleRef: { apiGroup: API_GROUP, kind: "ClusterRole", name: role },
  subjects: groups.map((group) => ({ apiGroup: API_GROUP, kind: "Group", name: group })),
});

const VIEW: PolicyRule[] = [
  rule(
    READ,
    [""],
    [
      "configmaps",
      "endpoints",
      "persistentvolumeclaims",
      "persistentvolumeclaims/status",
      "pods",
      "replicationcontrollers",
      "replicationcontrollers/scale",
      "serviceaccounts",
      "services",
      "services/status",
    ],
  ),
  rule(
    READ,
    [""],
    [
      "bindings",
      "events",
      "limitranges",
      "namespaces/status",
      "pods/log",
      "pods/status",
      "replicationcontrollers/status",
      "resourcequotas",
      "resourcequotas/status",
    ],
  ),
  rule(READ, [""], ["namespaces"]),
  rule(READ, ["discovery.k8s.io"], ["endpointslices"]),
  rule(
    READ,
    ["apps"],
    [
      "controllerrevisions",
      "daemonsets",
      "daemonsets/status",
      "deployments",
      "deployments/scale",
      "deployments/status",
      "replicasets",
      "replicasets/scale",
      "replicasets/status",
      "statefulsets",
      "statefulsets/scale",
      "statefulsets/status",
    ],
  ),
  rule(READ, ["autoscaling"], ["horizontalpodautoscalers", "horizontalpodautoscalers/status"]),
  rule(READ, ["batch"], ["cronjobs", "cronjobs/status", "jobs", "jobs/status"]),
  rule(READ, ["policy"], ["poddisruptionbudgets", "poddisruptionbudgets/status"]),
  rule(READ, ["networking.k8s.io"], ["ingresses", "ingresses/status", "networkpolicies"]),
  rule(READ, ["resource.k8s.io"], ["resourceclaims", "resourceclaims/status", "resourceclaimtemplates"]),
];

const EDIT: PolicyRule[] = [
  rule(READ, [""], ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"]),
  rule(["impersonate"], [""], ["serviceaccounts"]),
  rule(WRITE, [""], ["pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"]),
  rule(["create"], [""], ["pods/eviction"]),
  rule(
    WRITE,
    [""],
    [
      "configmaps",
      "events",
      "persistentvolumeclaims",
      "replicationcontrollers",
      "replicationcontrollers/scale",
      "secrets",
      "serviceaccounts",
      "services",
      "services/proxy",
    ],
  ),
  rule(["create"], [""], ["serviceaccounts/token"]),
  rule(
    WRITE,
    ["apps"],
    [
      "daemonsets",
      "deployments",
      "deployments/rollback",
      "deployments/scale",
      "replicasets",
      "replicasets/scale",
      "statefulsets",
      "statefulsets/scale",
    ],
  ),
  rule(WRITE, ["autoscaling"], ["horizontalpodautoscalers"]),
  rule(WRITE, ["batch"], ["cronjobs", "jobs"]),
  rule(WRITE, ["policy"], ["poddisruptionbudgets"]),
  rule(WRITE, ["networking.k8s.io"], ["ingresses", "networkpolicies"]),
  rule(READ_WRITE, ["coordination.k8s.io"], ["leases"]),
  rule(WRITE, ["resource.k8s.io"], ["resourceclaims", "resourceclaimtemplates"]),
];

const ADMIN: PolicyRule[] = [
  rule(["create"], ["authorization.k8s.io"], ["localsubjectaccessreviews"]),
  rule(READ_WRITE, [API_GROUP], ["rolebindings", "roles"]),
];

const aggregates = (to: string): { [key: string]: string } => ({
  [`rbac.authorization.k8s.io/aggregate-to-${to}`]: "true",
});
const aggregationOf = (to: string): object => ({ clusterRoleSelectors: [{ matchLabels: aggregates(to) }] });

const DISCOVERY = [
  "/api",
  "/api/*",
  "/apis",
  "/apis/*",
  "/healthz",
  "/livez",
  "/openapi",
  "/openapi/*",
  "/readyz",
  "/version",
  "/version/",
];
const PUBLIC = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
/** Individual checks are paths of their own. */
const HEALTH_CHECKS = ["/livez/*", "/readyz/*", "/healthz/*"];

export const DEFAULT_ROLES: readonly KubeObject[] = [
  clusterRole("cluster-admin", [rule(["*"], ["*"], ["*"]), { verbs: ["*"], nonResourceURLs: ["*"] }]),
  clusterRole("system:discovery", [urls(...DISCOVERY)]),
  clusterRole("system:public-info-viewer", [urls(...PUBLIC)]),
  clusterRole("system:monitoring", [urls("/healthz", "/livez", "/metrics", "/readyz", ...HEALTH_CHECKS)]),
  clusterRole("system:basic-user", [
    rule(["create"], ["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
    rule(["create"], ["authentication.k8s.io"], ["selfsubjectreviews"]),
  ]),
  clusterRole("system:aggregate-to-view", VIEW, { labels: aggregates("view") }),
  clusterRole("system:aggregate-to-edit", EDIT, { labels: aggregates("edit") }),
  clusterRole("system:aggregate-to-admin", ADMIN, { labels: aggregates("admin") }),
  clusterRole("view", VIEW, { labels: aggregates("edit"), aggregationRule: aggregationOf("view") }),
  clusterRole("edit", [...EDIT, ...VIEW], { labels: aggregates("admin"), aggregationRule: aggregationOf("edit") }),
  clusterRole("admin", [...ADMIN, ...EDIT, ...VIEW], { aggregationRule: aggregationOf("admin") }),
  clusterRole("system:auth-delegator", [
    rule(["create"], ["authentication.k8s.io"], ["tokenreviews"]),
    rule(["create"], ["authorization.k8s.io"], ["subjectaccessreviews"]),
  ]),
  clusterRole("system:service-account-issuer-discovery", [
    urls("/.well-known/openid-configuration", "/openid/v1/jwks"),
  ]),
  clusterRole("system:node-bootstrapper", [
    rule(["create", "get", "list", "watch"], ["certificates.k8s.io"], ["certificatesigningrequests"]),
    // kedge's way in: a bootstrap token is exchanged for the node's own.
    { verbs: ["post"], nonResourceURLs: ["/kedge/v1/nodes/*"] },
  ]),
  clusterRoleBinding("cluster-admin", "cluster-admin", ["system:masters"]),
  clusterRoleBinding("system:discovery", "system:discovery", ["system:authenticated"]),
  clusterRoleBinding("system:basic-user", "system:basic-user", ["system:authenticated"]),
  clusterRoleBinding("system:public-info-viewer", "system:public-info-viewer", [
    "system:authenticated",
    "system:unauthenticated",
  ]),
  clusterRoleBinding("system:monitoring", "system:monitoring", ["system:monitoring"]),
  clusterRoleBinding("system:service-account-issuer-discovery", "system:service-account-issuer-discovery", [
    "system:serviceaccounts",
  ]),
  clusterRoleBinding("kedge:node-bootstrapper", "system:node-bootstrapper", ["system:bootstrappers"]),
];
