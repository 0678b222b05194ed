/** Who sends a request: done in the Worker, before anything reaches the cluster's object. */
import { AUTHENTICATED_GROUP, BOOTSTRAPPERS_GROUP, type Identity, MASTERS_GROUP } from "./identity.ts";
import { type Claims, hasAudience, identityOf } from "./tokens.ts";

export interface AuthenticatorOptions {
  /** Bearer token of the cluster's administrator; absent or "": nobody is. */
  adminToken: string | undefined;
  /** Claims of a JWT of the cluster's, and the audiences its API server takes; undefined for any other token. */
  verify(token: string): Promise<{ claims: Claims; audiences: readonly string[] } | undefined>;
  /** Looks a bootstrap token up; undefined when there is none like it. */
  bootstrapToken(id: string, secret: string): Promise<Identity | undefined>;
  nowMs(): number;
}

export const ADMINISTRATOR: Identity = { user: "kubernetes-admin", groups: [MASTERS_GROUP, AUTHENTICATED_GROUP] };

/** Verified tokens are few: one a node, one a pod that talks to the API. */
const MAX_CACHED = 4096;
/** A token is verified again after this, so that a key taken out of service counts soon. */
const CACHE_MS = 60_000;
const MAX_TOKEN_LENGTH = 16 * 1024;
const BOOTSTRAP_TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;

const encoder = new TextEncoder();

const digestOf = async (token: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(token)));

/** In time that does not depend on where they differ. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #adminDigest: Promise<Uint8Array> | undefined;
  /**
   * Tokens found good. Looking one up tells an attacker nothing by its time: V8 compares texts only when their hashes,
   * which are seeded, are equal.
   */
  readonly #verified = new Map<string, { identity: Identity; untilMs: number }>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    if (options.adminToken) this.#adminDigest = digestOf(options.adminToken);
  }

  /** Whose token this is, when it has been found good lately: without waiting for anything. */
  known(token: string): Identity | undefined {
    const entry = this.#verified.get(token);
    return entry && entry.untilMs > this.#options.nowMs() ? entry.identity : undefined;
  }

  /**
   * Undefined for a token that is nobody's.
   * @param audiences of which a JWT must have one; none: those of the API server
   */
  async authenticate(token: string, audiences: readonly string[] = []): Promise<Identity | undefined> {
    if (token === "" || token.length > MAX_TOKEN_LENGTH) return undefined;
    const key = audiences.length === 0 ? token : `${token} ${audiences.join()}`;
    const nowMs = this.#options.nowMs();
    const known = this.#verified.get(key);
    if (known && known.untilMs > nowMs) return known.identity;
    const found = (await this.#isAdminToken(token))
      ? { identity: ADMINISTRATOR, untilMs: Number.POSITIVE_INFINITY }
      : await this.#find(token, audiences, nowMs);
    if (found) this.#remember(key, found);
    return found?.identity;
  }

  async #isAdminToken(token: string): Promise<boolean> {
    return this.#adminDigest !== undefined && sameBytes(await digestOf(token), await this.#adminDigest);
  }

  async #find(
    token: string,
    audiences: readonly string[],
    nowMs: number,
  ): Promise<{ identity: Identity; untilMs: number } | undefined> {
    const bootstrap = BOOTSTRAP_TOKEN.exec(token);
    if (bootstrap) {
      // Never cached: such a token is used once or twice, and may be deleted at any time.
      const identity = await this.#options.bootstrapToken(bootstrap[1]!, bootstrap[2]!);
      return identity && { identity, untilMs: nowMs };
    }
    const verified = await this.#options.verify(token);
    if (!verified || !hasAudience(verified.claims, audiences.length > 0 ? audiences : verified.audiences))
      return undefined;
    const { claims } = verified;
    const identity = identityOf(claims);
    const expiresMs = typeof claims.exp === "number" ? claims.exp * 1000 : 0;
    return identity && { identity, untilMs: Math.min(expiresMs, nowMs + CACHE_MS) };
  }

  #remember(key: string, entry: { identity: Identity; untilMs: number }): void {
    this.#verified.delete(key);
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size < MAX_CACHED) break;
      this.#verified.delete(oldest);
    }
    this.#verified.set(key, entry);
  }
}

export const bootstrapIdentity = (id: string, extraGroups: readonly string[]): Identity => ({
  user: `system:bootstrap:${id}`,
  groups: [BOOTSTRAPPERS_GROUP, ...extraGroups, AUTHENTICATED_GROUP],
});

const SUBPROTOCOL_PREFIX = "base64url.bearer.authorization.k8s.io.";

/**
 * The bearer token of a request; "" when there is none. Browsers cannot set headers on a WebSocket: they may send it
 * as a subprotocol.
 */
export function bearerToken(headers: Headers): string {
  const authorization = headers.get("authorization");
  if (authorization !== null) {
    const match = /^bearer +(\S+)$/i.exec(authorization.trim());
    return match?.[1] ?? "";
  }
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") return "";
  const protocol = (headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((part) => part.trim())
    .find((part) => part.startsWith(SUBPROTOCOL_PREFIX));
  if (!protocol) return "";
  try {
    return atob(protocol.slice(SUBPROTOCOL_PREFIX.length).replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return "";
  }
}
