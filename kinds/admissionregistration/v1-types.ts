/** TypeScript shapes of admissionregistration.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/admissionregistration-v1.ts";
