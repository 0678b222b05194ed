/** TypeScript shapes of batch/v1. Source: the generated schema tables. */
export type * from "../generated/api/batch-v1.ts";
