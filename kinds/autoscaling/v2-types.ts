/** TypeScript shapes of autoscaling/v2. Source: the generated schema tables. */
export type * from "../generated/api/autoscaling-v2.ts";
