/** The identity providers that the bindings name, and who need not say who they are. */
import type { TokenSource } from "../access/authenticate.ts";
import { type AuthenticationConfig, parseAuthenticationConfig } from "../access/jwt/config.ts";
import { createOidc } from "../access/jwt/flags.ts";
import type { IssuerEnvironment } from "../access/jwt/issuer.ts";
import type { Bindings } from "./environment.ts";

type Report = (error: unknown) => void;

/** Undefined when there is none, or when what is said of it cannot work, which is reported. */
export function identityProvider(env: Bindings, report: Report): TokenSource | undefined {
  // Self-hosted, providers may be in private networks and have certificates of private CAs: they have a way of their own.
  const way = env.KEDGE_OIDC_PROVIDER;
  const ask = (url: string, init?: RequestInit): Promise<Response> => (way ? way.fetch(url, init) : fetch(url, init));
  const environment: IssuerEnvironment = { fetch: ask, nowMs: () => Date.now(), report };
  if (env.KEDGE_AUTHENTICATION_CONFIG !== undefined) return structured(env.KEDGE_AUTHENTICATION_CONFIG, environment);
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
  try {
    return createOidc(options, environment);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    report(error);
    return undefined;
  }
}

/** Expressions are compiled when the first token comes: most isolates never see one. */
function structured(text: string, environment: IssuerEnvironment): TokenSource | undefined {
  const { issuers } = configOf(text, environment.report);
  if (issuers.length === 0) return undefined;
  let source: TokenSource | undefined;
  let isBroken = false;
  return {
    async authenticate(token) {
      if (isBroken) return undefined;
      const { createStructured } = await import("../access/jwt/structured.ts");
      try {
        source ??= createStructured(issuers, environment);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        isBroken = true;
        environment.report(error);
        return undefined;
      }
      return source.authenticate(token);
    },
  };
}

const NOBODY: AuthenticationConfig = { issuers: [], anonymous: new Set() };
let known: { text: string; config: AuthenticationConfig } | undefined;

/** One that cannot be read lets nobody in who is not known otherwise. */
function configOf(text: string, report: Report): AuthenticationConfig {
  if (known?.text !== text) {
    let config = NOBODY;
    try {
      config = parseAuthenticationConfig(text);
    } catch (error) {
      report(error);
    }
    known = { text, config };
  }
  return known.config;
}

/** Whether a request for this URL may go without credentials; RBAC has the last word on what it may do. */
export function mayBeAnonymous({ KEDGE_AUTHENTICATION_CONFIG: text }: Bindings, url: string, report: Report): boolean {
  if (text === undefined) return true;
  const { anonymous } = configOf(text, report);
  return anonymous === "all" || anonymous.has(new URL(url).pathname);
}
