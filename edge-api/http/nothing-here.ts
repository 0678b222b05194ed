/** The answer where nothing is served. */
import type { Registry } from "../../kinds/kind.ts";
import { ApiError } from "../../machinery/meta/status.ts";
import type { RequestContext } from "./context.ts";
import { type Answer, setHeader } from "./reply.ts";
import { plain } from "./respond.ts";

/**
 * As upstream's servers answer, each for what is its own: Go's page; below a group that is served, a Status.
 * @throws ApiError 404
 */
export function nothingHere(context: RequestContext): Answer {
  const [, prefix, group = ""] = context.info.path.split("/");
  if (prefix === "api" || (prefix === "apis" && isServed(context.services.env.registry, group)))
    throw new ApiError(404, "NotFound", "the server could not find the requested resource", {});
  const page = plain(context, 404, "404 page not found\n");
  setHeader(page, "x-content-type-options", "nosniff");
  return page;
}

const isServed = (registry: Registry, group: string): boolean => registry.all().some((kind) => kind.group === group);
