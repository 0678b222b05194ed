/** TypeScript shapes of authorization.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/authorization-v1.ts";
