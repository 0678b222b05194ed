/** Roles of the control plane's own programs in its own namespaces, and who has them. */
import { RECORD_EVENTS, type RoleTable } from "./notation.ts";

const LEADER_ELECTION = [
  "coordination.k8s.io: leases: create get list update watch",
  "coordination.k8s.io: leasecandidates: create get list update watch",
];

/** By namespace. */
export const NAMESPACE_ROLES: { readonly [namespace: string]: RoleTable } = {
  "kube-public": {
    "system:controller:bootstrap-signer": [
      "core: configmaps: read",
      "core: configmaps: update: cluster-info",
      RECORD_EVENTS,
    ],
  },
  "kube-system": {
    "extension-apiserver-authentication-reader": ["core: configmaps: read: extension-apiserver-authentication"],
    "system::leader-locking-kube-controller-manager": LEADER_ELECTION,
    "system::leader-locking-kube-scheduler": LEADER_ELECTION,
    "system:controller:bootstrap-signer": ["core: secrets: read"],
    "system:controller:cloud-provider": ["core: configmaps: create get list watch"],
    "system:controller:token-cleaner": ["core: secrets: delete get list watch", RECORD_EVENTS],
  },
};

/** Subjects of `user:<name>`, `group:<name>` or `account:<name>` (in kube-system). */
export interface BindingEntry {
  /** "" for a ClusterRoleBinding. */
  namespace: string;
  name: string;
  /** Of the same scope; absent: the binding's own name. */
  role?: string;
  subjects: readonly string[];
}

const MANAGER = "user:system:kube-controller-manager";
const SCHEDULER = "user:system:kube-scheduler";

export const BINDINGS: readonly BindingEntry[] = [
  { namespace: "", name: "cluster-admin", subjects: ["group:system:masters"] },
  { namespace: "", name: "system:monitoring", subjects: ["group:system:monitoring"] },
  { namespace: "", name: "system:discovery", subjects: ["group:system:authenticated"] },
  { namespace: "", name: "system:basic-user", subjects: ["group:system:authenticated"] },
  {
    namespace: "",
    name: "system:public-info-viewer",
    subjects: ["group:system:authenticated", "group:system:unauthenticated"],
  },
  { namespace: "", name: "system:node-proxier", subjects: ["user:system:kube-proxy"] },
  { namespace: "", name: "system:kube-controller-manager", subjects: [MANAGER] },
  { namespace: "", name: "system:kube-dns", subjects: ["account:kube-dns"] },
  { namespace: "", name: "system:kube-scheduler", subjects: [SCHEDULER] },
  { namespace: "", name: "system:volume-scheduler", subjects: [SCHEDULER] },
  // What nodes may do is the Node authorizer's to say: it knows which node asks.
  { namespace: "", name: "system:node", subjects: [] },
  { namespace: "", name: "system:service-account-issuer-discovery", subjects: ["group:system:serviceaccounts"] },
  { namespace: "", name: "kedge:node-bootstrapper", subjects: ["group:system:bootstrappers"] },
  { namespace: "kube-public", name: "system:controller:bootstrap-signer", subjects: ["account:bootstrap-signer"] },
  {
    namespace: "kube-system",
    name: "system::extension-apiserver-authentication-reader",
    role: "extension-apiserver-authentication-reader",
    subjects: [MANAGER, SCHEDULER],
  },
  {
    namespace: "kube-system",
    name: "system::leader-locking-kube-controller-manager",
    subjects: [MANAGER, "account:kube-controller-manager", "account:leader-election-controller"],
  },
  {
    namespace: "kube-system",
    name: "system::leader-locking-kube-scheduler",
    subjects: [SCHEDULER, "account:kube-scheduler"],
  },
  { namespace: "kube-system", name: "system:controller:bootstrap-signer", subjects: ["account:bootstrap-signer"] },
  { namespace: "kube-system", name: "system:controller:cloud-provider", subjects: ["account:cloud-provider"] },
  { namespace: "kube-system", name: "system:controller:token-cleaner", subjects: ["account:token-cleaner"] },
];
