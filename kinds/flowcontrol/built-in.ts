/**
 * The flow control objects every cluster has. Mandatory ones cannot be changed; suggested ones are kept as they are here
 * unless somebody says otherwise.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#defaults
 */
import type {
  FlowSchema,
  LimitedPriorityLevelConfiguration,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  ResourcePolicyRule,
  Subject,
} from "./v1-types.ts";

const API_VERSION = "flowcontrol.apiserver.k8s.io/v1";
/** "true": the API server keeps the spec as it is here. */
export const AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";

const metadata = (name: string) => ({ name, annotations: { [AUTO_UPDATE]: "true" } });

function limited(
  name: string,
  shares: number,
  lendablePercent: number,
  limitResponse: LimitedPriorityLevelConfiguration["limitResponse"],
): PriorityLevelConfiguration {
  return {
    apiVersion: API_VERSION,
    kind: "PriorityLevelConfiguration",
    metadata: metadata(name),
    spec: {
      type: "Limited",
      limited: { nominalConcurrencyShares: shares, lendablePercent, limitResponse: limitResponse! },
    },
  };
}

const queue = (queues: number, handSize = 6) => ({
  type: "Queue",
  queuing: { queues, handSize, queueLengthLimit: 50 },
});

export const MANDATORY_LEVELS: readonly PriorityLevelConfiguration[] = [
  {
    apiVersion: API_VERSION,
    kind: "PriorityLevelConfiguration",
    metadata: metadata("exempt"),
    spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  },
  limited("catch-all", 5, 0, { type: "Reject" }),
];

export const SUGGESTED_LEVELS: readonly PriorityLevelConfiguration[] = [
  limited("system", 30, 33, queue(64)),
  limited("node-high", 40, 25, queue(64)),
  limited("leader-election", 10, 0, queue(16, 4)),
  limited("workload-high", 40, 50, queue(128)),
  limited("workload-low", 100, 90, queue(128)),
  limited("global-default", 20, 50, queue(128)),
];

const groups = (...names: string[]): Subject[] => names.map((name) => ({ kind: "Group", group: { name } }));
const users = (...names: string[]): Subject[] => names.map((name) => ({ kind: "User", user: { name } }));
const kubeSystemAccounts = (name = "*"): Subject[] => [
  { kind: "ServiceAccount", serviceAccount: { name, namespace: "kube-system" } },
];

const EVERYTHING: Omit<PolicyRulesWithSubjects, "subjects"> = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};

const ELECTION: ResourcePolicyRule[] = ["configmaps", "leases"].map((resource) => ({
  verbs: ["get", "create", "update"],
  apiGroups: [resource === "leases" ? "coordination.k8s.io" : ""],
  resources: resource === "leases" ? ["leases"] : ["endpoints", "configmaps"],
  namespaces: ["*"],
}));

function schema(
  { name, level, precedence, by }: { name: string; level: string; precedence: number; by?: "ByUser" | "ByNamespace" },
  rules: PolicyRulesWithSubjects,
): FlowSchema {
  return {
    apiVersion: API_VERSION,
    kind: "FlowSchema",
    metadata: metadata(name),
    spec: {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence: precedence,
      ...(by && { distinguisherMethod: { type: by } }),
      rules: [rules],
    },
  };
}

const EVERYBODY = groups("system:unauthenticated", "system:authenticated");

export const MANDATORY_SCHEMAS: readonly FlowSchema[] = [
  schema({ name: "exempt", level: "exempt", precedence: 1 }, { subjects: groups("system:masters"), ...EVERYTHING }),
  schema(
    { name: "catch-all", level: "catch-all", precedence: 10_000, by: "ByUser" },
    { subjects: EVERYBODY, ...EVERYTHING },
  ),
];

export const SUGGESTED_SCHEMAS: readonly FlowSchema[] = [
  schema(
    { name: "probes", level: "exempt", precedence: 2 },
    {
      subjects: EVERYBODY,
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
    },
  ),
  schema(
    { name: "system-leader-election", level: "leader-election", precedence: 100, by: "ByUser" },
    {
      subjects: [...users("system:kube-controller-manager", "system:kube-scheduler"), ...kubeSystemAccounts()],
      resourceRules: [{ ...ELECTION[1]! }],
    },
  ),
  schema(
    { name: "endpoint-controller", level: "workload-high", precedence: 150, by: "ByUser" },
    {
      subjects: [...users("system:kube-controller-manager"), ...kubeSystemAccounts("endpoint-controller")],
      resourceRules: [
        { verbs: ["get", "create", "update"], apiGroups: [""], resources: ["endpoints"], namespaces: ["*"] },
      ],
    },
  ),
  schema(
    { name: "workload-leader-election", level: "leader-election", precedence: 200, by: "ByUser" },
    { subjects: kubeSystemAccounts(), resourceRules: ELECTION },
  ),
  schema(
    { name: "system-node-high", level: "node-high", precedence: 400, by: "ByUser" },
    {
      subjects: groups("system:nodes"),
      resourceRules: [
        { verbs: ["*"], apiGroups: [""], resources: ["nodes", "nodes/status"], clusterScope: true, namespaces: ["*"] },
        { verbs: ["*"], apiGroups: ["coordination.k8s.io"], resources: ["leases"], namespaces: ["*"] },
      ],
    },
  ),
  schema(
    { name: "system-nodes", level: "system", precedence: 500, by: "ByUser" },
    { subjects: groups("system:nodes"), ...EVERYTHING },
  ),
  schema(
    { name: "kube-controller-manager", level: "workload-high", precedence: 800, by: "ByNamespace" },
    { subjects: users("system:kube-controller-manager"), ...EVERYTHING },
  ),
  schema(
    { name: "kube-scheduler", level: "workload-high", precedence: 800, by: "ByNamespace" },
    { subjects: users("system:kube-scheduler"), ...EVERYTHING },
  ),
  schema(
    { name: "kube-system-service-accounts", level: "workload-high", precedence: 900, by: "ByNamespace" },
    { subjects: kubeSystemAccounts(), ...EVERYTHING },
  ),
  schema(
    { name: "service-accounts", level: "workload-low", precedence: 9000, by: "ByUser" },
    { subjects: groups("system:serviceaccounts"), ...EVERYTHING },
  ),
  schema(
    { name: "global-default", level: "global-default", precedence: 9900, by: "ByUser" },
    { subjects: EVERYBODY, ...EVERYTHING },
  ),
];
