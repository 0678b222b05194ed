/**
 * What others need to check the cluster's tokens.
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
 */
import type { JWK } from "jose";
import { ALGORITHM } from "./tokens.ts";

export const OPENID_CONFIG_PATH = "/.well-known/openid-configuration";
export const JWKS_PATH = "/openid/v1/jwks";
/** May be kept this long. */
export const OPENID_MAX_AGE_SECONDS = 3600;

export interface OpenIdDocument {
  type: string;
  text: string;
}

/** Undefined for other paths. */
export function openIdDocument(
  path: string,
  { issuer, keys }: { issuer: string; keys: readonly JWK[] },
): OpenIdDocument | undefined {
  if (path === JWKS_PATH) return { type: "application/jwk-set+json", text: JSON.stringify({ keys: keys.map(asKey) }) };
  if (path !== OPENID_CONFIG_PATH) return undefined;
  const config = {
    issuer,
    jwks_uri: issuer.replace(/\/$/, "") + JWKS_PATH,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [ALGORITHM],
  };
  return { type: "application/json", text: JSON.stringify(config) };
}

const asKey = ({ kty, kid, crv, x, y }: JWK): JWK => ({ use: "sig", kty, kid, crv, alg: ALGORITHM, x, y }) as JWK;
