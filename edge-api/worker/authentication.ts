/** The authenticator of each cluster, with the keys its ClusterStore tells. */
import type { JWK } from "jose";
import { Authenticator, type TokenSource } from "../access/authenticate.ts";
import type { Identity } from "../access/identity.ts";
import { createVerifier, type Verified } from "../access/tokens.ts";

/** ClusterStore as the Worker calls it. */
export interface IdentitySource {
  identity(): Promise<{ keys: JWK[]; audiences: string[] }>;
  bootstrapToken(id: string, secret: string): Promise<Identity | null>;
}

interface Keys {
  audiences: readonly string[];
  ids: ReadonlySet<string | undefined>;
  verify(token: string): Promise<Verified | undefined>;
}

/** A cluster that was made anew has other keys: they are asked for again, but not more often than this. */
const REFRESH_MS = 5_000;

/** @param source makes a fresh stub: one is broken for good once its object has restarted */
export function createAuthenticator(options: {
  source: () => IdentitySource;
  adminToken: string | undefined;
  oidc?: TokenSource | undefined;
  nowMs: () => number;
}): Authenticator {
  const { source, nowMs } = options;
  // What has been answered is shared, never what is being asked: a question dies with the request that asked it.
  let keys: Keys | undefined;
  let askedAtMs = 0;

  const fetchKeys = async (): Promise<Keys> => {
    askedAtMs = nowMs();
    const identity = await source().identity();
    keys = {
      audiences: identity.audiences,
      ids: new Set(identity.keys.map(({ kid }) => kid)),
      verify: createVerifier(identity.keys, nowMs),
    };
    return keys;
  };

  return new Authenticator({
    adminToken: options.adminToken,
    oidc: options.oidc,
    nowMs,
    async verify(token) {
      const keyId = keyIdOf(token);
      if (keyId === undefined) return undefined;
      let current = keys ?? (await fetchKeys());
      if (!current.ids.has(keyId) && nowMs() - askedAtMs >= REFRESH_MS) current = await fetchKeys();
      const verified = current.ids.has(keyId) ? await current.verify(token) : undefined;
      return verified && { ...verified, audiences: current.audiences };
    },
    bootstrapToken: async (id, secret) => (await source().bootstrapToken(id, secret)) ?? undefined,
  });
}

/** `kid` of a JWT's header; undefined for what is no JWT. */
function keyIdOf(token: string): string | undefined {
  const end = token.indexOf(".");
  if (end < 0) return undefined;
  try {
    const header = JSON.parse(atob(token.slice(0, end).replaceAll("-", "+").replaceAll("_", "/"))) as { kid?: unknown };
    return typeof header.kid === "string" ? header.kid : undefined;
  } catch {
    return undefined;
  }
}
