/** Certificates of pods: who asks for them, with which proof, and who answers. */
import { createSign, generateKeyPairSync, type KeyPairKeyObjectResult, sign, type webcrypto } from "node:crypto";
import "reflect-metadata";
import { Pkcs10CertificateRequestGenerator, X509CertificateGenerator } from "@peculiar/x509";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../../edge-api/access/identity.ts";
import { pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const NAMESPACE = "/apis/certificates.k8s.io/v1beta1/namespaces/default/podcertificaterequests";
const SIGNERS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const EC = { name: "ECDSA", namedCurve: "P-384", hash: "SHA-256" } as const;
const START = Date.parse("2026-01-01T00:00:00Z");

const node = (name: string): { as: Identity } => ({
  as: { user: `system:node:${name}`, groups: ["system:nodes", "system:authenticated"] },
});
const signer = { as: { user: "signer", groups: ["system:authenticated"] } };

type Made = { base64: string; pem: string; publicKey: webcrypto.CryptoKey };
/** Made once: it takes a while. */
const rsa = generateKeyPairSync("rsa", { modulusLength: 3072 });
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
async function rsaKeys(): Promise<webcrypto.CryptoKeyPair> {
  const spki = rsa.publicKey.export({ type: "spki", format: "der" });
  const pkcs8 = rsa.privateKey.export({ type: "pkcs8", format: "der" });
  return {
    publicKey: await crypto.subtle.importKey("spki", spki, RSA, true, ["verify"]),
    privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, RSA, true, ["sign"]),
  };
}

async function request(algorithm: object): Promise<Made> {
  const keys =
    algorithm === RSA
      ? await rsaKeys()
      : ((await crypto.subtle.generateKey(algorithm as typeof EC, true, [
          "sign",
          "verify",
        ])) as webcrypto.CryptoKeyPair);
  const made = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=a",
    keys,
    signingAlgorithm: algorithm as typeof EC,
  });
  const base64 = Buffer.from(made.rawData).toString("base64");
  return { base64, pem: made.toString("pem"), publicKey: keys.publicKey };
}

/** The last byte of a signature is another. */
const spoilt = (base64: string): string => {
  const bytes = Buffer.from(base64, "base64");
  bytes[bytes.length - 1]! ^= 1;
  return bytes.toString("base64");
};

let made: Made;
beforeAll(async () => {
  made = await request(EC);
});

let api: TestApi;
let uids: { podUID: string; nodeUID: string; serviceAccountUID: string };
beforeEach(async () => {
  api = await startApi({ runtimeConfig: "api/all=true" });
  const core = "/api/v1/namespaces/default";
  const account = await api.create(`${core}/serviceaccounts`, serviceAccount("default"));
  const n1 = await api.create("/api/v1/nodes", { metadata: { name: "n1" } }, node("n1"));
  const p = await api.create(`${core}/pods`, pod("p", { nodeName: "n1" }));
  uids = {
    podUID: p.body.metadata.uid,
    nodeUID: n1.body.metadata.uid,
    serviceAccountUID: account.body.metadata.uid,
  };
});

const ask = (spec: object = {}) => ({
  metadata: { name: "r" },
  spec: {
    signerName: "example.com/a",
    podName: "p",
    serviceAccountName: "default",
    nodeName: "n1",
    ...uids,
    stubPKCS10Request: made.base64,
    ...spec,
  },
});

describe("who asks", () => {
  it("[PC1] a node, for a pod it runs; others see nothing of it", async () => {
    const answer = await api.create(NAMESPACE, ask(), node("n1"));
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body.spec.maxExpirationSeconds).toBe(86_400);
    expect((await api.get(`${NAMESPACE}/r`, node("n1"))).status).toBe(200);
    expect((await api.get(`${NAMESPACE}/r`, node("n2"))).status).toBe(403);
    const list = (field: string) => api.get(`${NAMESPACE}?fieldSelector=${field}`, node("n1"));
    expect((await list("spec.nodeName=n1")).body.items).toHaveLength(1);
    expect((await list("spec.podName=p")).status).toBe(403);
  });

  const of = 'PodCertificateRequest for pod "default/p"';
  it.each<[string, object, number, string]>([
    [
      "[PC2] for another node",
      { nodeName: "n2" },
      403,
      'PodCertificateRequest.Spec.NodeName="n2", which is not the requesting node "n1"',
    ],
    [
      "[PC3] for what was there before",
      { podUID: "x" },
      500,
      `${of} contains pod UID ("x") which differs from running pod`,
    ],
    [
      "[PC4] for an earlier self",
      { nodeUID: "x" },
      500,
      `${of} names node UID "x", inconsistent with the running node`,
    ],
    [
      "[PC5] in the name of another account",
      { serviceAccountName: "other" },
      403,
      `${of} contains serviceAccountName ("other") that differs from running pod ("default")`,
    ],
    [
      "[PC6] for a pod that is not there",
      { podName: "q" },
      500,
      'while retrieving pod "default/q" named in the PodCertificateRequest: pod "q" not found',
    ],
  ])("%s", async (_, spec, status, message) => {
    const answer = await api.create(NAMESPACE, ask(spec), node("n1"));
    expect(answer.status).toBe(status);
    expect(answer.body.message).toContain(message);
  });
});

