/** TypeScript shapes of apiextensions.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/apiextensions-v1.ts";
