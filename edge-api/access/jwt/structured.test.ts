import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWK, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { parseAuthenticationConfig } from "./config.ts";
import { createStructured } from "./structured.ts";

const ISSUER = "https://accounts.example";
const NOW_MS = Date.parse("2026-01-01T00:00:00Z");

let privateKey: GenerateKeyPairResult["privateKey"];
let jwk: JWK;
let asked: string[];

beforeAll(async () => {
  const pair = await generateKeyPair("ES256");
  privateKey = pair.privateKey;
  jwk = { ...(await exportJWK(pair.publicKey)), kid: "k", alg: "ES256" };
});

const MINIMAL = {
  issuer: { url: ISSUER, audiences: ["kedge"] },
  claimMappings: { username: { claim: "sub", prefix: "" } },
};
const text = (jwt: unknown[], more: object = {}): string =>
  JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt, ...more });

function source(...jwt: object[]) {
  asked = [];
  return createStructured(parseAuthenticationConfig(text(jwt)).issuers, {
    nowMs: () => NOW_MS,
    report: (error) => expect.fail(String(error)),
    fetch: async (url) => {
      asked.push(url);
      const issuer = url.startsWith("https://docs.example") ? ISSUER : new URL(url).origin;
      return Response.json(url.endsWith("/keys") ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` });
    },
  });
}
const token = (claims: object = {}): Promise<string> =>
  new SignJWT({ iss: ISSUER, aud: "kedge", sub: "jane", exp: NOW_MS / 1000 + 3600, ...claims })
    .setProtectedHeader({ alg: "ES256", kid: "k" })
    .sign(privateKey);
const identified = async (config: object, claims: object = {}) => {
  const found = await source({ ...MINIMAL, ...config }).authenticate(await token(claims));
  if (!found) throw new Error("not looked at");
  return "problem" in found ? found.problem : found.identity;
};

describe("tokens of configured issuers", () => {
  const expressions = {
    claimMappings: {
      username: { expression: "claims.username + ':external-user'" },
      groups: { expression: "claims.roles.split(',')" },
      uid: { expression: "string(claims.number)" },
      extra: [
        { key: "example.com/tenant", valueExpression: "claims.tenant" },
        { key: "example.com/none", valueExpression: "''" },
      ],
    },
  };
  const given = { username: "jane", roles: "a,b", number: 7, tenant: ["x", "y"], jti: "1" };

  it("[AC1] names, groups, uid and more by expressions", async () => {
    expect(await identified(expressions, given)).toEqual({
      user: "jane:external-user",
      uid: "7",
      groups: ["a", "b", "system:authenticated"],
      extra: {
        "example.com/tenant": ["x", "y"],
        "authentication.kubernetes.io/credential-id": ["JTI=1"],
      },
    });
    expect(await identified(expressions)).toMatch(/^oidc: error evaluating expression: no such key: username/);
  });

  it("[AC2] by claims, with prefixes", async () => {
    const claimMappings = {
      username: { claim: "sub", prefix: "corp:" },
      groups: { claim: "groups", prefix: "corp:" },
      uid: { claim: "uid" },
    };
    expect(await identified({ claimMappings }, { groups: "devs", uid: "u" })).toEqual({
      user: "corp:jane",
      uid: "u",
      groups: ["corp:devs", "system:authenticated"],
    });
    expect(await identified({ claimMappings }, { groups: [1] })).toMatch(/groups claim is neither/);
  });

  it.each([
    [
      "[AC3] a claim that differs",
      { claimValidationRules: [{ claim: "hd", requiredValue: "x" }] },
      { hd: "y" },
      "required claim hd value does not match. Got = y, want = x",
    ],
    [
      "[AC4] a claim that is missing",
      { claimValidationRules: [{ claim: "hd", requiredValue: "x" }] },
      {},
      "required claim hd not present in ID token",
    ],
    [
      "[AC5] what an expression says",
      { claimValidationRules: [{ expression: "claims.exp - claims.nbf <= 86400", message: "lives too long" }] },
      { nbf: NOW_MS / 1000 - 100_000 },
      "validation expression 'claims.exp - claims.nbf <= 86400' failed: lives too long",
    ],
    [
      "[AC6] who is named as the system is",
      { userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: "reserved" }] },
      { sub: "system:admin" },
      "failed: reserved",
    ],
    [
      "[AC7] an address nobody has verified",
      { claimMappings: { username: { claim: "email", prefix: "" } } },
      { email: "j@x", email_verified: false },
      "email not verified",
    ],
  ])("%s is refused", async (_name, config, claims, problem) => {
    expect(await identified(config, claims)).toContain(problem);
  });

  it("[AC8] several issuers, each with keys of its own, one of any audience", async () => {
    const other = { url: "https://other.example", audiences: ["a", "kedge"], audienceMatchPolicy: "MatchAny" };
    const both = source(MINIMAL, { ...MINIMAL, issuer: other });
    expect(await both.authenticate(await token({ iss: other.url }))).toMatchObject({ identity: { user: "jane" } });
    expect(await both.authenticate(await token({ iss: "https://third.example" }))).toBeUndefined();
    expect(asked).toEqual([`${other.url}/.well-known/openid-configuration`, `${other.url}/keys`]);
  });

  it("[AC9] a discovery document elsewhere", async () => {
    const url = "https://docs.example/openid";
    const one = source({ ...MINIMAL, issuer: { ...MINIMAL.issuer, discoveryURL: url } });
    expect(await one.authenticate(await token())).toMatchObject({ identity: { user: "jane" } });
    expect(asked).toEqual([url, `${ISSUER}/keys`]);
  });
});

describe("documents", () => {
  const issuer = (more: object) => ({ ...MINIMAL, issuer: { ...MINIMAL.issuer, ...more } });
  const names = (username: object, more: object = {}) => ({ ...MINIMAL, claimMappings: { username, ...more } });
  it.each([
    ["[AC10] another kind", "kind: Pod", "kind: expected AuthenticationConfiguration"],
    ["[AC11] plain http", text([issuer({ url: "http://a" })]), "jwt[0].issuer.url: URL scheme must be https"],
    ["[AC12] for nobody", text([issuer({ audiences: [] })]), "at least one audience is required"],
    ["[AC13] for several", text([issuer({ audiences: ["a", "b"] })]), "must be MatchAny for multiple audiences"],
    ["[AC14] twice", text([MINIMAL, MINIMAL]), `jwt[1].issuer.url: duplicate value "${ISSUER}"`],
    [
      "[AC15] without a prefix",
      text([names({ claim: "sub" })]),
      "username.prefix: prefix is required when claim is set",
    ],
    [
      "[AC16] two ways",
      text([names({ claim: "sub", expression: "claims.sub" })]),
      "claim and expression can't both be set",
    ],
    [
      "[AC17] a reserved key",
      text([names({ claim: "sub", prefix: "" }, { extra: [{ key: "kubernetes.io/a", valueExpression: "''" }] })]),
      "is reserved for Kubernetes use",
    ],
    [
      "[AC18] an address that may be anybody's",
      text([names({ expression: "claims.email" })]),
      "claims.email_verified must be used",
    ],
    ["[AC19] a field that is none", text([{ ...MINIMAL, rules: [] }]), "jwt[0].rules: unknown field"],
    [
      "[AC20] anonymous and not",
      text([], { anonymous: { enabled: false, conditions: [{ path: "/" }] } }),
      "enabled should be set to true",
    ],
  ])("%s is refused", (_name, document, problem) => {
    expect(() => parseAuthenticationConfig(document)).toThrow(problem);
  });

  it("[AC21] expressions that do not compile are refused", () => {
    expect(() => source(names({ expression: "claims.sub +" }))).toThrow(
      "jwt[0].claimMappings.username.expression: compilation failed",
    );
    expect(() => source(names({ expression: "1" }))).toThrow("must evaluate to string");
  });

  it.each([
    ["[AC22] everybody", {}, "all"],
    ["[AC23] nobody", { anonymous: { enabled: false } }, []],
    ["[AC24] some paths", { anonymous: { enabled: true, conditions: [{ path: "/livez" }] } }, ["/livez"]],
  ])("%s may be anonymous", (_name, more, expected) => {
    const { anonymous } = parseAuthenticationConfig(text([], more));
    expect(anonymous === "all" ? anonymous : [...anonymous]).toEqual(expected);
  });
});
