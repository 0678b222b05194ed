import { formatTime } from "../../../machinery/clock.ts";
import { planToken, type TokenRequest } from "../../access/token-request.ts";
import { decodeShape, type Shape } from "../../verbs/decode.ts";
import { admitSubresource } from "../../verbs/environment.ts";
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
  const { env, tokens } = context.services;
  const { fieldValidation, dryRun } = writeOptions(context, "CreateOptions");
  const { value, duplicateFields } = await bodyOf(context, TOKEN_REQUEST.kind);
  const caller = callerOf(context, { dryRun });
  const decoding = { fieldValidation, duplicateFields, warn: caller.warn };
  const request = decodeShape(env, value, TOKEN_REQUEST, decoding) as TokenRequest;
  request.spec ??= {};
  admitSubresource(env, target, caller, request);
  const nowMs = env.clock.now();
  const { namespace, name } = target;
  const plan = planToken(env.store, {
    account: { namespace, name },
    request,
    issuer: tokens.issuer,
    nowMs,
    id: env.uuid(),
  });
  context.audit?.annotate("authentication.kubernetes.io/issued-credential-id", `JTI=${plan.claims.jti}`);
  const answer = {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { ...request.metadata, name, namespace, uid: plan.uid, creationTimestamp: formatTime(nowMs) },
    spec: {
      audiences: plan.audiences,
      expirationSeconds: plan.seconds,
      boundObjectRef: request.spec.boundObjectRef ?? null,
    },
    status: { token: await tokens.sign(plan.claims), expirationTimestamp: formatTime(plan.expiresAtSeconds * 1000) },
  };
  return json(context, 201, JSON.stringify(answer));
};
