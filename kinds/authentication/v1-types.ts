/** TypeScript shapes of authentication.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/authentication-v1.ts";
