/** Roles of controllers that act only where their kinds are served, by the storage key of these. */
import type { RoleTable } from "./notation.ts";

export const SERVED_ROLES: { readonly [storage: string]: RoleTable } = {
  "clustertrustbundles.certificates.k8s.io": {
    "kube-apiserver-serving-clustertrustbundle-publisher": [
      "certificates.k8s.io: clustertrustbundles: create delete get list update watch",
      "certificates.k8s.io: signers: attest: kubernetes.io/kube-apiserver-serving",
    ],
  },
};
