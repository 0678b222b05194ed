/**
 * Bootstrap tokens: Secrets in kube-system with which new nodes prove that they may join.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */
import type { Secret } from "../../kinds/core/v1-types.ts";

export const TOKEN_NAMESPACE = "kube-system";
const TYPE = "bootstrap.kubernetes.io/token";
const NAME_PREFIX = "bootstrap-token-";

export const isBootstrapToken = ({ type, metadata }: Secret): boolean =>
  type === TYPE && metadata.namespace === TOKEN_NAMESPACE;

/** One of a Secret's values as text; "" when it is absent or not base64. */
export function textOf({ data }: Secret, key: string): string {
  const value = data && Object.hasOwn(data, key) ? data[key] : undefined;
  if (!value) return "";
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(value), (character) => character.charCodeAt(0)));
  } catch {
    return "";
  }
}

/** Epoch ms; undefined: never. One that cannot be read has expired, as upstream decides. */
export function expiresAtMs(token: Secret): number | undefined {
  const text = textOf(token, "expiration");
  if (text === "") return undefined;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const atMs = isTime ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? 0 : atMs;
}

export interface SigningToken {
  id: string;
  secret: string;
}

/** The token as the bootstrap signer uses it; undefined when it is not meant for signing, malformed or has expired. */
export function signingToken(token: Secret, nowMs: number): SigningToken | undefined {
  const id = textOf(token, "token-id");
  const secret = textOf(token, "token-secret");
  const isWhole = secret !== "" && token.metadata.name === NAME_PREFIX + id;
  if (!isBootstrapToken(token) || !isWhole || textOf(token, "usage-bootstrap-signing") !== "true") return undefined;
  const untilMs = expiresAtMs(token);
  return untilMs === undefined || untilMs > nowMs ? { id, secret } : undefined;
}
