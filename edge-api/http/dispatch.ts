/** The end of the chain: who answers. */
import { metricsEndpoint } from "../observe/scrape.ts";
import type { Handler } from "./context.ts";
import { debugEndpoint } from "./debug.ts";
import { discovery } from "./discovery/index.ts";
import { openId } from "./discovery/openid.ts";
import { kedgeEndpoint } from "./kedge/index.ts";
import { nothingHere } from "./nothing-here.ts";
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
  return answer ?? nothingHere(context);
};
