/** Tokens of every kind: whom they speak for, for how long, and what TokenReview says of them. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../../edge-api/access/identity.ts";
import { type Answer, pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const NS = "/api/v1/namespaces/default";
const MAPS = `${NS}/configmaps`;
const SECRETS = `${NS}/secrets`;
const ACCOUNTS = `${NS}/serviceaccounts`;
const REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews";
const API_AUDIENCE = "https://kubernetes.default.svc.cluster.local";

let api: TestApi;

beforeEach(async () => {
  api = await startApi();
  await made(api.create(ACCOUNTS, serviceAccount("default")));
  await made(api.create(ACCOUNTS, serviceAccount("builder")));
});

async function made(answer: Promise<Answer>): Promise<Answer["body"]> {
  const { status, text, body } = await answer;
  expect(status, text).toBe(201);
  return body;
}

/** Lets what signs in the background finish. */
async function settle(): Promise<void> {
  const isPending = () =>
    [...api.services.env.store.list({ resource: "tokensecrets.kedge" })].some(({ value }) => value.includes("true"));
  for (let turn = 0; turn < 5000 && isPending(); turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

const token = async (spec: object = {}, account = "builder"): Promise<string> =>
  (await made(api.create(`${ACCOUNTS}/${account}/token`, { spec }))).status.token;

const whose = (text: string): Promise<Identity | undefined> => api.services.authenticator.authenticate(text);
const review = async (text: string, audiences?: string[]) =>
  (await made(api.create(REVIEWS, { spec: { token: text, audiences } }))).status;

/** The status a request with this token gets; 403: it is known, and may nothing. */
const status = async (as: Identity): Promise<number> => (await api.get(MAPS, { as })).status;

describe("tokens bound to objects", () => {
  it.each([
    ["Secret", SECRETS, { metadata: { name: "o" } }],
    ["Pod", `${NS}/pods`, pod("o", { serviceAccountName: "builder" })],
    ["Node", "/api/v1/nodes", { metadata: { name: "o" } }],
  ])("[AT1] a token bound to a %s ends with it", async (kind, path, object) => {
    const { uid } = (await made(api.create(path, object))).metadata;
    const bound = await token({ boundObjectRef: { kind, apiVersion: "v1", name: "o", uid } });
    const as = (await whose(bound))!;
    expect(await status(as)).toBe(403);
    await api.delete(`${path}/o`, { gracePeriodSeconds: 0 });
    expect(await status(as)).toBe(401);
    expect(await review(bound)).toEqual({ user: {}, error: "service account token has been invalidated" });
    await made(api.create(path, object));
    expect(await status(as)).toBe(401);
    expect((await review(bound)).error).toMatch(
      new RegExp(`^${kind.toLowerCase()} UID \\(.+\\) does not match service account ${kind.toLowerCase()} ref claim`),
    );
  });

  it("[AT2] what is being deleted counts for another minute", async () => {
    await made(api.create(SECRETS, { metadata: { name: "o", finalizers: ["test.example/hold"] } }));
    const as = (await whose(await token({ boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "o" } })))!;
    await api.delete(`${SECRETS}/o`);
    api.advance(59_000);
    expect(await status(as)).toBe(403);
    api.advance(2_000);
    expect(await status(as)).toBe(401);
  });

  it("[AT3] who is deleted and made again is somebody else", async () => {
    const bound = await token();
    await api.delete(`${ACCOUNTS}/builder`);
    expect((await review(bound)).error).toBe('serviceaccounts "builder" not found');
    await made(api.create(ACCOUNTS, serviceAccount("builder")));
    expect((await review(bound)).error).toMatch(/^service account UID \(.+\) does not match claim \(.+\)$/);
  });
});

describe("TokenReview", () => {
  it("[AT10] a token for the API server", async () => {
    const { uid } = (await api.get(`${ACCOUNTS}/builder`)).body.metadata;
    expect(await review(await token())).toEqual({
      authenticated: true,
      user: {
        username: "system:serviceaccount:default:builder",
        uid,
        groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
        extra: { "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^JTI=/)] },
      },
      audiences: [API_AUDIENCE],
    });
  });

  it("[AT11] a token for others is theirs alone", async () => {
    const vault = await token({ audiences: ["vault", "registry"] });
    expect(await review(vault)).toEqual({
      user: {},
      error: `token audiences ["vault" "registry"] is invalid for the target audiences ["${API_AUDIENCE}"]`,
    });
    expect(await review(vault, ["registry", "other"])).toMatchObject({ authenticated: true, audiences: ["registry"] });
    expect(await whose(vault)).toBeUndefined();
  });

  it("[AT12] what is no token, and one that has expired", async () => {
    expect(await review("x")).toEqual({ user: {}, error: "invalid bearer token" });
    const short = await token({ expirationSeconds: 600 });
    api.advance(661_000);
    expect(await review(short)).toEqual({ user: {}, error: "service account token has expired" });
    const none = await api.create(REVIEWS, { spec: {} });
    expect(none.body).toMatchObject({ code: 400, message: "token is required for TokenReview in authentication" });
  });

  it("[AT13] the administrator's token is for the API server", async () => {
    expect(await review("admin-token")).toMatchObject({
      authenticated: true,
      user: { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] },
      audiences: [API_AUDIENCE],
    });
    expect((await review("admin-token", ["vault"])).error).toBe("invalid bearer token");
  });
});

describe("tokens in secrets", () => {
  const secret = (name: string, account = "builder", annotations: object = {}) => ({
    metadata: { name, annotations: { "kubernetes.io/service-account.name": account, ...annotations } },
    type: "kubernetes.io/service-account-token",
  });
  const read = async (name: string) => {
    await settle();
    return (await api.get(`${SECRETS}/${name}`)).body;
  };
  const tokenIn = async (name: string) => atob((await read(name)).data.token);

  it("[AT20] a secret of the type is filled", async () => {
    await made(api.create(SECRETS, secret("s")));
    const { uid } = (await api.get(`${ACCOUNTS}/builder`)).body.metadata;
    const { data, metadata } = await read("s");
    expect(metadata.annotations["kubernetes.io/service-account.uid"]).toBe(uid);
    expect(Object.keys(data).sort()).toEqual(["ca.crt", "namespace", "token"]);
    expect(atob(data.namespace)).toBe("default");
    const [, payload = ""] = atob(data.token).split(".");
    expect(JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")))).toMatchObject({
      iss: "kubernetes/serviceaccount",
      sub: "system:serviceaccount:default:builder",
      "kubernetes.io/serviceaccount/namespace": "default",
      "kubernetes.io/serviceaccount/secret.name": "s",
      "kubernetes.io/serviceaccount/service-account.name": "builder",
      "kubernetes.io/serviceaccount/service-account.uid": uid,
    });
    expect(await review(atob(data.token))).toEqual({
      authenticated: true,
      user: expect.objectContaining({ username: "system:serviceaccount:default:builder", uid }),
      audiences: [API_AUDIENCE],
    });
    expect(api.errors).toEqual([]);
  });

  it("[AT21] the token holds for as long as the secret has it", async () => {
    await made(api.create(SECRETS, secret("s")));
    const text = await tokenIn("s");
    const as = (await whose(text))!;
    api.advance(400 * 24 * 3_600_000);
    expect(await status(as)).toBe(403);
    await api.patch(`${SECRETS}/s`, { data: { token: "" } });
    expect(await tokenIn("s")).not.toBe(text);
    expect(await status(as)).toBe(401);
    expect((await review(text)).error).toBe("Token does not match server's copy");
    await api.delete(`${SECRETS}/s`);
    expect((await review(text)).error).toBe("Token has been invalidated");
    expect(api.services.env.store.count({ resource: "tokensecrets.kedge" })).toBe(0);
  });

  it("[AT22] a secret without its account is taken away, at once or with the account", async () => {
    await made(api.create(SECRETS, secret("lost", "nobody")));
    await made(api.create(SECRETS, secret("other", "builder", { "kubernetes.io/service-account.uid": "x" })));
    await made(api.create(SECRETS, secret("s")));
    expect((await read("lost")).code).toBe(404);
    expect((await read("other")).code).toBe(404);
    expect((await read("s")).data.token).toBeTruthy();
    await api.delete(`${ACCOUNTS}/builder`);
    expect((await read("s")).code).toBe(404);
  });

  it("[AT23] one marked as invalid does not count", async () => {
    await made(api.create(SECRETS, secret("s")));
    const text = await tokenIn("s");
    const labels = { "kubernetes.io/legacy-token-invalid-since": "2026-01-01" };
    await api.patch(`${SECRETS}/s`, { metadata: { labels } });
    expect((await review(text)).error).toMatch(
      /^the token in secret default\/s for service account default\/builder has been marked invalid\. Use tokens from/,
    );
  });

  it("[AT26] its use is noted once a day", async () => {
    await made(api.create(SECRETS, secret("s")));
    const as = (await whose(await tokenIn("s")))!;
    const used = async () => {
      expect(await status(as)).toBe(403);
      // What was noted meanwhile is written with the next turn.
      await new Promise((resolve) => setImmediate(resolve));
      const { labels, resourceVersion } = (await read("s")).metadata;
      return { day: labels?.["kubernetes.io/legacy-token-last-used"], resourceVersion };
    };
    const first = await used();
    expect(first.day).toBe("2026-01-01");
    expect(await used()).toEqual(first);
    api.advance(24 * 3_600_000);
    expect((await used()).day).toBe("2026-01-02");
    expect(api.errors).toEqual([]);
  });

  it("[AT27] who uses one that the account lists is warned, who has one made is not", async () => {
    await made(api.create(SECRETS, secret("s")));
    const text = await tokenIn("s");
    const warned = async () => (await api.get(SECRETS, { as: (await whose(text))! })).headers.get("warning");
    expect(await warned()).toBeNull();
    await api.patch(`${ACCOUNTS}/builder`, { secrets: [{ name: "s" }] });
    expect(await warned()).toContain("instead of auto-generated secret-based tokens.");
  });

  it("[AT24] its account no longer names a secret that is gone", async () => {
    await made(api.create(SECRETS, secret("s")));
    await api.patch(`${ACCOUNTS}/builder`, { secrets: [{ name: "s" }, { name: "t" }] });
    await api.delete(`${SECRETS}/s`);
    expect((await api.get(`${ACCOUNTS}/builder`)).body.secrets).toEqual([{ name: "t" }]);
  });

  it("[AT25] what is given stays, but for the CA", async () => {
    await made(api.create(SECRETS, secret("s")));
    const { text } = await api.get(`${SECRETS}/s`);
    expect(text).not.toContain('"token"');
    await settle();
    await made(api.create(SECRETS, { ...secret("t"), data: { token: btoa("mine"), namespace: btoa("mine") } }));
    const { data } = await read("t");
    expect([atob(data.token), atob(data.namespace)]).toEqual(["mine", "mine"]);
    await api.patch(`${SECRETS}/t`, { data: { "ca.crt": btoa("another") } });
    expect(atob((await read("t")).data["ca.crt"])).toBe("the CA");
  });
});

