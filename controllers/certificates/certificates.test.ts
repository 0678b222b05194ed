import "reflect-metadata"; // @peculiar/x509 needs it loaded first
import * as x509 from "@peculiar/x509";
import { beforeAll, describe, expect, it } from "vitest";
import type { CertificateSigningRequest } from "../../kinds/certificates/v1-types.ts";
import type { ClusterRole, ClusterRoleBinding } from "../../kinds/rbac/v1-types.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import { planApproval } from "./approve.ts";
import { DECIDED_MS, expiresAtMs, PENDING_MS, planCleaning } from "./clean.ts";
import { mayCreate } from "./may.ts";
import { POD_REQUEST_MS, planPodRequest } from "./pod-requests.ts";
import { planSigning } from "./sign.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const CREATED = Date.parse("2026-01-01T00:00:00Z");
let pem = "";
let certificate = "";

beforeAll(async () => {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const name = "CN=system:node:n1, O=system:nodes";
  const made = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: ALGORITHM });
  pem = btoa(made.toString("pem"));
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: ALGORITHM,
    serialNumber: "01",
    notBefore: new Date(CREATED),
    notAfter: new Date(CREATED + 60_000),
  });
  certificate = btoa(cert.toString("pem"));
});

interface Edits {
  spec?: Partial<CertificateSigningRequest["spec"]>;
  conditions?: string[];
  certificate?: string;
}
const request = ({ spec, conditions = [], certificate }: Edits = {}): CertificateSigningRequest =>
  ({
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: metadata("r", { namespace: "" }),
    spec: {
      request: pem,
      signerName: "kubernetes.io/kube-apiserver-client-kubelet",
      usages: ["digital signature", "client auth"],
      username: "system:node:n1",
      groups: ["system:nodes"],
      ...spec,
    },
    status: {
      ...(conditions.length > 0 && {
        conditions: conditions.map((type) => ({ type, status: "True", lastUpdateTime: "2026-01-01T00:00:00Z" })),
      }),
      ...(certificate && { certificate }),
    },
  }) as CertificateSigningRequest;

const conditionOf = ({ actions }: { actions: readonly { op: unknown }[] }) =>
  (actions[0]?.op as { patch: { status: { conditions: { type: string; reason: string; message: string }[] } } })?.patch
    .status.conditions[0];

describe("planApproval", () => {
  it.each([
    { name: "[CA1] a node renews its own", may: ["selfnodeclient"], message: "self kubelet client" },
    {
      name: "[CA2] a newcomer asks for a node's",
      may: ["nodeclient"],
      spec: { username: "joe" },
      message: "kubelet client",
    },
    { name: "[CA3] another's is not its own", may: ["selfnodeclient"], spec: { username: "system:node:n2" } },
    { name: "[CA4] not without permission", may: ["other"] },
    { name: "[CA5] not for another purpose", may: ["selfnodeclient"], spec: { usages: ["server auth"] } },
    {
      name: "[CA6] not of another signer",
      may: ["selfnodeclient"],
      spec: { signerName: "kubernetes.io/kubelet-serving" },
    },
    { name: "[CA7] not once denied", may: ["selfnodeclient"], conditions: ["Denied"] },
    { name: "[CA8] not what cannot be read", may: ["selfnodeclient"], spec: { request: "AAAA" } },
  ])("$name", ({ may, message, ...edits }) => {
    const plan = planApproval({ request: request(edits), may: (what) => may.includes(what), nowMs: CREATED });
    if (!message) return expect(plan.actions).toEqual([]);
    expect(plan.actions[0]?.op).toMatchObject({ subresource: "approval" });
    expect(conditionOf(plan)).toMatchObject({
      type: "Approved",
      reason: "AutoApproved",
      message: `Auto approving ${message} certificate after SubjectAccessReview.`,
    });
  });
});

describe("mayCreate", () => {
  const role = (rule: object): ClusterRole =>
    ({
      metadata: metadata("nodes"),
      rules: [{ verbs: ["create"], apiGroups: ["certificates.k8s.io"], ...rule }],
    }) as never;
  const binding = (subject: object): ClusterRoleBinding =>
    ({ metadata: metadata("b"), roleRef: { kind: "ClusterRole", name: "nodes" }, subjects: [subject] }) as never;
  const self = { resources: ["certificatesigningrequests/selfnodeclient"] };
  it.each([
    { name: "[CM1] by group", subject: { kind: "Group", name: "system:nodes" }, rule: self, may: true },
    { name: "[CM2] by user", subject: { kind: "User", name: "system:node:n1" }, rule: self, may: true },
    {
      name: "[CM3] everything of every resource",
      subject: { kind: "Group", name: "system:nodes" },
      rule: { resources: ["*"] },
      may: true,
    },
    { name: "[CM4] not somebody else", subject: { kind: "Group", name: "others" }, rule: self, may: false },
    {
      name: "[CM5] not another subresource",
      subject: { kind: "Group", name: "system:nodes" },
      rule: { resources: ["certificatesigningrequests"] },
      may: false,
    },
    {
      name: "[CM6] not of single names",
      subject: { kind: "Group", name: "system:nodes" },
      rule: { ...self, resourceNames: ["a"] },
      may: false,
    },
  ])("$name", ({ subject, rule, may }) => {
    const who = { user: "system:node:n1", groups: ["system:nodes"] };
    expect(
      mayCreate({ subresource: "selfnodeclient", ...who, bindings: [binding(subject)], role: () => role(rule) }),
    ).toBe(may);
  });
});

