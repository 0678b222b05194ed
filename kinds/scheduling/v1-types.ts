/** TypeScript shapes of scheduling.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/scheduling-v1.ts";
