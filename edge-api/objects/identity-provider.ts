/** The identity provider that the bindings name. */
import type { TokenSource } from "../access/authenticate.ts";
import { createOidc } from "../access/oidc.ts";
import type { Bindings } from "./environment.ts";

/** Undefined when there is none, or when what is said of it cannot work, which is reported. */
export function identityProvider(env: Bindings, report: (error: unknown) => void): TokenSource | undefined {
  if (!env.KEDGE_OIDC_ISSUER) return undefined;
  const options = {
    issuer: env.KEDGE_OIDC_ISSUER,
    clientId: env.KEDGE_OIDC_CLIENT_ID ?? "",
    usernameClaim: env.KEDGE_OIDC_USERNAME_CLAIM,
    usernamePrefix: env.KEDGE_OIDC_USERNAME_PREFIX,
    groupsClaim: env.KEDGE_OIDC_GROUPS_CLAIM,
    groupsPrefix: env.KEDGE_OIDC_GROUPS_PREFIX,
    requiredClaims: env.KEDGE_OIDC_REQUIRED_CLAIM,
    signingAlgorithms: env.KEDGE_OIDC_SIGNING_ALGS,
  };
  // Self-hosted, the provider may be in a private network and have a certificate of a private CA: it has a way of its own.
  const way = env.KEDGE_OIDC_PROVIDER;
  const ask = (url: string, init?: RequestInit): Promise<Response> => (way ? way.fetch(url, init) : fetch(url, init));
  try {
    return createOidc(options, { fetch: ask, nowMs: () => Date.now(), report });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    report(error);
    return undefined;
  }
}