describe("planSigning", () => {
  const sign = async () => "PEM";
  it("[CS1] asks for the signature of what is approved, then writes it", () => {
    const approved = request({ conditions: ["Approved"] });
    const asking = planSigning({ request: approved, sign, answer: undefined, nowMs: CREATED });
    expect([asking.actions, asking.asks?.[0]?.name]).toEqual([[], "certificate"]);
    const plan = planSigning({ request: approved, sign, answer: { ok: true, value: "PEM" }, nowMs: CREATED });
    expect(plan.actions[0]?.op).toMatchObject({
      subresource: "status",
      patch: { status: { certificate: btoa("PEM") } },
    });
    const failed = { ok: false, error: new Error("no CA") } as const;
    expect(() => planSigning({ request: approved, sign, answer: failed, nowMs: CREATED })).toThrow("no CA");
  });

  it.each([
    { name: "[CS2] not what is not approved" },
    { name: "[CS3] not what is denied", conditions: ["Approved", "Denied"] },
    { name: "[CS4] not what has failed", conditions: ["Approved", "Failed"] },
    { name: "[CS5] not twice", conditions: ["Approved"], certificate: "x" },
    { name: "[CS6] not what is another's to sign", conditions: ["Approved"], spec: { signerName: "example.com/mine" } },
  ])("$name", (edits) => {
    expect(planSigning({ request: request(edits), sign, answer: undefined, nowMs: CREATED })).toEqual({ actions: [] });
  });

  it("[CS7] says why it refuses, for good", () => {
    const wrong = request({ conditions: ["Approved"], spec: { usages: ["server auth"] } });
    const plan = planSigning({ request: wrong, sign, answer: undefined, nowMs: CREATED });
    const { conditions } = (plan.actions[0]!.op as unknown as { patch: { status: { conditions: object[] } } }).patch
      .status;
    expect(conditions[1]).toMatchObject({
      type: "Failed",
      reason: "SignerValidationFailure",
      message: "usages did not match [client auth digital signature key encipherment]",
    });
  });
});

describe("planCleaning", () => {
  it.each([
    { name: "[CC1] pending for a day", edits: {}, afterMs: PENDING_MS },
    { name: "[CC2] denied an hour ago", edits: { conditions: ["Denied"] }, afterMs: DECIDED_MS },
    { name: "[CC3] failed an hour ago", edits: { conditions: ["Approved", "Failed"] }, afterMs: DECIDED_MS },
    { name: "[CC4] issued an hour ago", edits: { conditions: ["Approved"], certificate: "x" }, afterMs: DECIDED_MS },
    { name: "[CC5] approved but not issued: stays", edits: { conditions: ["Approved"] }, afterMs: undefined },
  ])("$name", ({ edits, afterMs }) => {
    const made = request(edits);
    const before = planCleaning(made, CREATED);
    expect(before).toEqual({ actions: [], ...(afterMs && { againAtMs: CREATED + afterMs }) });
    if (afterMs) expect(planCleaning(made, CREATED + afterMs).actions[0]?.op).toMatchObject({ verb: "delete" });
  });

  it("[CC6] the certificate has expired", () => {
    expect(expiresAtMs(certificate)).toBe(CREATED + 60_000);
    expect(expiresAtMs(btoa("none"))).toBeUndefined();
    const issued = request({ conditions: ["Approved"], certificate });
    expect(planCleaning(issued, CREATED + 59_000).againAtMs).toBe(CREATED + 60_000);
    expect(planCleaning(issued, CREATED + 60_000).actions).toHaveLength(1);
  });
});

it("[CC7] a pod's request goes after a quarter of an hour, answered or not", () => {
  const made = request();
  expect(planPodRequest(made, CREATED)).toEqual({ actions: [], againAtMs: CREATED + POD_REQUEST_MS });
  expect(planPodRequest(made, CREATED + POD_REQUEST_MS).actions[0]?.op.verb).toBe("delete");
});
