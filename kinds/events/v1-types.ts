/** TypeScript shapes of events.k8s.io/v1. Source: the generated schema tables. */
export type * from "../generated/api/events-v1.ts";
