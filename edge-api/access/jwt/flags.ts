/**
 * Tokens of an OpenID Connect provider, as kube-apiserver's --oidc-* flags set it up.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens
 */
import type { JWTPayload } from "jose";
import type { TokenSource } from "../authenticate.ts";
import { AUTHENTICATED_GROUP, CREDENTIAL_ID_EXTRA, type Identity } from "../identity.ts";
import { createIssuer, type IssuerEnvironment } from "./issuer.ts";

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

/** @throws TypeError for options that cannot work */
export function createOidc(options: OidcOptions, environment: IssuerEnvironment): TokenSource {
  const { issuer, clientId } = options;
  if (!issuer.startsWith("https://")) throw new TypeError(`the issuer ${issuer} is no https URL`);
  if (clientId === "") throw new TypeError("an identity provider needs a client ID");
  const required = listOf(options.requiredClaims).map((pair) => {
    const [claim = "", ...value] = pair.split("=");
    return { claim, value: value.join("=") };
  });
  return createIssuer(
    {
      url: issuer,
      audiences: [clientId],
      algorithms: listOf(options.signingAlgorithms ?? "RS256"),
      identify(claims) {
        const missing = required.find(({ claim, value }) => claims[claim] !== value);
        if (missing) return { problem: `oidc: required claim ${missing.claim} not present in ID token` };
        return identityIn(claims, options);
      },
    },
    environment,
  );
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
