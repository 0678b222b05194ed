import type { KubeObject } from "../../../machinery/meta/object.ts";
import { badRequest } from "../../../machinery/meta/status.ts";
import { decodeShape, type Shape } from "../../verbs/decode.ts";
import { evict } from "../../verbs/eviction.ts";
import { deleteOptions, writeOptions } from "../options.ts";
import { bodyOf, callerOf } from "../request.ts";
import { json } from "../respond.ts";
import type { SpecialEndpoint } from "./endpoint.ts";

const EVICTION: Shape = { group: "policy", version: "v1", kind: "Eviction", type: "io.k8s.api.policy.v1.Eviction" };

/** POST of `pods/{name}/eviction`. */
export const eviction: SpecialEndpoint = async (context, target) => {
  const { services } = context;
  const { env } = services;
  const { dryRun, fieldValidation } = writeOptions(context, "CreateOptions");
  const { value, duplicateFields } = await bodyOf(context, EVICTION.kind);
  const body = value as { apiVersion?: unknown } | null;
  // Older clients still say v1beta1, which is the same but for what an empty selector means.
  if (body?.apiVersion === "policy/v1beta1") body.apiVersion = "policy/v1";
  const base = callerOf(context, { dryRun });
  const object = decodeShape(env, value, EVICTION, { fieldValidation, duplicateFields, warn: base.warn });
  if (object.metadata.name && object.metadata.name !== target.name)
    throw badRequest("name in URL does not match name in Eviction object");
  const given = deleteOptions(object.deleteOptions ?? {}, undefined);
  const caller = { ...base, dryRun: dryRun || given.dryRun };
  const wanted: KubeObject & { deleteOptions: typeof given.options } = { ...object, deleteOptions: given.options };
  const outcome = await services.commit.run(() => evict(env, { target, caller, eviction: wanted }));
  return json(context, outcome.code, outcome.text);
};
