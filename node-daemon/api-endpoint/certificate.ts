/** The endpoint's key and certificate: kept on disk, asked of the edge, renewed before they end. */
import "reflect-metadata"; // @peculiar/x509 needs it loaded first

import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";

export interface KeyPair {
  /** PKCS #8 PEM. */
  key: string;
  /** PEM, leaf first. */
  certificate: string;
  notBeforeMs: number;
  notAfterMs: number;
}

/** Signs a certificate request: PEM in, PEM chain out. Rejects when the edge refuses or is out of reach. */
export type Sign = (certificateRequest: string) => Promise<string>;

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** The names pods use for the API server, and its service IP. */
export const endpointNames = (clusterDomain: string): string[] => [
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  `kubernetes.default.svc.${clusterDomain}`,
];

export interface NewKeyPair {
  nodeName: string;
  dnsNames: readonly string[];
  ips: readonly string[];
  sign: Sign;
}

/** A new key, and a certificate for it. @throws Error when what comes back is not a certificate for this key */
export async function requestKeyPair({ nodeName, dnsNames, ips, sign }: NewKeyPair): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ O: ["system:nodes"] }, { CN: [`system:node:${nodeName}`] }],
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        ...dnsNames.map((value) => ({ type: "dns" as const, value })),
        ...ips.map((value) => ({ type: "ip" as const, value })),
      ]),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const lines = pkcs8.match(/.{1,64}/g) as string[];
  const key = `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
  return checkPair(key, await sign(request.toString("pem")));
}

/** @throws Error when key and certificate do not belong together */
function checkPair(key: string, certificate: string): KeyPair {
  const leaf = new X509Certificate(certificate);
  if (!leaf.checkPrivateKey(createPrivateKey(key))) throw new Error("the certificate is for another key");
  return {
    key,
    certificate,
    notBeforeMs: Date.parse(leaf.validFrom),
    notAfterMs: Date.parse(leaf.validTo),
  };
}

/** When to renew: after two thirds of the certificate's life. */
export const renewalMs = ({ notBeforeMs, notAfterMs }: Pick<KeyPair, "notBeforeMs" | "notAfterMs">): number =>
  notBeforeMs + ((notAfterMs - notBeforeMs) * 2) / 3;

const fileOf = (stateDir: string): string => join(stateDir, "pki", "api-endpoint.pem");

/** What was kept, if it is still valid at `nowMs`; undefined when there is none, or it is broken. */
export async function loadKeyPair(stateDir: string, nowMs: number): Promise<KeyPair | undefined> {
  let text: string;
  try {
    text = await readFile(fileOf(stateDir), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const split = text.indexOf("-----BEGIN CERTIFICATE-----");
  if (split <= 0) return undefined;
  try {
    const pair = checkPair(text.slice(0, split), text.slice(split));
    return pair.notBeforeMs <= nowMs && nowMs < pair.notAfterMs ? pair : undefined;
  } catch {
    return undefined; // cut short by a crash; a new one is asked for
  }
}

/** Keeps both in one file, readable by root alone, so that they always belong together. */
export async function saveKeyPair(stateDir: string, pair: KeyPair): Promise<void> {
  const file = fileOf(stateDir);
  await mkdir(join(stateDir, "pki"), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, pair.key + pair.certificate, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
