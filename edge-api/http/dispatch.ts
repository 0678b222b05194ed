/** The end of the chain: who answers. */
import { ApiError } from "../../machinery/meta/status.ts";
import { metricsEndpoint } from "../observe/scrape.ts";
import type { Handler } from "./context.ts";
import { debugEndpoint } from "./debug.ts";
import { discovery } from "./discovery/index.ts";
import { openId } from "./discovery/openid.ts";
import { kedgeEndpoint } from "./kedge/index.ts";
import { openapi } from "./openapi/index.ts";
import { resource } from "./resource.ts";

export const dispatch: Handler = (context) => {
  if (context.info.isResource) return resource(context);
  const answer =
    discovery(context) ??
    openapi(context) ??
    openId(context) ??
    metricsEndpoint(context) ??
    kedgeEndpoint(context) ??
    debugEndpoint(context);
  if (answer) return answer;
  throw new ApiError(404, "NotFound", "the server could not find the requested resource", {});
};
