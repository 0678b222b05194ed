/** TypeScript shapes of networking.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/networking-v1.ts";
