/** Who sends a request: done in the Worker, before anything reaches the cluster's object. */
import { AUTHENTICATED_GROUP, BOOTSTRAPPERS_GROUP, type Identity, MASTERS_GROUP } from "./identity.ts";
import { audiencesIn, identityOf, type Verified } from "./tokens.ts";

export interface AuthenticatorOptions {
  /** Bearer token of the cluster's administrator; absent or "": nobody is. */
  adminToken: string | undefined;
  /** What a JWT of the cluster's says, and the audiences its API server takes; undefined for any other token. */
  verify(token: string): Promise<(Verified & { audiences: readonly string[] }) | undefined>;
  /** Looks a bootstrap token up; undefined when there is none like it. */
  bootstrapToken(id: string, secret: string): Promise<Identity | undefined>;
  /** Tokens of an identity provider; absent: none are taken. @see jwt/issuer.ts */
  oidc?: TokenSource | undefined;
  nowMs(): number;
}

/** Tokens of somebody else's making, which are for the API server and nobody else. */
export interface TokenSource {
  /** Undefined for tokens that are not of this source. */
  authenticate(token: string): Promise<Found | { problem: string } | undefined>;
}

interface Found {
  identity: Identity;
  untilMs: number;
}

/** Whom a token speaks for, and for whom it is meant; absent audiences: for the API server. */
export type Reviewed = { identity: Identity; audiences?: readonly string[] } | { problem: string };

export const ADMINISTRATOR: Identity = { user: "kubernetes-admin", groups: [MASTERS_GROUP, AUTHENTICATED_GROUP] };

/** Verified tokens are few: one a node, one a pod that talks to the API. */
const MAX_CACHED = 4096;
/** A token is verified again after this, so that a key taken out of service counts soon. */
const CACHE_MS = 60_000;
const MAX_TOKEN_LENGTH = 16 * 1024;
const BOOTSTRAP_TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const INVALID = { problem: "invalid bearer token" };

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
  readonly #verified = new Map<string, Found>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    if (options.adminToken) this.#adminDigest = digestOf(options.adminToken);
  }

  /** Whose token this is, when it has been found good lately: without waiting for anything. */
  known(token: string): Identity | undefined {
    const entry = this.#verified.get(token);
    return entry && entry.untilMs > this.#options.nowMs() ? entry.identity : undefined;
  }

  /** Undefined for a token that is nobody's, or not for the API server. */
  async authenticate(token: string): Promise<Identity | undefined> {
    const known = this.known(token);
    if (known) return known;
    const found = await this.#find(token, []);
    if ("problem" in found) return undefined;
    if (found.untilMs > this.#options.nowMs()) this.#remember(token, found);
    return found.identity;
  }

  /** @param audiences of which the token must be for one; none: for the API server */
  review(token: string, audiences: readonly string[]): Promise<Reviewed> {
    return this.#find(token, audiences);
  }

  async #find(
    token: string,
    audiences: readonly string[],
  ): Promise<(Found & { audiences?: readonly string[] }) | { problem: string }> {
    if (token === "" || token.length > MAX_TOKEN_LENGTH) return INVALID;
    if (await this.#isAdminToken(token)) return { identity: ADMINISTRATOR, untilMs: Number.POSITIVE_INFINITY };
    const bootstrap = BOOTSTRAP_TOKEN.exec(token);
    if (bootstrap) {
      // Never cached: such a token is used once or twice, and may be deleted at any time.
      const identity = await this.#options.bootstrapToken(bootstrap[1]!, bootstrap[2]!);
      return identity ? { identity, untilMs: this.#options.nowMs() } : INVALID;
    }
    const verified = await this.#options.verify(token);
    if (verified) return this.#ofCluster(verified, audiences);
    return (await this.#options.oidc?.authenticate(token)) ?? INVALID;
  }

  async #isAdminToken(token: string): Promise<boolean> {
    return this.#adminDigest !== undefined && sameBytes(await digestOf(token), await this.#adminDigest);
  }

  #ofCluster(verified: Verified & { audiences: readonly string[] }, audiences: readonly string[]) {
    if ("problem" in verified) return verified;
    const { claims } = verified;
    const wanted = audiences.length > 0 ? audiences : verified.audiences;
    const own = audiencesIn(claims);
    // One that names nobody is for the API server.
    const given = own.length > 0 ? own : verified.audiences;
    const shared = given.filter((audience) => wanted.includes(audience));
    if (shared.length === 0) {
      const show = (list: readonly string[]): string => `[${list.map((item) => JSON.stringify(item)).join(" ")}]`;
      return { problem: `token audiences ${show(given)} is invalid for the target audiences ${show(wanted)}` };
    }
    const identity = identityOf(claims);
    if (!identity) return INVALID;
    const nowMs = this.#options.nowMs();
    const expiresMs = typeof claims.exp === "number" ? claims.exp * 1000 : Number.POSITIVE_INFINITY;
    return { identity, untilMs: Math.min(expiresMs, nowMs + CACHE_MS), audiences: shared };
  }

  #remember(key: string, entry: Found): void {
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
    // As nearly everybody writes it.
    if (authorization.startsWith("Bearer ") && !authorization.includes(" ", 7)) return authorization.slice(7);
    const [scheme = "", token = ""] = authorization.trim().split(" ", 2);
    return scheme.toLowerCase() === "bearer" ? token : "";
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
