import { decodeShape } from "../../verbs/decode.ts";
import { applyPatch, patchTypeOf } from "../../verbs/patch.ts";
import { appliedScale, getScale, SCALE, type Scale, setScale, type WantedScale } from "../../verbs/scale.ts";
import { mediaTypeOf, missingBody, parseConfiguration, parseText, readText } from "../body.ts";
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
  const type = isPatch ? patchTypeOf(mediaTypeOf(context.request.headers.get("content-type"))) : undefined;
  const options = writeOptions(context, isPatch ? "PatchOptions" : "UpdateOptions", type);
  const { fieldValidation } = options;
  const caller = callerOf(context, options);
  let transform: (scale: Scale, managed: string | undefined) => WantedScale;
  if (type !== undefined) {
    const text = await readText(context.request);
    if (text === "") throw missingBody();
    const { value, duplicateFields } =
      type === "apply" ? parseConfiguration(text) : parseText(text, "application/json");
    const decoding = { fieldValidation, duplicateFields, warn: caller.warn };
    transform = (live, managed) =>
      type === "apply"
        ? appliedScale(env, { object: live, managed }, { config: value, caller, force: options.force, decoding })
        : { scale: decodeShape(env, applyPatch(env, live, { type, patch: value }, SCALE), SCALE, decoding) as Scale };
  } else {
    const { value, duplicateFields } = await bodyOf(context);
    const wanted = decodeShape(env, value, SCALE, { fieldValidation, duplicateFields, warn: caller.warn }) as Scale;
    transform = () => ({ scale: wanted });
  }
  const outcome = await services.commit.run(() => setScale(env, { target, caller, transform }));
  return json(context, outcome.code, outcome.text);
};
