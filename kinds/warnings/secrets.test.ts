import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import "reflect-metadata";
import { X509CertificateGenerator } from "@peculiar/x509";
import { beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { warningsOf } from "./index.ts";

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 1024,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;

interface Pair {
  certificate: string;
  key: KeyObject;
}

async function pairOf(algorithm: typeof ECDSA | typeof RSA): Promise<Pair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=a",
    keys,
    signingAlgorithm: algorithm,
  });
  const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { certificate: certificate.toString("pem"), key: createPrivateKey({ key, format: "der", type: "pkcs8" }) };
}

const pem = (key: KeyObject, type: "pkcs1" | "pkcs8" | "sec1"): string =>
  key.export({ type, format: "pem" } as { type: "pkcs8"; format: "pem" }).toString();

const ofSecret = (secret: object): string[] =>
  warningsOf("secrets")!({ metadata: {}, ...secret } as KubeObject, undefined);

function warned(certificate: string, key: string): string[] {
  const data = { "tls.crt": btoa(certificate), "tls.key": btoa(key) };
  return ofSecret({ type: "kubernetes.io/tls", data });
}

describe("warnings about secrets", () => {
  let ec: Pair;
  let otherEc: Pair;
  let rsa: Pair;
  let otherRsa: Pair;
  beforeAll(async () => {
    [ec, otherEc, rsa, otherRsa] = await Promise.all([pairOf(ECDSA), pairOf(ECDSA), pairOf(RSA), pairOf(RSA)]);
  });

  it("TLS-1 none where certificate and key belong together, however the key is written", () => {
    expect(warned(ec.certificate, pem(ec.key, "pkcs8"))).toEqual([]);
    expect(warned(`${ec.certificate}\n${rsa.certificate}`, `${ec.certificate}\n${pem(ec.key, "sec1")}`)).toEqual([]);
    expect(warned(rsa.certificate, pem(rsa.key, "pkcs1"))).toEqual([]);
    expect(warned(rsa.certificate, pem(rsa.key, "pkcs8"))).toEqual([]);
  });

  it("TLS-2 a key of another certificate", () => {
    const other = ["tls: private key does not match public key"];
    expect(warned(ec.certificate, pem(otherEc.key, "pkcs8"))).toEqual(other);
    expect(warned(ec.certificate, pem(otherEc.key, "sec1"))).toEqual(other);
    expect(warned(rsa.certificate, pem(otherRsa.key, "pkcs1"))).toEqual(other);
    const ed25519 = generateKeyPairSync("ed25519").privateKey;
    for (const key of [rsa.key, ed25519]) {
      expect(warned(ec.certificate, pem(key, "pkcs8"))).toEqual([
        "tls: private key type does not match public key type",
      ]);
    }
  });

  it("TLS-3 what is none of both", () => {
    const block = (type: string, body: string): string => `-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`;
    const key = pem(ec.key, "pkcs8");
    const cases: [certificate: string, key: string, warning: string][] = [
      ["", key, "tls: failed to find any PEM data in certificate input"],
      [
        key,
        ec.certificate,
        "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
      ],
      [
        block("A", "AAAA") + block("B", "AAAA"),
        key,
        'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [A B]',
      ],
      [ec.certificate, "x", "tls: failed to find any PEM data in key input"],
      [ec.certificate, ec.certificate, "tls: found a certificate rather than a key in the PEM for the private key"],
      [
        ec.certificate,
        block("A", "AAAA"),
        'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [A]',
      ],
      [block("CERTIFICATE", "AAAA"), key, "x509: malformed certificate"],
      [ec.certificate, block("ENCRYPTED PRIVATE KEY", "MAAw"), "tls: failed to parse private key"],
    ];
    for (const [certificate, secret, warning] of cases) expect(warned(certificate, secret)).toEqual([warning]);
  });

  it("TLS-4 other secrets may hold what they like", () => {
    const data = { "tls.crt": "", "tls.key": "" };
    expect(ofSecret({ type: "Opaque", data })).toEqual([]);
  });
});
