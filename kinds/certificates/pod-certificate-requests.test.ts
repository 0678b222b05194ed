import { generateKeyPairSync, type KeyObject, type webcrypto } from "node:crypto";
import "reflect-metadata";
import {
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { beforeAll, describe, expect, it } from "vitest";
import type {
  PodCertificateRequest,
  PodCertificateRequestSpec,
  PodCertificateRequestStatus,
} from "../generated/api/certificates-v1beta1.ts";
import { createErrors, updateErrors } from "../judge.ts";
import { podCertificateRequest } from "./pod-certificate-request.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const HOUR_MS = 3_600_000;
const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const at = (ms: number): string => new Date(START + ms).toISOString().replace(".000Z", "Z");
const base64 = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString("base64");
const spki = (key: KeyObject): string => base64(key.export({ type: "spki", format: "der" }));

let stub: string;
let leafOf: (hours: number, names?: string[]) => Promise<string>;
let other: string;
beforeAll(async () => {
  const keys = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const authority = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  stub = base64((await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: EC })).rawData);
  const certify = (publicKey: webcrypto.CryptoKey, hours: number, names: string[]): Promise<string> =>
    X509CertificateGenerator.create({
      serialNumber: "01",
      issuer: "CN=ca",
      subject: "CN=pod",
      notBefore: new Date(START),
      notAfter: new Date(START + hours * HOUR_MS),
      publicKey,
      signingKey: authority.privateKey,
      signingAlgorithm: EC,
      extensions:
        names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value })))],
    }).then((certificate) => `${certificate.toString("pem")}\n`);
  leafOf = (hours, names = []) => certify(keys.publicKey, hours, names);
  other = await certify(authority.publicKey, 24, []);
});

const make = (spec: Partial<PodCertificateRequestSpec> = {}): PodCertificateRequest => ({
  apiVersion: "certificates.k8s.io/v1beta1",
  kind: "PodCertificateRequest",
  metadata: { name: "a", namespace: "default", resourceVersion: "1" },
  spec: {
    signerName: "example.com/a",
    podName: "p",
    podUID: "u1",
    serviceAccountName: "sa",
    serviceAccountUID: "u2",
    nodeName: "n",
    nodeUID: "u3",
    stubPKCS10Request: stub,
    ...spec,
  },
});

describe("PodCertificateRequest: what is asked", () => {
  const RANGE = (most: number) => `must be in the range [3600, ${most}]`;
  const cases: [name: string, spec: () => Partial<PodCertificateRequestSpec>, errors: string[]][] = [
    ["PCR-1 a request as kubelets make it", () => ({}), []],
    [
      "PCR-2 longer than a quarter",
      () => ({ maxExpirationSeconds: 91 * 86_400 + 1 }),
      [`spec.maxExpirationSeconds: Invalid value: 7862401: ${RANGE(7_862_400)}`],
    ],
    [
      "PCR-2 Kubernetes' own signers certify for a day",
      () => ({ signerName: "kubernetes.io/kube-apiserver-client-pod", maxExpirationSeconds: 86_401 }),
      [`spec.maxExpirationSeconds: Invalid value: 86401: ${RANGE(86_400)}`],
    ],
    [
      "PCR-3 nobody in particular",
      () => ({ podUID: "", nodeName: "N" }),
      ['spec.podUID: Invalid value: "": must not be empty', "spec.nodeName"],
    ],
    [
      "PCR-4 both proofs",
      () => ({ pkixPublicKey: "AA==", proofOfPossession: "AA==" }),
      [
        'spec: Invalid value: "null": exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set',
      ],
    ],
    [
      "PCR-5 a request that is none",
      () => ({ stubPKCS10Request: "AAAA" }),
      ['spec.stubPKCS10Request: Invalid value: "AAAA": must be a valid PKCS#10 CSR'],
    ],
    [
      "PCR-6 a short RSA key",
      () => ({
        stubPKCS10Request: "",
        pkixPublicKey: spki(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey),
        proofOfPossession: "AA==",
      }),
      ['spec.pkixPublicKey: Invalid value: "2048-bit modulus": RSA keys must have modulus size 3072 or 4096'],
    ],
    [
      "PCR-6 a curve that is not used",
      () => ({
        stubPKCS10Request: "",
        pkixPublicKey: spki(generateKeyPairSync("ec", { namedCurve: "secp224r1" }).publicKey),
        proofOfPossession: "AA==",
      }),
      ['spec.pkixPublicKey: Invalid value: "curve P-224": elliptic public keys must use curve P256 or P384'],
    ],
    [
      "PCR-7 annotations belong to a domain",
      () => ({ unverifiedUserAnnotations: { "example.com/a": "1", b: "2" } }),
      ['spec.unverifiedUserAnnotations: Invalid value: "b": must be a domain-prefixed key (such as "acme.io/foo")'],
    ],
  ];
  it.each(cases)("%s", (_, spec, errors) => {
    const found = createErrors(podCertificateRequest, make(spec()));
    expect(found.map((line, i) => (errors[i]?.includes(" ") ? line : line.split(":")[0]))).toEqual(errors);
  });

  it("PCR-8 an Ed25519 key will do, and what is asked stays", () => {
    const object = make({
      stubPKCS10Request: "",
      pkixPublicKey: spki(generateKeyPairSync("ed25519").publicKey),
      proofOfPossession: "AA==",
    });
    expect(createErrors(podCertificateRequest, object)).toEqual([]);
    const errors = updateErrors(podCertificateRequest, object, ({ spec }) => {
      spec.podName = "q";
    });
    expect(errors).toEqual([expect.stringMatching(/^spec: Invalid value: .*: field is immutable$/)]);
  });
});

