/** TypeScript shapes of storage.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/storage-v1.ts";
