/** TypeScript shapes of flowcontrol.apiserver.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/flowcontrol-v1.ts";
