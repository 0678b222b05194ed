/** JWTs that the cluster issues: to service accounts (TokenRequest), to pods, to nodes. Signed with ES256. */
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from "jose";
import {
  AUTHENTICATED_GROUP,
  CREDENTIAL_ID_EXTRA,
  type Identity,
  NODE_NAME_EXTRA,
  NODE_UID_EXTRA,
  NODE_USER_PREFIX,
  NODES_GROUP,
  POD_NAME_EXTRA,
  POD_UID_EXTRA,
  SERVICE_ACCOUNT_USER_PREFIX,
  serviceAccountIdentity,
} from "./identity.ts";

/** The audience the API server accepts, whatever URL it is reached at. */
export const API_AUDIENCE = "https://kubernetes.default.svc.cluster.local";
export const ALGORITHM = "ES256";
/** Clocks may differ by this, as upstream has it. */
const CLOCK_TOLERANCE_SECONDS = 60;

export type Claims = { [claim: string]: unknown };

/** A new private key, as it is kept. */
export async function createSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: ALGORITHM, use: "sig", kid: await calculateJwkThumbprint(jwk) };
}

export function publicPart({ d: _secret, ...jwk }: JWK): JWK {
  return jwk;
}

/** Signs claims, which carry `exp`, `iat` and the rest already. */
export async function createSigner(privateJwk: JWK): Promise<(claims: Claims) => Promise<string>> {
  const key = await importJWK(privateJwk, ALGORITHM);
  const header = { alg: ALGORITHM, kid: privateJwk.kid ?? "" };
  return (claims) => new SignJWT(claims).setProtectedHeader(header).sign(key);
}

/** What a token of the cluster's says, or why it is not good. */
export type Verified = { claims: Claims } | { problem: string };

/**
 * @returns checks signature and time, not the audience. Undefined for what the cluster has not signed. Rejects with
 *   errors that are no fault of the token
 */
export function createVerifier(
  keys: readonly JWK[],
  nowMs: () => number,
): (token: string) => Promise<Verified | undefined> {
  const keySet = createLocalJWKSet({ keys: [...keys] });
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: [ALGORITHM],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(nowMs()),
      });
      return { claims: payload };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { problem: "service account token has expired" };
      if (error instanceof errors.JWTClaimValidationFailed)
        return { problem: "service account token is not valid yet" };
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
}

/** Whom a token is for; empty for one that names nobody, which is for the API server then. */
export function audiencesIn({ aud }: Claims): string[] {
  const given = Array.isArray(aud) ? aud : [aud];
  return given.filter((audience) => typeof audience === "string");
}

interface Ref {
  name: string;
  uid?: string;
}

/** What stands under "kubernetes.io" in a service account's token. */
export interface BoundClaims {
  namespace: string;
  serviceaccount: Ref;
  pod?: Ref;
  node?: Ref;
  secret?: Ref;
  warnafter?: number;
}

/** Whom verified claims speak for; undefined when they speak for nobody known. */
export function identityOf(claims: Claims): Identity | undefined {
  const { sub, jti } = claims;
  if (typeof sub !== "string") return undefined;
  const credential = typeof jti === "string" ? { [CREDENTIAL_ID_EXTRA]: [`JTI=${jti}`] } : {};
  if (sub.startsWith(NODE_USER_PREFIX))
    return { user: sub, groups: [NODES_GROUP, AUTHENTICATED_GROUP], extra: credential };
  const bound = claims["kubernetes.io"] as BoundClaims | undefined;
  if (!bound) return legacyIdentity(claims);
  const account = bound.serviceaccount;
  if (!account || sub !== accountUser(bound.namespace, account.name)) return undefined;
  return serviceAccountIdentity({
    namespace: bound.namespace,
    name: account.name,
    ...(account.uid !== undefined && { uid: account.uid }),
    extra: {
      ...credential,
      ...refExtra(bound.pod, POD_NAME_EXTRA, POD_UID_EXTRA),
      ...refExtra(bound.node, NODE_NAME_EXTRA, NODE_UID_EXTRA),
    },
    ...(bound.secret && { secret: bound.secret }),
    ...(bound.warnafter && { warnAfter: bound.warnafter }),
  });
}

const accountUser = (namespace: string, name: string): string => `${SERVICE_ACCOUNT_USER_PREFIX}${namespace}:${name}`;

const LEGACY_ISSUER = "kubernetes/serviceaccount";
const LEGACY = "kubernetes.io/serviceaccount/";

/** Claims of a token that lies in a secret. It holds as long as the secret has it. */
export const legacyClaims = (account: {
  namespace: string;
  name: string;
  uid: string;
  secretName: string;
  tokenId: string;
}): Claims => ({
  iss: LEGACY_ISSUER,
  jti: account.tokenId,
  [`${LEGACY}namespace`]: account.namespace,
  [`${LEGACY}secret.name`]: account.secretName,
  [`${LEGACY}service-account.name`]: account.name,
  [`${LEGACY}service-account.uid`]: account.uid,
  sub: accountUser(account.namespace, account.name),
});

function legacyIdentity(claims: Claims): Identity | undefined {
  const claim = (name: string): string => {
    const value = claims[LEGACY + name];
    return typeof value === "string" ? value : "";
  };
  const [namespace, name, uid] = [claim("namespace"), claim("service-account.name"), claim("service-account.uid")];
  const secret = claim("secret.name");
  const { iss, sub, jti } = claims;
  if (iss !== LEGACY_ISSUER || sub !== accountUser(namespace, name) || typeof jti !== "string") return undefined;
  if ([namespace, name, uid, secret].includes("")) return undefined;
  return serviceAccountIdentity({ namespace, name, uid, secret: { name: secret, tokenId: jti } });
}

const refExtra = (ref: Ref | undefined, nameKey: string, uidKey: string): { [key: string]: string[] } =>
  ref ? { [nameKey]: [ref.name], ...(ref.uid !== undefined && { [uidKey]: [ref.uid] }) } : {};
