/** TypeScript shapes of autoscaling/v1. Source: the generated schema tables. */
export type * from "../generated/api/autoscaling-v1.ts";
