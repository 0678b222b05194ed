import type { Target } from "../../verbs/environment.ts";
import type { RequestContext } from "../context.ts";
import type { Answer } from "../reply.ts";

/** Answers what is not reading or writing an object as it is stored. */
export type SpecialEndpoint = (context: RequestContext, target: Target) => Answer | Promise<Answer>;
