/** TypeScript shapes of discovery.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/discovery-v1.ts";
