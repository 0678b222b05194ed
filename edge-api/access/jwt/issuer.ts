/**
 * Tokens of one issuer that is not the cluster: signature, audience and times are checked here, what else they say by
 * whoever knows how it was set up.
 */
import { createRemoteJWKSet, customFetch, decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import type { TokenSource } from "../authenticate.ts";
import type { Identity } from "../identity.ts";

export interface IssuerOptions {
  /** https URL, exactly as the issuer's tokens have it. */
  url: string;
  /** Where its discovery document is; absent: below `url`. */
  discoveryUrl?: string | undefined;
  /** Of which a token must name one. */
  audiences: readonly string[];
  algorithms: readonly string[];
  /** Whom a token speaks for whose signature is good. */
  identify(claims: JWTPayload): Identity | { problem: string };
}

export interface IssuerEnvironment {
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
/** As go-oidc has it, which kube-apiserver uses. */
const NOT_BEFORE_LEEWAY_SECONDS = 60;

/** As Go prints times: `2026-01-01 00:00:00 +0000 UTC`. */
const goTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;

export function createIssuer(options: IssuerOptions, environment: IssuerEnvironment): TokenSource {
  const { url, audiences, algorithms, identify } = options;
  const { nowMs } = environment;
  const keysOf = providerKeys(options, environment);
  return {
    async authenticate(token) {
      if (issuerOf(token) !== url) return undefined;
      const keys = await keysOf();
      if (!keys) return { problem: "oidc: authenticator not initialized" };
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer: url,
          audience: [...audiences],
          algorithms: [...algorithms],
          // One that says no end would be good for ever.
          requiredClaims: ["exp"],
          currentDate: new Date(nowMs()),
          clockTolerance: NOT_BEFORE_LEEWAY_SECONDS,
        });
        // The leeway is for tokens that are made elsewhere, by a clock ahead of ours: not for those that have ended.
        const endMs = (payload.exp ?? 0) * 1000;
        if (endMs < nowMs())
          return { problem: `oidc: verify token: oidc: token is expired (Token Expiry: ${goTime(endMs)})` };
        const found = identify(payload);
        if ("problem" in found) return found;
        return { identity: found, untilMs: Math.min(endMs, nowMs() + CACHE_MS) };
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
function providerKeys(
  { url: issuer, discoveryUrl }: IssuerOptions,
  { fetch, nowMs, report }: IssuerEnvironment,
): () => Promise<KeySet | undefined> {
  let keys: KeySet | undefined;
  let failedAtMs = Number.NEGATIVE_INFINITY;
  const discover = async (): Promise<KeySet> => {
    const url = discoveryUrl ?? issuer.replace(/\/$/, "") + DISCOVERY_PATH;
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
