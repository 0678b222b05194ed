/**
 * ClusterRoleBinding.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/cluster-role-binding-v1/
 */
import type { Strategy } from "../kind.ts";
import { bindingStrategy } from "./bindings.ts";
import type { ClusterRoleBinding } from "./v1-types.ts";

export const clusterRoleBinding: Strategy<ClusterRoleBinding> = bindingStrategy({ namespaced: false });
