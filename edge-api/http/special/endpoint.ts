import type { Target } from "../../verbs/environment.ts";
import type { RequestContext } from "../context.ts";

/** Answers what is not reading or writing an object as it is stored. */
export type SpecialEndpoint = (context: RequestContext, target: Target) => Response | Promise<Response>;
