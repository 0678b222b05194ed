/**
 * Tokens of an OpenID Connect provider, as kube-apiserver's --oidc-* flags set it up.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens
 */
import { createRemoteJWKSet, customFetch, decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import type { TokenSource } from "./authenticate.ts";
import { AUTHENTICATED_GROUP, CREDENTIAL_ID_EXTRA, type Identity } from "./identity.ts";

export interface OidcOptions {
  /** https URL, exactly as the provider's tokens have it. */
  issuer: string;
  clientId: string;
  /** Default "sub". */
  usernameClaim?: string | undefined;
  /** Default: the issuer and "#", but none for the claim "email". "-": none. */
  usernamePrefix?: string | undefined;
  groupsClaim?: string | undefined;
  groupsPrefix?: string | undefined;
  /** `key=value`, with commas between: each must be in the token. */
  requiredClaims?: string | undefined;
  /** With commas between; default "RS256". */
  signingAlgorithms?: string | undefined;
}

export interface OidcEnvironment {
  fetch(url: string, init?: RequestInit): Promise<Response>;
  nowMs(): number;
  report(error: unknown): void;
}

type KeySet = ReturnType<typeof createRemoteJWKSet>;

const DISCOVERY_PATH = "/.well-known/openid-configuration";
/** A provider that did not answer is asked again after this. */
const RETRY_MS = 10_000;
const FETCH_TIMEOUT_MS = 5_000;
/** A token found good is checked again after this. */
const CACHE_MS = 10_000;

/** @throws TypeError for options that cannot work */
export function createOidc(options: OidcOptions, environment: OidcEnvironment): TokenSource {
  const { issuer, clientId } = options;
  if (!issuer.startsWith("https://")) throw new TypeError(`the issuer ${issuer} is no https URL`);
  if (clientId === "") throw new TypeError("an identity provider needs a client ID");
  const { nowMs } = environment;
  const algorithms = listOf(options.signingAlgorithms ?? "RS256");
  const required = listOf(options.requiredClaims).map((pair) => {
    const [claim = "", ...value] = pair.split("=");
    return { claim, value: value.join("=") };
  });
  const keysOf = providerKeys(issuer, environment);
  return {
    async authenticate(token) {
      if (issuerOf(token) !== issuer) return undefined;
      const keys = await keysOf();
      if (!keys) return { problem: "oidc: authenticator not initialized" };
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience: clientId,
          algorithms,
          currentDate: new Date(nowMs()),
        });
        const missing = required.find(({ claim, value }) => payload[claim] !== value);
        if (missing) return { problem: `oidc: required claim ${missing.claim} not present in ID token` };
        const found = identityIn(payload, options);
        if ("problem" in found) return found;
        return { identity: found, untilMs: Math.min((payload.exp ?? 0) * 1000, nowMs() + CACHE_MS) };
      } catch (error) {
        if (error instanceof errors.JOSEError) return { problem: `oidc: verify token: ${error.message}` };
        throw error;
      }
    },
  };
}

/**
 * The provider's keys, asked for when first needed; undefined while it does not answer. Requests share what has been
 * answered, never what is being asked: in workerd a question dies with the request that asked it.
 */
function providerKeys(issuer: string, { fetch, nowMs, report }: OidcEnvironment): () => Promise<KeySet | undefined> {
  let keys: KeySet | undefined;
  let failedAtMs = Number.NEGATIVE_INFINITY;
  const discover = async (): Promise<KeySet> => {
    const url = issuer.replace(/\/$/, "") + DISCOVERY_PATH;
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (document.issuer !== issuer) throw new Error(`${url} is about another issuer: ${String(document.issuer)}`);
    if (typeof document.jwks_uri !== "string" || !document.jwks_uri.startsWith("https://"))
      throw new Error(`${url} names no https URL of keys`);
    return createRemoteJWKSet(new URL(document.jwks_uri), { [customFetch]: fetch, timeoutDuration: FETCH_TIMEOUT_MS });
  };
  return async () => {
    if (keys) return keys;
    if (nowMs() - failedAtMs < RETRY_MS) return undefined;
    try {
      keys = await discover();
    } catch (error) {
      report(error);
      failedAtMs = nowMs();
    }
    return keys;
  };
}

/** `iss` of what looks like a JWT. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch (error) {
    if (error instanceof errors.JWTInvalid) return undefined;
    throw error;
  }
}

function identityIn(payload: JWTPayload, options: OidcOptions): Identity | { problem: string } {
  const { issuer, usernameClaim = "sub", usernamePrefix, groupsClaim, groupsPrefix = "" } = options;
  const name = payload[usernameClaim];
  if (typeof name !== "string" || name === "") return { problem: `oidc: parse username claims "${usernameClaim}"` };
  if (usernameClaim === "email" && payload.email_verified !== undefined && payload.email_verified !== true)
    return { problem: "oidc: email not verified" };
  const prefix = usernamePrefix ?? (usernameClaim === "email" ? "-" : `${issuer}#`);
  const given = groupsClaim ? (payload[groupsClaim] ?? []) : [];
  const groups = typeof given === "string" ? [given] : given;
  if (!Array.isArray(groups) || groups.some((group) => typeof group !== "string"))
    return { problem: `oidc: parse groups claim "${groupsClaim}"` };
  return {
    user: (prefix === "-" ? "" : prefix) + name,
    groups: [...groups.map((group) => groupsPrefix + group), AUTHENTICATED_GROUP],
    ...(payload.jti && { extra: { [CREDENTIAL_ID_EXTRA]: [`JTI=${payload.jti}`] } }),
  };
}

const listOf = (text = ""): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
