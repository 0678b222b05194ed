/** TypeScript shapes of certificates.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/certificates-v1.ts";