describe("with which proof", () => {
  it.each([
    ["[PC7] ECDSA on P-521", { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" }],
    ["[PC7] Ed25519", { name: "Ed25519" }],
    ["[PC7] RSA", RSA],
  ])("%s: its own signature, and no other", async (_, algorithm) => {
    const other = await request(algorithm);
    const bad = await api.create(NAMESPACE, ask({ stubPKCS10Request: spoilt(other.base64) }));
    expect(bad.body.message).toMatch(/spec.stubPKCS10Request: Invalid value: .*verification (failure|error)/);
    expect(bad.status).toBe(422);
    expect((await api.create(NAMESPACE, ask({ stubPKCS10Request: other.base64 }))).status).toBe(201);
  });

  const byUid = ({ publicKey, privateKey }: KeyPairKeyObjectResult, how: "rsa" | "ec" | "ed25519"): object => {
    const uid = Buffer.from(uids.podUID);
    const proof =
      how === "ed25519"
        ? sign(null, uid, privateKey)
        : how === "ec"
          ? createSign("sha256").update(uid).sign(privateKey)
          : sign("sha256", uid, { key: privateKey, padding: 6 });
    return {
      stubPKCS10Request: "",
      pkixPublicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
      proofOfPossession: proof.toString("base64"),
    };
  };
  it.each([
    ["[PC8] ECDSA", "ec", () => generateKeyPairSync("ec", { namedCurve: "secp521r1" })],
    ["[PC8] Ed25519", "ed25519", () => generateKeyPairSync("ed25519")],
    ["[PC8] RSA", "rsa", () => rsa],
  ] as const)("%s: the pod's uid, signed", async (_, how, keys) => {
    const proof = byUid(keys(), how) as { proofOfPossession: string };
    const bad = await api.create(NAMESPACE, ask({ ...proof, proofOfPossession: spoilt(proof.proofOfPossession) }));
    expect(bad.body.message).toContain(
      "spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature",
    );
    const good = await api.create(NAMESPACE, ask(proof));
    expect(good.status, good.text).toBe(201);
  });

  it("[PC9] requests of all kinds are signed by their own key, applied ones too", async () => {
    const lines = made.pem.trim().split("\n");
    const body = spoilt(lines.slice(1, -1).join(""));
    const pem = [lines[0], body, lines.at(-1)].join("\n");
    const csr = (text: string) => ({
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name: "c" },
      spec: { request: btoa(text), signerName: "example.com/a", usages: ["client auth"] },
    });
    const answers = [
      await api.create(SIGNERS, csr(pem)),
      await api.request("PATCH", `${SIGNERS}/c?fieldManager=a`, {
        body: csr(pem),
        contentType: "application/apply-patch+yaml",
      }),
    ];
    for (const { status, body: told } of answers) {
      expect(told.message).toContain("x509: ECDSA verification failure");
      expect(status).toBe(422);
    }
    expect((await api.create(SIGNERS, csr(made.pem))).status).toBe(201);
  });
});

describe("who answers", () => {
  const issued = async (backMs = 0) => {
    const notBefore = new Date(START - backMs);
    const notAfter = new Date(START + 3_600_000 * 12);
    const authority = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.create({
      serialNumber: "01",
      issuer: "CN=ca",
      subject: "CN=p",
      notBefore,
      notAfter,
      publicKey: made.publicKey,
      signingKey: authority.privateKey,
      signingAlgorithm: EC,
    });
    const text = (date: Date): string => date.toISOString().replace(".000Z", "Z");
    return {
      status: {
        conditions: [
          { type: "Issued", status: "True", reason: "A", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" },
        ],
        certificateChain: certificate.toString("pem"),
        notBefore: text(notBefore),
        notAfter: text(notAfter),
        beginRefreshAt: text(new Date(START + 3_600_000)),
      },
    };
  };
  const mayWrite = async (more: object[]): Promise<void> => {
    const group = "/apis/rbac.authorization.k8s.io/v1";
    const status = {
      apiGroups: ["certificates.k8s.io"],
      resources: ["podcertificaterequests/status"],
      verbs: ["update", "patch"],
    };
    await api.create(`${group}/clusterroles`, { metadata: { name: "s" }, rules: [status, ...more] });
    await api.create(`${group}/clusterrolebindings`, {
      metadata: { name: "s" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "s" },
      subjects: [{ kind: "User", name: "signer" }],
    });
    await api.create(NAMESPACE, ask());
  };
  const answer = async (body: object) => api.patch(`${NAMESPACE}/r/status`, body, "merge", signer);

  it("[PC10] not who may only write", async () => {
    await mayWrite([]);
    const { status, body } = await answer(await issued());
    expect(status).toBe(422);
    expect(body.message).toContain(
      'spec.signerName: Forbidden: User "signer" is not permitted to "sign" for signer "example.com/a"',
    );
  });

  it("[PC11] who may sign, with a certificate that begins now", async () => {
    await mayWrite([
      { apiGroups: ["certificates.k8s.io"], resources: ["signers"], resourceNames: ["example.com/*"], verbs: ["sign"] },
    ]);
    const { body: early } = await answer(await issued(6 * 60_000));
    expect(early.message).toContain("must be set to within 5 minutes of kube-apiserver's current time");
    const { status, text } = await answer(await issued());
    expect(status, text).toBe(200);
    const table = await api.get(NAMESPACE, { headers: { accept: "application/json;as=Table;g=meta.k8s.io;v=v1" } });
    expect(table.body.rows[0].cells).toEqual(["r", "p", "default", "n1", "example.com/a", "Issued"]);
  });
});
