/**
 * What the control plane tells those who do not know it yet, in config maps.
 * Source: https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/ (cluster-info),
 * https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/ (extension-apiserver-authentication),
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ (token tracking)
 */
import type { KubeObject } from "../../machinery/meta/object.ts";

export interface ClusterFacts {
  /** PEM of the cluster's CA. */
  caCertificate: string;
  /** Whether it is that CA that the API server's certificate is from; else the edge has one of a public CA. */
  isServedByCa: boolean;
  /** Absent: nobody is told where the cluster is. */
  serverUrl: string | undefined;
  nowMs: number;
}

/** A config map, of whose data only these keys are looked after. */
export type PublishedMap = KubeObject & { data: { [key: string]: string } };

export interface Published {
  map: PublishedMap;
  /** Made with the map, and never again: who does not want everybody to read it deletes them. */
  readers: readonly KubeObject[];
}

const configMap = (namespace: string, name: string, data: { [key: string]: string }): PublishedMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
  data,
});

const EXTENSION_AUTHENTICATION = "extension-apiserver-authentication";
const CLUSTER_INFO_ROLE = "kubeadm:bootstrap-signer-clusterinfo";
const RBAC = "rbac.authorization.k8s.io";

/** Those that are kept as they should be. */
export function publishedMaps({ caCertificate, isServedByCa, serverUrl }: ClusterFacts): Published[] {
  const maps: Published[] = [];
  // Servers behind the API server trust whom it trusts.
  if (caCertificate !== "")
    maps.push({
      map: configMap("kube-system", EXTENSION_AUTHENTICATION, { "client-ca-file": caCertificate }),
      readers: [],
    });
  if (serverUrl !== undefined) {
    const kubeconfig = discoveryConfig(serverUrl, isServedByCa ? caCertificate : undefined);
    maps.push({ map: configMap("kube-public", "cluster-info", { kubeconfig }), readers: CLUSTER_INFO_READERS });
  }
  return maps;
}

/** Since when the use of tokens in secrets is noted: made once. */
export function tokenTracking({ nowMs }: ClusterFacts): KubeObject {
  const since = new Date(nowMs).toISOString().slice(0, "2026-01-01".length);
  return configMap("kube-system", "kube-apiserver-legacy-service-account-token-tracking", { since });
}

/** Who joins knows nobody yet, and checks the signature that is in it. */
const CLUSTER_INFO_READERS: readonly KubeObject[] = [
  {
    apiVersion: `${RBAC}/v1`,
    kind: "Role",
    metadata: { name: CLUSTER_INFO_ROLE, namespace: "kube-public" },
    rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["cluster-info"], verbs: ["get"] }],
  },
  {
    apiVersion: `${RBAC}/v1`,
    kind: "RoleBinding",
    metadata: { name: CLUSTER_INFO_ROLE, namespace: "kube-public" },
    roleRef: { apiGroup: RBAC, kind: "Role", name: CLUSTER_INFO_ROLE },
    subjects: [{ apiGroup: RBAC, kind: "User", name: "system:anonymous" }],
  },
];

/** A kubeconfig with a cluster and no user. */
function discoveryConfig(server: string, caCertificate: string | undefined): string {
  const authority = caCertificate === undefined ? "" : `    certificate-authority-data: ${btoa(caCertificate)}\n`;
  return [
    "apiVersion: v1",
    "clusters:",
    "- cluster:",
    `${authority}    server: ${server}`,
    '  name: ""',
    "contexts: null",
    'current-context: ""',
    "kind: Config",
    "preferences: {}",
    "users: null",
    "",
  ].join("\n");
}
