/** TypeScript shapes of rbac.authorization.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/rbac-v1.ts";