describe("PodCertificateRequest: what is answered", () => {
  const condition = (type: string, status: "True" | "False" = "True") => ({
    type,
    status,
    reason: "Because",
    message: "",
    lastTransitionTime: at(0),
  });
  const issued = async (more: Partial<PodCertificateRequestStatus> = {}, hours = 24) => ({
    conditions: [condition("Issued")],
    certificateChain: await leafOf(hours),
    notBefore: at(0),
    notAfter: at(hours * HOUR_MS),
    beginRefreshAt: at(HOUR_MS / 2),
    ...more,
  });
  const judge = (status: PodCertificateRequestStatus, before: PodCertificateRequestStatus = {}): string[] => {
    const prev = { ...make({ maxExpirationSeconds: 86_400 }), status: before };
    return podCertificateRequest.subresources!.status!.validateUpdate!({ ...prev, status }, prev).map(
      ({ field, message }) => `${field}: ${message}`,
    );
  };

  const cases: [name: string, status: () => Promise<PodCertificateRequestStatus>, errors: (string | RegExp)[]][] = [
    ["PCR-10 a certificate", () => issued(), []],
    ["PCR-10 a no", async () => ({ conditions: [condition("Denied")] }), []],
    [
      "PCR-11 a certificate with a no",
      async () => issued({ conditions: [condition("Denied")] }),
      [
        "status: Invalid value: non-condition status fields must be empty when denying or failing the PodCertificateRequest",
      ],
    ],
    [
      "PCR-12 other conditions, and a no that is none",
      async () => ({ conditions: [condition("Ready"), condition("Failed", "False")] }),
      [
        'status.conditions.[0].type: Unsupported value: "Ready": supported values: "Issued", "Denied", "Failed"',
        'status.conditions.[1].status: Unsupported value: "False": supported values: "True"',
      ],
    ],
    [
      "PCR-13 two answers",
      async () => ({ conditions: [condition("Issued"), condition("Failed")] }),
      [
        'status.conditions.[1].type: Invalid value: "Failed": There may be at most one condition with type "Issued", "Denied", or "Failed"',
      ],
    ],
    [
      "PCR-14 a certificate without an answer",
      async () => ({ certificateChain: "x" }),
      ['status: Invalid value: status is immutable unless transitioning to "Issued", "Denied", or "Failed"'],
    ],
    [
      "PCR-15 for another key",
      () => issued({ certificateChain: other }),
      [/: leaf certificate was not issued to the requested public key$/],
    ],
    [
      "PCR-16 not a certificate",
      () => issued({ certificateChain: "hello" }),
      [
        'status.certificateChain: Invalid value: "hello": issued certificate chain must contain at least one certificate',
      ],
    ],
    [
      "PCR-17 without times",
      () => issued({ notBefore: undefined as unknown as string, beginRefreshAt: undefined as unknown as string }),
      [
        "status.notBefore: Required value: must be present and consistent with the issued certificate",
        "status.beginRefreshAt: Required value: must be present and in the range [notbefore+10min, notafter-10min]",
      ],
    ],
    [
      "PCR-18 with times of another",
      () => issued({ notAfter: at(HOUR_MS) }),
      [
        'status.notAfter: Invalid value: "2026-01-01T01:00:00Z": must be set to the NotAfter time encoded in the leaf certificate',
      ],
    ],
    [
      "PCR-19 longer than was asked for",
      () => issued({}, 25),
      [
        "status.certificateChain: Invalid value: 90000000000000: leaf certificate lifetime must be <= spec.maxExpirationSeconds (86400)",
      ],
    ],
    [
      "PCR-20 refreshed at once",
      () => issued({ beginRefreshAt: at(0) }),
      [
        'status.beginRefreshAt: Invalid value: "2026-01-01T00:00:00Z": must be at least 10 minutes after status.notBefore',
      ],
    ],
    [
      "PCR-21 of a strange name",
      async () => issued({ certificateChain: await leafOf(24, [".a..b"]) }),
      [
        "status.certificateChain: Invalid value: \".a..b\": leaf certificate's DNSName should not contain '..'",
        "status.certificateChain: Invalid value: \".a..b\": leaf certificate's DNSName should not start or end with '.'",
      ],
    ],
    [
      "PCR-22 with another block behind it",
      async () =>
        issued({
          certificateChain: `${await leafOf(24)}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
        }),
      [/: intermediate certificate does not parse as valid X.509$/],
    ],
  ];
  it.each(cases)("%s", async (_, status, errors) => {
    const found = judge(await status());
    expect(found).toHaveLength(errors.length);
    errors.forEach((error, i) => {
      if (typeof error === "string") expect(found[i]).toBe(error);
      else expect(found[i]).toMatch(error);
    });
  });

  it("PCR-23 an answer stays", async () => {
    const before = { conditions: [condition("Denied")] };
    expect(judge(before, before)).toEqual([]);
    expect(judge(await issued(), before)).toEqual([
      "status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed",
    ]);
  });
});
