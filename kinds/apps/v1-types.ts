/** TypeScript shapes of apps/v1. Source: the generated schema tables. */
export type * from "../generated/api/apps-v1.ts";
