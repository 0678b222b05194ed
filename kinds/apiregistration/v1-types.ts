/** TypeScript shapes of apiregistration.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/apiregistration-v1.ts";