describe("[sig-auth] ServiceAccountIssuerDiscovery", () => {
  const paths = ["/.well-known/openid-configuration", "/openid/v1/jwks"];

  it("should support OIDC discovery of service account issuer [Conformance]", async () => {
    const as = (await whose(await token({}, "default")))!;
    const [config, keys] = await Promise.all(paths.map((path) => api.get(path, { as })));
    expect(config!.body).toEqual({
      issuer: API_AUDIENCE,
      jwks_uri: `${API_AUDIENCE}/openid/v1/jwks`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
    });
    expect(config!.headers.get("cache-control")).toBe("public, max-age=3600");
    expect(keys!.headers.get("content-type")).toBe("application/jwk-set+json");
    const { createLocalJWKSet, jwtVerify } = await import("jose");
    const { payload } = await jwtVerify(
      await token({ audiences: ["oidc-discovery-test"] }),
      createLocalJWKSet(JSON.parse(keys!.text)),
      { issuer: config!.body.issuer, audience: "oidc-discovery-test", currentDate: new Date("2026-01-01T00:00:10Z") },
    );
    expect(payload.sub).toBe("system:serviceaccount:default:builder");
  });

  it("[AT30] not for strangers, unless somebody grants it", async () => {
    const as = { user: "system:anonymous", groups: ["system:unauthenticated"] };
    for (const path of paths) expect((await api.get(path, { as })).status).toBe(403);
    await made(
      api.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
        metadata: { name: "public-keys" },
        roleRef: {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: "system:service-account-issuer-discovery",
        },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:unauthenticated" }],
      }),
    );
    for (const path of paths) expect((await api.get(path, { as })).status).toBe(200);
  });
});
