/** TypeScript shapes of policy/v1. Source: the generated schema tables. */
export type * from "../generated/api/policy-v1.ts";
