/** TypeScript shapes of node.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/node-v1.ts";
