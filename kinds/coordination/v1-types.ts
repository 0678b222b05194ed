/** TypeScript shapes of coordination.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/coordination-v1.ts";
