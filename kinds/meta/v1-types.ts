/** TypeScript shapes of meta/v1 beyond machinery/meta/object.ts (DeleteOptions, ListMeta, …). Source: the generated schema tables. */
export type * from "../generated/api/meta-v1.ts";
