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
  serviceAccountIdentity,
} from "./identity.ts";

/** The audience the API server accepts, whatever URL it is reached at. */
export const API_AUDIENCE = "https://kubernetes.default.svc.cluster.local";
const ALGORITHM = "ES256";
/** Clocks of nodes and of the edge may differ by this. */
const CLOCK_TOLERANCE_SECONDS = 10;

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

/**
 * @returns checks signature and time, not the audience: the claims, or undefined for a token that is not good. Rejects
 *   with errors that are no fault of the token
 */
export function createVerifier(
  keys: readonly JWK[],
  nowMs: () => number,
): (token: string) => Promise<Claims | undefined> {
  const keySet = createLocalJWKSet({ keys: [...keys] });
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: [ALGORITHM],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(nowMs()),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
}

/** Whether any of `audiences` is among the token's. */
export function hasAudience(claims: Claims, audiences: readonly string[]): boolean {
  const { aud } = claims;
  const given = Array.isArray(aud) ? aud : [aud];
  return given.some((audience) => typeof audience === "string" && audiences.includes(audience));
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
}

/** Whom verified claims speak for; undefined when they speak for nobody known. */
export function identityOf(claims: Claims): Identity | undefined {
  const { sub, jti } = claims;
  if (typeof sub !== "string") return undefined;
  const credential = typeof jti === "string" ? { [CREDENTIAL_ID_EXTRA]: [`JTI=${jti}`] } : {};
  if (sub.startsWith(NODE_USER_PREFIX))
    return { user: sub, groups: [NODES_GROUP, AUTHENTICATED_GROUP], extra: credential };
  const bound = claims["kubernetes.io"] as BoundClaims | undefined;
  const account = bound?.serviceaccount;
  if (!bound || !account || sub !== `system:serviceaccount:${bound.namespace}:${account.name}`) return undefined;
  return serviceAccountIdentity({
    namespace: bound.namespace,
    name: account.name,
    ...(account.uid !== undefined && { uid: account.uid }),
    extra: {
      ...credential,
      ...refExtra(bound.pod, POD_NAME_EXTRA, POD_UID_EXTRA),
      ...refExtra(bound.node, NODE_NAME_EXTRA, NODE_UID_EXTRA),
    },
  });
}

const refExtra = (ref: Ref | undefined, nameKey: string, uidKey: string): { [key: string]: string[] } =>
  ref ? { [nameKey]: [ref.name], ...(ref.uid !== undefined && { [uidKey]: [ref.uid] }) } : {};
