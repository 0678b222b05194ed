import { formatTime } from "../../../machinery/clock.ts";
import { dns1123Subdomain } from "../../../machinery/meta/names.ts";
import { badRequest } from "../../../machinery/meta/status.ts";
import { NODE_USER_PREFIX } from "../../access/identity.ts";
import { API_AUDIENCE } from "../../access/tokens.ts";
import type { RequestContext } from "../context.ts";
import type { Answer } from "../reply.ts";
import { json } from "../respond.ts";

/** As long as a kubelet's certificate: a machine may be off for months and find its way back. */
const LIFETIME_SECONDS = 365 * 24 * 3600;

/**
 * POST /kedge/v1/nodes/{name}/token: the credentials of a node, for administrators, bootstrap tokens and the node
 * itself. 201 `{"token", "expirationTimestamp"}`
 */
export async function nodeToken(context: RequestContext, [name = ""]: string[]): Promise<Answer> {
  const [problem] = dns1123Subdomain(name);
  if (problem) throw badRequest(`${JSON.stringify(name)} is not a node name: ${problem}`);
  const { env, tokens } = context.services;
  const now = Math.floor(env.clock.now() / 1000);
  const expires = now + LIFETIME_SECONDS;
  const token = await tokens.sign({
    iss: tokens.issuer,
    aud: [API_AUDIENCE],
    sub: NODE_USER_PREFIX + name,
    iat: now,
    nbf: now,
    exp: expires,
    jti: env.uuid(),
  });
  return json(context, 201, JSON.stringify({ token, expirationTimestamp: formatTime(expires * 1000) }));
}
