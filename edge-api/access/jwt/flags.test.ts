import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWK, SignJWT } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createOidc, type OidcOptions } from "./flags.ts";

const ISSUER = "https://accounts.example";
const NOW_MS = Date.parse("2026-01-01T00:00:00Z");

let privateKey: GenerateKeyPairResult["privateKey"];
let publicJwk: JWK;
let otherKey: GenerateKeyPairResult["privateKey"];

beforeAll(async () => {
  const pair = await generateKeyPair("RS256");
  privateKey = pair.privateKey;
  publicJwk = { ...(await exportJWK(pair.publicKey)), kid: "k", alg: "RS256" };
  otherKey = (await generateKeyPair("RS256")).privateKey;
});

let asked: string[];
let reported: unknown[];
let nowMs: number;
let document: object;
let isDown: boolean;

beforeEach(() => {
  asked = [];
  reported = [];
  nowMs = NOW_MS;
  document = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` };
  isDown = false;
});

const source = (options: Partial<OidcOptions> = {}) =>
  createOidc(
    { issuer: ISSUER, clientId: "kedge", ...options },
    {
      nowMs: () => nowMs,
      report: (error) => void reported.push(error),
      fetch: async (url) => {
        asked.push(url);
        if (isDown) return new Response("", { status: 503 });
        return Response.json(url.endsWith("/keys") ? { keys: [publicJwk] } : document);
      },
    },
  );

const token = (claims: object = {}, key = privateKey): Promise<string> =>
  new SignJWT({
    iss: ISSUER,
    aud: "kedge",
    sub: "jane",
    exp: NOW_MS / 1000 + 3600,
    ...claims,
  })
    .setProtectedHeader({ alg: "RS256", kid: "k" })
    .sign(key);

describe("an identity provider's tokens", () => {
  it("[O1] names are the provider's own, unless told otherwise", async () => {
    expect(await source().authenticate(await token())).toEqual({
      identity: { user: `${ISSUER}#jane`, groups: ["system:authenticated"] },
      untilMs: NOW_MS + 10_000,
    });
    expect(asked).toEqual([`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/keys`]);
  });

  const options = { usernameClaim: "email", groupsClaim: "groups", groupsPrefix: "oidc:" };
  const claims: [what: string, options: Partial<OidcOptions>, claims: object, user: string, groups: string[]][] = [
    ["mail addresses", options, { email: "j@x.example" }, "j@x.example", []],
    ["groups", options, { email: "j@x", groups: ["a", "b"] }, "j@x", ["oidc:a", "oidc:b"]],
    ["one group", options, { email: "j@x", groups: "a" }, "j@x", ["oidc:a"]],
    ["a prefix", { usernamePrefix: "corp:" }, {}, "corp:jane", []],
    ["no prefix", { usernamePrefix: "-" }, {}, "jane", []],
    ["a clock that is a minute ahead", { usernamePrefix: "-" }, { nbf: NOW_MS / 1000 + 60 }, "jane", []],
    ["another audience too", { usernamePrefix: "-" }, { aud: ["other", "kedge"] }, "jane", []],
    [
      "a claim that must be there",
      { usernamePrefix: "-", requiredClaims: "hd=x, tier=1" },
      { hd: "x", tier: "1" },
      "jane",
      [],
    ],
  ];
  it.each(claims)("[O2] %s", async (_, given, claim, user, groups) => {
    const found = await source(given).authenticate(await token(claim));
    expect(found).toMatchObject({ identity: { user, groups: [...groups, "system:authenticated"] } });
  });

  const bad: [what: string, options: Partial<OidcOptions>, claims: object, problem: RegExp][] = [
    ["one for another", {}, { aud: "other" }, /^oidc: verify token: unexpected "aud" claim value/],
    [
      "one that has expired",
      {},
      { exp: NOW_MS / 1000 - 1 },
      /^oidc: verify token: oidc: token is expired \(Token Expiry: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC\)$/,
    ],
    ["one that is not yet", {}, { nbf: NOW_MS / 1000 + 61 }, /^oidc: verify token: "nbf" claim timestamp check failed/],
    ["one without an end", {}, { exp: undefined }, /^oidc: verify token: missing required "exp" claim/],
    [
      "an address nobody has verified",
      { usernameClaim: "email" },
      { email: "j@x", email_verified: false },
      /^oidc: email not verified$/,
    ],
    ["one without a name", { usernameClaim: "email" }, {}, /^oidc: parse username claims "email"$/],
    ["groups that are none", { groupsClaim: "groups" }, { groups: [1] }, /^oidc: parse groups claim "groups"$/],
    [
      "without what must be there",
      { requiredClaims: "hd=x" },
      { hd: "y" },
      /^oidc: required claim hd not present in ID token$/,
    ],
  ];
  it.each(bad)("[O3] refused: %s", async (_, given, claim, problem) => {
    expect(await source(given).authenticate(await token(claim))).toEqual({ problem: expect.stringMatching(problem) });
  });

  it("[O4] refused: signed by somebody else, or with another algorithm", async () => {
    const provider = source();
    expect(await provider.authenticate(await token({}, otherKey))).toEqual({
      problem: expect.stringMatching(/signature/),
    });
    const [, payload] = (await token()).split(".");
    const none = btoa('{"alg":"none"}').replaceAll("=", "");
    expect(await provider.authenticate(`${none}.${payload}.`)).toMatchObject({ problem: expect.any(String) });
  });

  it("[O5] others' tokens are not looked at", async () => {
    const provider = source();
    expect(await provider.authenticate(await token({ iss: "https://other.example" }))).toBeUndefined();
    for (const text of ["x", "a.b", "a.b.c", ""]) expect(await provider.authenticate(text)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("[O6] a provider that is down is asked again, but not at once", async () => {
    isDown = true;
    const provider = source();
    const problem = { problem: "oidc: authenticator not initialized" };
    for (let i = 0; i < 3; i++) expect(await provider.authenticate(await token())).toEqual(problem);
    expect(asked).toHaveLength(1);
    expect(reported).toHaveLength(1);
    isDown = false;
    nowMs += 10_000;
    expect(await provider.authenticate(await token())).toMatchObject({ identity: { user: `${ISSUER}#jane` } });
  });

  it.each([
    ["about another", { issuer: "https://other.example", jwks_uri: `${ISSUER}/keys` }],
    ["with keys that anybody may replace", { issuer: ISSUER, jwks_uri: "http://accounts.example/keys" }],
    ["without keys", { issuer: ISSUER }],
  ])("[O7] a document %s is not believed", async (_, given) => {
    document = given;
    expect(await source().authenticate(await token())).toEqual({ problem: "oidc: authenticator not initialized" });
    expect(reported).toHaveLength(1);
  });

  it("[O8] options that cannot work are refused", () => {
    expect(() => source({ issuer: "http://accounts.example" })).toThrow(TypeError);
    expect(() => source({ clientId: "" })).toThrow(TypeError);
  });
});
