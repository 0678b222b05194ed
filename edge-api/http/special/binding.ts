import { badRequest } from "../../../machinery/meta/status.ts";
import { bind } from "../../verbs/binding.ts";
import { decodeShape, type Shape } from "../../verbs/decode.ts";
import type { Target } from "../../verbs/environment.ts";
import { writeOptions } from "../options.ts";
import { bodyOf, callerOf } from "../request.ts";
import { json } from "../respond.ts";
import type { SpecialEndpoint } from "./endpoint.ts";

const BINDING: Shape = { group: "", version: "v1", kind: "Binding", type: "io.k8s.api.core.v1.Binding" };

/** POST of `pods/{name}/binding`, and of `bindings`, where the body names the pod. */
export const binding: SpecialEndpoint = async (context, target) => {
  const { services } = context;
  const { env } = services;
  const { dryRun, fieldValidation } = writeOptions(context, "CreateOptions");
  const caller = callerOf(context, { dryRun });
  const { value, duplicateFields } = await bodyOf(context, BINDING.kind);
  const object = decodeShape(env, value, BINDING, { fieldValidation, duplicateFields, warn: caller.warn });
  const pods = env.registry.findStorage("pods")!;
  const name = target.name || object.metadata.name || "";
  if (object.metadata.name && object.metadata.name !== name)
    throw badRequest("name in URL does not match name in Binding object");
  const pod: Target = { kind: pods, namespace: target.namespace, name, subresource: "binding" };
  const outcome = await services.commit.run(() => bind(env, { target: pod, caller, binding: object }));
  return json(context, outcome.code, outcome.text);
};
