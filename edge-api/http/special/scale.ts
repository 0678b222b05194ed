import { age } from "../../../kinds/common/rows.ts";
import type { Kind } from "../../../kinds/kind.ts";
import { decodeShape } from "../../verbs/decode.ts";
import { decodePatched, patchTypeOf } from "../../verbs/patch.ts";
import { appliedScale, getScale, SCALE, type Scale, setScale, type WantedScale } from "../../verbs/scale.ts";
import { mediaTypeOf, readPatch } from "../body.ts";
import { writeOptions } from "../options.ts";
import { bodyOf, callerOf } from "../request.ts";
import { checkForm, showObject } from "../view.ts";
import type { SpecialEndpoint } from "./endpoint.ts";

/** What a Scale is shown as. */
const KIND: Kind<Scale> = {
  ...SCALE,
  plural: "scales",
  singular: "scale",
  namespaced: true,
  verbs: [],
  shortNames: [],
  categories: [],
  subresources: {},
  storage: "",
  columns: [
    { name: "Name", type: "string", format: "", priority: 0 },
    { name: "Desired", type: "integer", format: "", priority: 0 },
    { name: "Available", type: "integer", format: "", priority: 0 },
    { name: "Age", type: "string", format: "", priority: 0 },
  ],
  strategy: {
    row: (scale, nowMs) => [
      scale.metadata.name ?? "",
      scale.spec?.replicas ?? 0,
      scale.status?.replicas ?? 0,
      age(scale, nowMs),
    ],
  },
};

/** GET, PUT and PATCH of `…/scale`. */
export const scale: SpecialEndpoint = async (context, target) => {
  const { services, info } = context;
  const { env } = services;
  const shown = { ...target, kind: KIND as Kind };
  checkForm(context, shown);
  if (info.verb === "get") return showObject(context, shown, 200, JSON.stringify(getScale(env, target)));
  const isPatch = info.verb === "patch";
  const type = isPatch ? patchTypeOf(mediaTypeOf(context.request.headers.get("content-type"))) : undefined;
  const options = writeOptions(context, isPatch ? "PatchOptions" : "UpdateOptions", type);
  const { fieldValidation } = options;
  const caller = callerOf(context, options);
  let transform: (scale: Scale, managed: string | undefined) => WantedScale;
  if (type !== undefined) {
    const { value, duplicateFields } = await readPatch(context.request, type, fieldValidation);
    const decoding = { fieldValidation, duplicateFields, warn: caller.warn };
    if (type === "apply") {
      const request = { config: value, caller, force: options.force, decoding };
      transform = (live, managed) => appliedScale(env, { object: live, managed }, request);
    } else {
      const patch = { type, patch: value };
      transform = (live) => ({ scale: decodePatched(env, live, patch, { shape: SCALE, decoding }) as Scale });
    }
  } else {
    const { value, duplicateFields } = await bodyOf(context, SCALE.kind);
    const wanted = decodeShape(env, value, SCALE, { fieldValidation, duplicateFields, warn: caller.warn }) as Scale;
    transform = () => ({ scale: wanted });
  }
  const outcome = await services.commit.run(() => setScale(env, { target, caller, transform }));
  return showObject(context, shown, outcome.code, outcome.text);
};
