/** RoleBinding. Source: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-binding-v1/ */
import type { Strategy } from "../kind.ts";
import { bindingStrategy } from "./bindings.ts";
import type { RoleBinding } from "./v1-types.ts";

export const roleBinding: Strategy<RoleBinding> = bindingStrategy({ namespaced: true });
