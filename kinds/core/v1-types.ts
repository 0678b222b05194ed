/** TypeScript shapes of the core group, v1. Source: the generated schema tables. */
export type * from "../generated/api/core-v1.ts";
