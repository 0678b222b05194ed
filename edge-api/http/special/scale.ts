import type { KubeObject } from "../../../machinery/meta/object.ts";
import { decodeShape } from "../../verbs/decode.ts";
import { applyPatch, patchTypeOf } from "../../verbs/patch.ts";
import { getScale, SCALE, type Scale, setScale } from "../../verbs/scale.ts";
import { mediaTypeOf, missingBody, parseText, readText } from "../body.ts";
import { writeOptions } from "../options.ts";
import { bodyOf, callerOf } from "../request.ts";
import { json } from "../respond.ts";
import type { SpecialEndpoint } from "./endpoint.ts";

/** GET, PUT and PATCH of `…/scale`. */
export const scale: SpecialEndpoint = async (context, target) => {
  const { services, info } = context;
  const { env } = services;
  if (info.verb === "get") return json(context, 200, JSON.stringify(getScale(env, target)));
  const isPatch = info.verb === "patch";
  const { dryRun, fieldValidation } = writeOptions(context, isPatch ? "PatchOptions" : "UpdateOptions");
  const caller = callerOf(context, dryRun);
  let transform: (scale: Scale) => Scale;
  if (isPatch) {
    const type = patchTypeOf(mediaTypeOf(context.request.headers.get("content-type")));
    const text = await readText(context.request);
    if (text === "") throw missingBody();
    const { value, duplicateFields } = parseText(text, "application/json");
    const decoding = { fieldValidation, duplicateFields, warn: caller.warn };
    transform = (live) =>
      decodeShape(env, applyPatch(env, live as KubeObject, { type, patch: value }, SCALE), SCALE, decoding) as Scale;
  } else {
    const { value, duplicateFields } = await bodyOf(context);
    const wanted = decodeShape(env, value, SCALE, { fieldValidation, duplicateFields, warn: caller.warn }) as Scale;
    transform = () => wanted;
  }
  const outcome = await services.commit.run(() => setScale(env, { target, caller, transform }));
  return json(context, outcome.code, outcome.text);
};
