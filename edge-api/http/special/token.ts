import { formatTime } from "../../../machinery/clock.ts";
import { planToken, type TokenRequest } from "../../access/token-request.ts";
import { decodeShape, type Shape } from "../../verbs/decode.ts";
import { writeOptions } from "../options.ts";
import { bodyOf, callerOf } from "../request.ts";
import { json } from "../respond.ts";
import type { SpecialEndpoint } from "./endpoint.ts";

const TOKEN_REQUEST: Shape = {
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  type: "io.k8s.api.authentication.v1.TokenRequest",
};

/** POST of `serviceaccounts/{name}/token`. */
export const token: SpecialEndpoint = async (context, target) => {
  const { env, tokens } = { env: context.services.env, tokens: context.services.tokens };
  const { fieldValidation } = writeOptions(context, "CreateOptions");
  const { value, duplicateFields } = await bodyOf(context);
  const { warn } = callerOf(context, false);
  const request = decodeShape(env, value, TOKEN_REQUEST, { fieldValidation, duplicateFields, warn }) as TokenRequest;
  request.spec ??= {};
  const plan = planToken(env.store, {
    account: { namespace: target.namespace, name: target.name },
    request,
    identity: context.identity,
    issuer: tokens.issuer,
    nowMs: env.clock.now(),
    id: env.uuid(),
  });
  const answer = {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name: target.name, namespace: target.namespace, creationTimestamp: formatTime(env.clock.now()) },
    spec: {
      audiences: plan.audiences,
      expirationSeconds: request.spec.expirationSeconds ?? 3600,
      boundObjectRef: request.spec.boundObjectRef ?? null,
    },
    status: { token: await tokens.sign(plan.claims), expirationTimestamp: formatTime(plan.expiresAtSeconds * 1000) },
  };
  return json(context, 201, JSON.stringify(answer));
};
