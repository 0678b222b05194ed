/** What users do about access with the real kubectl, against a control plane with an identity provider and an audit log. */
import { generateKeyPairSync } from "node:crypto";
import fs from "node:fs";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { exportJWK, SignJWT } from "jose";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Authority, createAuthority } from "../../edge-api/access/certificates.ts";
import { certificateRequest, issueServerCertificate } from "../builders/certificates.ts";
import { eventually, type TestCluster, testCluster } from "../e2e/harness.ts";

const PORT = 16_459;
const ISSUER_PORT = 16_460;
const CLUSTER_INFO = "/api/v1/namespaces/kube-public/configmaps/cluster-info";
const ISSUER = `https://127.0.0.1:${ISSUER_PORT}`;
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-auth-"));
let cluster: TestCluster;
let issuer: https.Server;
const kubectl = (...args: string[]) => cluster.kubectl(...args);
const refusal = async (...args: string[]): Promise<string> => {
  const { exitCode, stderr } = await cluster.kubectlRan(args);
  expect(exitCode).toBe(1);
  return stderr;
};

/** An identity provider on this machine, with a certificate of an authority of its own. */
async function startIssuer(authority: Authority): Promise<https.Server> {
  const { certificate, key } = await issueServerCertificate(authority, "127.0.0.1");
  const jwk = { ...(await exportJWK(publicKey)), kid: "k", alg: "RS256" };
  const answers: { [url: string]: object } = {
    "/.well-known/openid-configuration": { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` },
    "/keys": { keys: [jwk] },
  };
  const server = https.createServer({ cert: certificate, key }, (request, response) => {
    const answer = answers[request.url ?? ""];
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(ISSUER_PORT, "127.0.0.1", resolve));
  return server;
}

const documents = (authority: string) => ({
  "authentication-config": JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: [
      {
        issuer: { url: ISSUER, audiences: ["kedge"], certificateAuthority: authority },
        claimMappings: { username: { expression: "'oidc:' + claims.sub" }, groups: { claim: "groups", prefix: "" } },
      },
    ],
    anonymous: { enabled: true, conditions: ["/version", CLUSTER_INFO, "/api/v1/pods"].map((url) => ({ path: url })) },
  }),
  "audit-policy": JSON.stringify({
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [{ level: "Metadata", resources: [{ group: "", resources: ["configmaps"] }] }],
  }),
});

beforeAll(async () => {
  const authority = await createAuthority(Date.now());
  issuer = await startIssuer(authority);
  cluster = testCluster("auth", PORT);
  const flags = Object.entries(documents(authority.certificate)).flatMap(([flag, text]) => {
    const file = path.join(scratch, flag);
    fs.writeFileSync(file, text);
    return [`--${flag}`, file];
  });
  const up = await cluster.kedge("up", "--no-node", "--port", String(PORT), ...flags);
  expect(up.stderr + up.stdout).toContain("kedge is up");
  await eventually("service account", 20_000, () => kubectl("get", "serviceaccount", "default"));
});
afterAll(async () => {
  await cluster.remove();
  issuer.close();
  fs.rmSync(scratch, { recursive: true });
});

describe("kubectl auth", () => {
  it("[KA1] whoami", async () => {
    const said = await kubectl("auth", "whoami");
    expect(said).toContain("kubernetes-admin");
    const jane = ["--as", "jane", "--as-group", "devs", "--as-uid", "7", "--as-user-extra", "example.com/team=blue"];
    const known = cluster.kubectlRan(["auth", "whoami", "-o", "json", ...jane.slice(0, 6)]);
    expect(JSON.parse((await known).stdout).status.userInfo).toEqual({
      username: "jane",
      uid: "7",
      groups: ["devs", "system:authenticated"],
    });
  });

  it("[KA2] can-i, one thing or everything", async () => {
    expect((await kubectl("auth", "can-i", "delete", "nodes")).trim()).toBe("yes");
    const { exitCode, stdout } = await cluster.kubectlRan(["auth", "can-i", "list", "pods", "--as", "jane"]);
    expect([exitCode, stdout.trim()]).toEqual([1, "no"]);
    const { stdout: list, stderr } = await cluster.kubectlRan(["auth", "can-i", "--list", "--as", "jane"]);
    expect(stderr).toBe("");
    expect(list).toMatch(/selfsubjectreviews\.authentication\.k8s\.io\s+\[\]\s+\[\]\s+\[create\]/);
    expect(list).toMatch(/\[\/healthz\]\s+\[\]\s+\[get\]/);
    expect(await kubectl("auth", "can-i", "get", "/metrics")).toContain("yes");
    const node = await cluster.kubectlRan([
      ...["auth", "can-i", "--list", "--as", "system:node:n1", "--as-group", "system:nodes"],
    ]);
    expect(node.stderr).toContain("node authorizer does not support user rule resolution");
  });

  it("[KA3] reconcile adds what is missing, and no more without being told", async () => {
    const role = (verbs: string[]) =>
      JSON.stringify({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "reader", namespace: "default" },
        rules: [{ apiGroups: [""], resources: ["pods"], verbs }],
      });
    const reconcile = (verbs: string[], ...flags: string[]) =>
      cluster.kubectlRan(["auth", "reconcile", "-f", "-", ...flags], role(verbs));
    const verbs = async () =>
      (await kubectl("get", "role", "reader", "-o", "jsonpath={.rules[*].verbs[*]}")).split(" ").sort();
    expect((await reconcile(["get"])).stdout).toContain("reconciled");
    expect((await reconcile(["list"])).exitCode).toBe(0);
    expect(await verbs()).toEqual(["get", "list"]);
    expect((await reconcile(["list"], "--remove-extra-permissions")).exitCode).toBe(0);
    expect(await verbs()).toEqual(["list"]);
  });

  it("[KA4] nobody grants what they do not have", async () => {
    await kubectl("create", "clusterrole", "granter", "--verb=create", "--resource=roles,rolebindings");
    await kubectl("create", "clusterrolebinding", "granter", "--clusterrole=granter", "--user=jane");
    expect(await refusal("create", "role", "more", "--verb=get", "--resource=secrets", "--as", "jane")).toContain(
      'user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    );
  });
});

describe("credentials", () => {
  it("[KA5] kubectl create token", async () => {
    await kubectl("create", "serviceaccount", "robot");
    const token = (await kubectl("create", "token", "robot", "--duration=10m")).trim();
    const { stdout } = await cluster.kubectlRan(["auth", "whoami", "-o", "json", "--token", token]);
    expect(JSON.parse(stdout).status.userInfo.username).toBe("system:serviceaccount:default:robot");
    expect(await refusal("get", "pods", "--token", token)).toContain(
      'User "system:serviceaccount:default:robot" cannot list resource "pods"',
    );
    expect(await refusal("create", "token", "robot", "--duration=1m")).toContain(
      "may not specify a duration less than",
    );
  });

  it("[KA6] an identity provider's token, of a provider with a CA of its own", async () => {
    const token = (claims: object) =>
      new SignJWT({ iss: ISSUER, aud: "kedge", sub: "jane", groups: ["devs"], ...claims })
        .setProtectedHeader({ alg: "RS256", kid: "k" })
        .setExpirationTime("5m")
        .sign(privateKey);
    const whoami = async (claims: object = {}) =>
      cluster.kubectlRan(["auth", "whoami", "-o", "json", "--token", await token(claims)]);
    const { stdout, stderr } = await whoami();
    expect(stderr).toBe("");
    expect(JSON.parse(stdout).status.userInfo).toEqual({
      username: "oidc:jane",
      groups: ["devs", "system:authenticated"],
    });
    expect((await whoami({ aud: "another" })).stderr).toContain("You must be logged in to the server");
  });

  it("[KA7] who says nothing may know what everybody may", async () => {
    const ca = fs.readFileSync(path.join(cluster.dataDir, "pki/ca.crt"));
    const dispatcher = new Agent({ connect: { ca } });
    const get = async (url: string) => {
      const { statusCode, body } = await request(`https://127.0.0.1:${PORT}${url}`, { dispatcher });
      // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
      return { statusCode, body: (await body.json()) as any };
    };
    expect((await get("/version")).body.major).toBe("1");
    expect((await get(CLUSTER_INFO)).body.data.kubeconfig).toContain(`server: https://127.0.0.1:${PORT}`);
    expect((await get("/readyz")).statusCode).toBe(401);
    const { statusCode, body } = await get("/api/v1/pods");
    expect([statusCode, body.message]).toEqual([
      403,
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
    ]);
    await dispatcher.destroy();
  });

  it("[KA8] kubectl certificate approve and deny", async () => {
    const make = async (name: string): Promise<void> => {
      const object = {
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name },
        spec: {
          request: btoa(await certificateRequest("O=devs, CN=jane")),
          signerName: "kubernetes.io/kube-apiserver-client",
          usages: ["client auth"],
          expirationSeconds: 3600,
        },
      };
      const ran = await cluster.kubectlRan(["create", "-f", "-"], JSON.stringify(object));
      expect(ran.stderr).toBe("");
    };
    const shown = async (name: string): Promise<string> => (await kubectl("get", "csr", name)).split("\n")[1] ?? "";
    await make("jane");
    expect(await shown("jane")).toMatch(/kubernetes-admin\s+60m\s+Pending/);
    await kubectl("certificate", "approve", "jane");
    await eventually("a certificate", 10_000, async () => (await shown("jane")).includes("Approved,Issued"));
    const pem = atob(await kubectl("get", "csr", "jane", "-o", "jsonpath={.status.certificate}"));
    const { X509Certificate } = await import("node:crypto");
    expect(new X509Certificate(pem).subject).toBe("O=devs\nCN=jane");
    await make("denied");
    await kubectl("certificate", "deny", "denied");
    expect(await shown("denied")).toContain("Denied");
  });
});

it("[KA9] the audit log says who read what, with which program, from where", async () => {
  await kubectl("get", "configmaps");
  const log = fs.readFileSync(path.join(cluster.dataDir, "control-plane/workerd.log"), "utf8");
  const events = log
    .split("\n")
    .filter((line) => line.includes('"kind":"Event"') && line.includes("/configmaps?"))
    .map((line) => JSON.parse(line.slice(line.indexOf("{"))));
  expect(events.at(-1)).toMatchObject({
    stage: "ResponseComplete",
    verb: "list",
    user: { username: "kubernetes-admin" },
    sourceIPs: ["127.0.0.1"],
    userAgent: expect.stringContaining("kubectl"),
    objectRef: { resource: "configmaps", namespace: "default" },
    annotations: { "authorization.k8s.io/decision": "allow" },
  });
});
