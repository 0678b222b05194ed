/** TypeScript shapes of resource.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/resource-v1.ts";
